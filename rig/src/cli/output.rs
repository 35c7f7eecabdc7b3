//! Outputs: stdout, stderr, and pages. The folder of a run is in [`super::folder`].
use super::exit::Failure;
use super::flags::Format;
use super::github;
use super::judged;
use super::streams::{self, Printing};
pub(super) use super::streams::{complain, result, say};
use input::shell;
use input::text::{printable, printable_lines};
use reports::aggregate::AggregateError;
use reports::outputs::{self, OutputError};
use reports::schema::{Env, Run};
use reports::table::{self, TableOptions};
use reports::{html, json};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Returns the current UTC time as a date for people (RFC 3339) and as a name for folders (`20261123T230000Z`).
pub(super) fn now() -> (String, String) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (days, seconds) = (since / 86_400, since % 86_400);
    let (year, month, day) = civil(days);
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    (
        format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}Z"),
        format!("{year:04}{month:02}{day:02}T{h:02}{m:02}{s:02}Z"),
    )
}

/// Returns year, month and day of a number of days since 1970 (Howard Hinnant's `civil_from_days`).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year + era * 400 + u64::from(month <= 2), month, day)
}

/// A run with the file it was read from, which errors name, and the machine if it is known.
pub(super) struct Source {
    pub(super) file: PathBuf,
    pub(super) run: Run,
    pub(super) env: Option<Env>,
}

/// The destination of a report page.
pub(super) enum Page {
    /// This file; the command fails if it cannot be written.
    At(PathBuf),
    /// This file, which the user did not name: failing to write it is only reported.
    Beside(PathBuf),
    /// No page.
    None,
}

/// Writes the report of a run to `page` and prints the run in `format`; writes nothing if either cannot be made.
pub(super) fn render(
    format: Format,
    page: &Page,
    (file, run, env): (&Path, &Run, Option<&Env>),
) -> Result<(), Failure> {
    let html = html::render(run, env).map_err(|error| damaged(file, &error))?;
    let bytes = form(format, file, run).map_err(|error| no_form(file, &error))?;
    // The result goes out first, so that an unwritable page does not suppress it.
    let printed = if format == Format::Text { streams::raw_text(&bytes) } else { streams::bytes(&bytes) };
    match page {
        Page::At(page) => {
            write_page(page, &html)?;
            said(page);
        }
        Page::Beside(page) => match write_page(page, &html) {
            Ok(()) => said(page),
            Err(failure) => say(&format!("no page: {}", failure.message)),
        },
        Page::None => {}
    }
    printed?;
    tell(file, run)
}

/// Returns the table of a run, with what it lacks for a verdict; only its verdict line if quiet.
fn text(file: &Path, run: &Run) -> Result<String, AggregateError> {
    let table = table::render(run, table_options())?;
    let (before, verdict) = streams::verdict_line(&table);
    if Printing::chosen() == Printing::Quiet {
        return Ok(format!("{verdict}\n"));
    }
    let lines: String = judged::missing(run, file).iter().map(|line| format!("{line}\n")).collect();
    let between = if lines.is_empty() { "" } else { "\n" };
    Ok(format!("{before}{}{between}{verdict}\n", printable_lines(&lines)))
}

fn said(page: &Path) {
    say(&format!("report: {}", printable(&page.to_string_lossy())));
}

/// Writes one page for all runs to `page`, and prints a separate table for each, since their clocks differ.
pub(super) fn render_all(page: &Path, sources: &[Source]) -> Result<(), Failure> {
    let text =
        |source: &Source| text(&source.file, &source.run).map_err(|error| damaged(&source.file, &error));
    let tables: Vec<String> = sources.iter().map(text).collect::<Result<_, _>>()?;
    let between = if Printing::chosen() == Printing::Quiet { "" } else { "\n\n" };
    let runs: Vec<(Run, Option<Env>)> =
        sources.iter().map(|source| (source.run.clone(), source.env.clone())).collect();
    let printed = streams::raw_text(tables.join(between).as_bytes());
    write_page(page, &html::render_all(&runs).map_err(Failure::usage)?)?;
    printed?;
    said(page);
    sources.iter().try_for_each(|source| tell(&source.file, &source.run))
}

/// Returns the run in `format`.
fn form(format: Format, file: &Path, run: &Run) -> Result<Vec<u8>, OutputError> {
    Ok(match format {
        Format::Text => text(file, run)?.into_bytes(),
        Format::Json => outputs::json(run)?,
        Format::Csv => outputs::csv(run)?,
        Format::Hgrm => outputs::hgrm(run)?.into_bytes(),
        Format::Hlog => outputs::hlog(run)?.into_bytes(),
        Format::Markdown => outputs::markdown(run)?.into_bytes(),
        Format::Junit => outputs::junit(run)?.into_bytes(),
        Format::Bmf => outputs::bmf(run)?.into_bytes(),
        Format::Gab => outputs::gab(run)?.into_bytes(),
        Format::ChromeTrace => outputs::chrome_trace(run)?.into_bytes(),
    })
}

/// Shows the run in a job on GitHub, if this is one.
fn tell(file: &Path, run: &Run) -> Result<(), Failure> {
    let markdown = outputs::markdown(run).map_err(|error| no_form(file, &error))?;
    github::tell(&markdown, &outputs::annotations(run), say)
}

/// Reports damage, or a form that runs of this kind do not have.
fn no_form(file: &Path, error: &OutputError) -> Failure {
    match error {
        OutputError::Histogram(error) => damaged(file, error),
        OutputError::Nothing { .. } | OutputError::Form { .. } => {
            Failure::usage(format!("{}: {error}", file.display()))
        }
    }
}

/// Reports that the run was read but contains something that makes no sense.
pub(super) fn damaged(file: &Path, error: &dyn Error) -> Failure {
    let file = file.display();
    Failure::usage(format!("{file}: {error}; the file is damaged; use another copy or repeat the run"))
}

/// Returns a file as a word of a command line, quoted for a shell, and never taken for a flag.
pub(super) fn operand(file: &Path) -> String {
    shell::quote(&word(&file.to_string_lossy())).into_owned()
}

/// Returns the name of a file as an argument that is never taken for a flag.
pub(super) fn word(file: &str) -> String {
    if file.starts_with('-') { format!("./{file}") } else { file.to_owned() }
}

pub(super) fn write_page(file: &Path, page: &str) -> Result<(), Failure> {
    let wrong = |error| {
        Failure::unwritten(format!("{error}; choose another file with `attach-rig report DIR --out FILE`"))
    };
    json::write_atomic(file, page.as_bytes()).map_err(wrong)
}

fn table_options() -> TableOptions {
    let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    TableOptions { color: streams::has_colors(), width }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_780), (2026, 11, 23));
    }
}
