//! `report`: prints the table and writes report.html again, from run.json or from the cells of a killed run; several
//! runs share one page.
use super::exit::Failure;
use super::flags::{Format, ReportFlags};
use super::folder::{Lock, Taken, shown};
use super::output::{self, Page, Source};
use super::{results, streams};
use reports::exit::Exit;
use reports::{json, verdict};
use std::path::Path;

pub(super) fn report(flags: &ReportFlags) -> Result<Exit, Failure> {
    if flags.format != Format::Text && flags.dirs.len() > 1 {
        return Err(Failure::usage(
            "--format other than text takes one DIR; call `attach-rig report DIR --format ...` once for each",
        ));
    }
    Ok(match (flags.dirs.as_slice(), &flags.out) {
        ([dir], None) => within(dir, flags.format)?,
        ([dir], Some(page)) => {
            let source = results::folder(dir)?;
            render(&source, flags.format, &Page::At(page.clone()))
        }
        (dirs, page) => {
            let sources: Vec<Source> =
                dirs.iter().map(|dir| results::folder(dir)).collect::<Result<_, _>>()?;
            let code = Exit::AsExpected.worst(sources.iter().map(|source| verdict::exit_code(&source.run)));
            let page = page.as_deref().unwrap_or(Path::new("report.html"));
            streams::also(code, output::render_all(page, &sources))
        }
    })
}

fn render(Source { file, run, env }: &Source, format: Format, page: &Page) -> Exit {
    streams::also(verdict::exit_code(run), output::render(format, page, (file, run, env.as_ref())))
}

/// Reports on a folder and writes the page into it. The folder is locked while this lasts, so that parts of an earlier
/// and a later result are not mixed.
fn within(dir: &Path, format: Format) -> Result<Exit, Failure> {
    let page = dir.join("report.html");
    let page = if format == Format::Text { Page::At(page) } else { Page::Beside(page) };
    let owned = if dir.is_dir() { Some(Lock::attempt(dir)) } else { None };
    let source = results::folder(dir)?;
    Ok(match owned {
        Some(Ok(Taken::Own(_lock))) => {
            if !source.file.exists()
                && let Err(error) = json::write_run(&source.file, &source.run)
            {
                output::say(&format!("not kept as run.json: {error}"));
            }
            render(&source, format, &page)
        }
        Some(Ok(Taken::Busy(pid))) => {
            let pid = pid.map_or_else(|| "unknown".to_owned(), |pid| pid.to_string());
            output::say(&format!(
                "{} is in use by another attach-rig (pid {pid}), so this shows what is finished so far and writes no page; use --out FILE for one",
                shown(dir)
            ));
            render(&source, format, &Page::None)
        }
        // A page that cannot be written is reported where it is attempted.
        Some(Err(_)) | None => render(&source, format, &page),
    })
}
