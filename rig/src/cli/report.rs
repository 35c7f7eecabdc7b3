//! `report`: table and report.html again, from run.json or from the cells of a run that was killed; several runs on one page.
use super::exit::Failure;
use super::flags::{Format, ReportFlags};
use super::judged;
use super::output::{self, Source};
use super::run::assemble;
use crate::driver::Scenario;
use reports::cells::CellStore;
use reports::schema::Run;
use reports::{json, verdict};
use std::path::Path;

pub(super) fn report(flags: &ReportFlags) -> Result<u8, Failure> {
    if flags.format != Format::Text && flags.dirs.len() > 1 {
        return Err(Failure::usage(
            "--format other than text is of one run; give one DIR, and call `attach-rig report DIR --format ...` once for each",
        ));
    }
    let sources: Vec<Source> = flags.dirs.iter().map(|dir| read(dir)).collect::<Result<_, _>>()?;
    match (flags.dirs.as_slice(), sources.as_slice()) {
        ([dir], [Source { file, run, env }]) => {
            let page = flags.out.clone().unwrap_or_else(|| dir.join("report.html"));
            output::render(flags.format, &page, (file, run, env.as_ref()))?;
        }
        _ => {
            let page = flags.out.clone().unwrap_or_else(|| "report.html".into());
            output::render_all(&page, &sources)?;
        }
    }
    let codes: Vec<u8> = sources.iter().map(|source| verdict::exit_code(&source.run)).collect();
    // In the order in which they matter when several apply.
    Ok([1, 5].into_iter().find(|code| codes.contains(code)).unwrap_or(0))
}

/// What a folder holds.
fn read(dir: &Path) -> Result<Source, Failure> {
    let file = dir.join("run.json");
    let run = if file.exists() {
        judged::again(json::read_run(&file).map_err(Failure::usage)?, &file)
    } else {
        salvage(dir)?
    };
    Ok(Source { file, run, env: json::read_env(&dir.join("env.json")).ok() })
}

/// What a killed run left: its scenario and its finished cells.
fn salvage(dir: &Path) -> Result<Run, Failure> {
    let file = dir.join("scenario.toml");
    let text = std::fs::read_to_string(&file).map_err(|error| {
        let dir = dir.display();
        Failure::usage(format!("{dir} holds neither run.json nor the scenario.toml of a killed run ({error}); name a folder that `run` has written"))
    })?;
    let scenario =
        Scenario::parse(&file.display().to_string(), &text, &workloads::Folder::new(Path::new(".")))
            .map_err(Failure::usage)?;
    let finished = CellStore::open(dir).map_err(Failure::usage)?.assemble().map_err(Failure::usage)?;
    let plans = scenario.cells();
    let finished: Vec<_> = finished.into_iter().filter(|(index, _)| *index < plans.len()).collect();
    let run = assemble(
        &scenario,
        &plans,
        finished,
        true,
        &["attach-rig".to_owned(), "run".to_owned(), output::word(&file.to_string_lossy())],
    );
    json::write_run(&dir.join("run.json"), &run).map_err(Failure::internal)?;
    Ok(run)
}
