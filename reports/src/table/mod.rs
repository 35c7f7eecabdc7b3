//! Output of `attach-rig run` on stdout: figures per protocol and point, invariants, remarks, and the verdict last.
//!
//! Separate from the report, because a terminal wants one screen. The rows are in `rows`, the invariant matrix in
//! `invariants`, and counters of the real kernel in `drift`. All read the same [`crate::aggregate`] as the HTML.
mod drift;
mod invariants;
mod least_sampled;
mod rows;

use crate::aggregate::{Aggregate, AggregateError, aggregate};
use crate::coverage::Coverage;
use crate::exit::Exit;
use crate::labels;
use crate::schema::{Engine, Judgement, Note, NoteKind, Run, Verdict};
use crate::units::{clip, count, ns};
use crate::verdict::{Census, exit_code};
use comfy_table::{Attribute, Cell, Color, ContentArrangement, LineStyle, Table, TableStyle, presets};
use std::fmt::Write as _;

/// Options for the layout of the text. The default is plain text of any width, as for a pipe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// Columns of the terminal; cells wrap to fit. With `None`, a row is one line, however long.
    pub width: Option<u16>,
    /// Says whether to mark words with ANSI colours.
    pub color: bool,
}

/// Largest number of cells that ended early and of notes that are printed before the rest is counted.
const MAX_REMARKS: usize = 20;

/// Renders the result of `run` as text, ending with the verdict line.
///
/// # Errors
/// [`AggregateError`] when a histogram in the run is damaged.
pub fn render(run: &Run, options: TableOptions) -> Result<String, AggregateError> {
    let sums = aggregate(run)?;
    let mut out = head(run, &sums);
    out.push_str(&rows::table(run.engine, &sums, options));
    if run.engine == Engine::Linux {
        out.push_str(&drift::table(&sums, options));
    }
    if !run.verdicts.is_empty() {
        out.push('\n');
        out.push_str(&invariants::table(run, options));
    }
    if run.engine != Engine::Linux {
        out.push('\n');
        out.push_str(&least_sampled::line(run));
    }
    remarks(&mut out, run, options);
    out.push('\n');
    out.push_str(&paint(options, &verdict_line(run), exit_color(run)));
    out.push('\n');
    Ok(out)
}

fn head(run: &Run, sums: &Aggregate) -> String {
    let scenario = &run.scenario;
    let cpus = count(u64::from(scenario.cpus), "CPU");
    let seeds = match sums.groups.iter().map(|group| group.sum.cells).max().unwrap_or(0) {
        0 | 1 => String::new(),
        n => format!(", {n} cells a row"),
    };
    format!(
        "{} on {}, {cpus}, {} {} a cell, seed {}{seeds}\n\n",
        scenario.name,
        labels::engine(run.engine),
        ns(scenario.duration_ns),
        labels::clock(run.engine),
        scenario.seed,
    )
}

/// Returns the last line: the verdict, and the number of verdicts of each kind.
#[must_use]
pub fn verdict_line(run: &Run) -> String {
    let said = match exit_code(run) {
        Exit::AsExpected if run.verdicts.is_empty() => "none",
        Exit::Violated => "not as expected",
        Exit::Inconclusive => "inconclusive",
        _ => "as expected",
    };
    format!("verdict: {said} ({})", Census::of(&run.verdicts).words())
}

fn exit_color(run: &Run) -> Color {
    match exit_code(run) {
        Exit::Violated => Color::Red,
        Exit::Inconclusive => Color::Yellow,
        _ => Color::Green,
    }
}

/// Prints verdicts that did not pass, cells that ended early, and notes.
fn remarks(out: &mut String, run: &Run, options: TableOptions) {
    let mut lines: Vec<_> =
        Coverage::of(run).missing.into_iter().map(|what| (false, format!("missing: {what}"))).collect();
    let failed = run.verdicts.iter().filter(|verdict| verdict.outcome == Judgement::Fail);
    lines.extend(failed.map(|verdict| (options.color, labels::verdict_sentence(verdict))));
    lines.extend(undecided(run).into_iter().map(|line| (false, line)));
    for (index, cell) in run.cells.iter().enumerate() {
        if let Some(how) = &cell.ended {
            lines.push((
                false,
                format!("ended early: cell {index}, {} seed {}: {how}", cell.subject.label(), cell.seed),
            ));
        }
    }
    lines.extend(notes(run));
    if run.interrupted {
        lines.push((true, "interrupted: cells are missing".to_owned()));
    }
    if !lines.is_empty() {
        out.push('\n');
    }
    for (loud, line) in lines.iter().take(MAX_REMARKS) {
        let line = clip(&line.replace('\n', " "), 400);
        let _ = writeln!(out, "{}", if *loud { paint(options, &line, Color::Yellow) } else { line });
    }
    if lines.len() > MAX_REMARKS {
        let _ = writeln!(out, "and {} more; all are in run.json", lines.len() - MAX_REMARKS);
    }
}

/// Returns the notes, and whether each says that something is inconclusive. Information comes last, since it is left out
/// first where there is too much. Cells of one protocol lack the same, so the first of them stands for all.
fn notes(run: &Run) -> Vec<(bool, String)> {
    let (info, others): (Vec<_>, Vec<_>) = run.notes.iter().partition(|note| note.kind == NoteKind::Info);
    let ordered: Vec<&Note> = others.into_iter().chain(info).collect();
    let alike = |a: &&Note, b: &&Note| {
        (a.kind, &a.protocol) == (b.kind, &b.protocol) && a.kind == NoteKind::Inconclusive
    };
    let line = |notes: &[&Note]| {
        let note = notes[0];
        let about = note.protocol.as_ref().map_or_else(String::new, |protocol| format!("{protocol}: "));
        let more = match notes.len() - 1 {
            0 => String::new(),
            n => format!(" (and {n} more)"),
        };
        let text = format!("{}: {about}{}{more}", labels::note(note.kind), note.text);
        (note.kind == NoteKind::Inconclusive, text)
    };
    ordered.chunk_by(alike).map(line).collect()
}

/// Returns a line for each protocol with inconclusive verdicts. Why they are is in the notes.
fn undecided(run: &Run) -> Vec<String> {
    let open = |verdict: &&Verdict| verdict.outcome == Judgement::Inconclusive;
    let open: Vec<_> = run.verdicts.iter().filter(open).collect();
    let line = |of: &[&Verdict]| {
        let names = labels::names(of.iter().map(|verdict| verdict.invariant.as_str()));
        format!("inconclusive under {}: {names}", of[0].protocol)
    };
    open.chunk_by(|a, b| a.protocol == b.protocol).map(line).collect()
}

fn paint(options: TableOptions, text: &str, color: Color) -> String {
    if !options.color {
        return text.to_owned();
    }
    let code = match color {
        Color::Red => 31,
        Color::Yellow => 33,
        _ => 32,
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// A line under the titles and nothing else, so that rows can be cut out with the tools of a shell.
const HEADER_LINE: TableStyle = presets::NOTHING.header_separator(LineStyle::none().fill('─').junction('─'));

/// Returns an empty table in the style of this crate.
pub(crate) fn new_table(options: TableOptions, header: &[String]) -> Table {
    let mut table = Table::new();
    table.load_style(HEADER_LINE);
    match options.width {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    if options.color {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let bold = |name: &String| Cell::new(name).add_attribute(Attribute::Bold);
    table.set_header(header.iter().map(bold));
    table
}

/// Renders the table as text, without blanks at the ends of lines.
fn print(table: &Table) -> String {
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

/// Returns the columns that `table` takes when nothing wraps: each with a blank on both sides, a rule of the style
/// between.
fn natural_width(table: &Table) -> u16 {
    let widths = table.column_max_content_widths();
    widths.iter().fold(0_u16, |sum, width| sum.saturating_add(*width).saturating_add(3))
}
