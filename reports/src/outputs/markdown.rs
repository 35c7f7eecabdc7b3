//! Markdown, as a job on GitHub shows it on its page: the verdict first, then one table, the notes that a reader needs,
//! and the commands.
//!
//! Separate from the text for a terminal, because here is room for a few columns only, and every name has to be
//! escaped.
use super::OutputError;
use crate::aggregate::{Aggregate, Group, PointSum, aggregate};
use crate::coverage::Coverage;
use crate::outcome::AttachOutcome;
use crate::percentile::Samples;
use crate::schema::{Engine, Judgement, LatencyKind, NoteKind, Run};
use crate::units::{clip, count, grouped, maybe_ns};
use crate::verdict::headline;
use crate::{labels, table};
use std::fmt::Write as _;

/// Rows of the table, and lines of remarks, before the rest is counted.
const MOST: usize = 40;

/// Characters of a remark.
const LONGEST: usize = 400;

/// Text in the place of a part that had to be left out.
const CUT: &str = "\n*Cut here: the page of a job holds 1 MiB at most. Everything is in run.json.*\n";

/// Writes the result of `run`.
///
/// # Errors
/// A histogram that cannot be read.
pub fn markdown(run: &Run) -> Result<String, OutputError> {
    let sums = aggregate(run)?;
    let (engine, clock) = (labels::engine(run.engine), labels::clock(run.engine));
    let mut out = format!("## attach-rig: {} on {engine}\n\n", escaped(&run.scenario.name));
    let _ = writeln!(out, "**{}**\n", escaped(&table::verdict_line(run)));
    let _ = writeln!(out, "{}\n", escaped(&headline(run)));
    let whose = match run.engine {
        Engine::Sim => "of a model; they are the times of no machine",
        Engine::Threads => "of the machine that ran it, whose locks are real and whose kernel is a model",
        Engine::Linux => "of the machine that ran it",
    };
    let _ = writeln!(out, "Engine {engine}, seed {}. Times are {clock} times {whose}.\n", run.scenario.seed);
    figures(&mut out, clock, &sums);
    remarks(&mut out, run);
    commands(&mut out, run);
    Ok(out)
}

/// Writes a row per protocol and point.
fn figures(out: &mut String, clock: &str, sums: &Aggregate) {
    if sums.groups.is_empty() {
        return;
    }
    let titles = [
        "protocol".to_owned(),
        format!("attach p50, {clock}"),
        format!("attach p99, {clock}"),
        "n".to_owned(),
        "partial".to_owned(),
        "worst bystander, p99".to_owned(),
        "worst drift".to_owned(),
        "violated invariants".to_owned(),
    ];
    out.push_str(&row(titles.into_iter()));
    out.push_str("|---|--:|--:|--:|--:|---|---|---|\n");
    for group in sums.groups.iter().take(MOST) {
        out.push_str(&row(cells(sums, group).into_iter()));
    }
    if sums.groups.len() > MOST {
        let _ = writeln!(out, "\nand {} more; all are in run.json", count_rows(sums.groups.len() - MOST));
    }
    out.push('\n');
}

fn count_rows(rows: usize) -> String {
    count(rows as u64, "row")
}

fn cells(sums: &Aggregate, group: &PointSum) -> [String; 8] {
    let (samples, from) = attaches(&group.sum);
    let point = sums.axes.words(&group.point);
    let place = [group.subject.label(), &point, from].into_iter().filter(|part| !part.is_empty());
    [
        place.collect::<Vec<_>>().join(", "),
        maybe_ns(samples.and_then(Samples::p50)),
        maybe_ns(samples.and_then(Samples::p99)),
        grouped(samples.map_or(0, Samples::n)),
        grouped(group.sum.outcome(AttachOutcome::Partial)),
        labels::slow_down(&group.sum),
        labels::worst_drift(&group.sum),
        labels::violated(&group.sum),
    ]
}

/// Returns attaches that moved, from their intended start where they had one, and words that say so.
fn attaches(group: &Group) -> (Option<&Samples>, &'static str) {
    match group.latency(AttachOutcome::Moved, LatencyKind::Corrected) {
        Some(samples) => (Some(samples), "from the intended start"),
        None => (group.latency(AttachOutcome::Moved, LatencyKind::Raw), ""),
    }
}

/// Writes verdicts that did not pass, cells that ended early, and the notes that change how to read the rest.
fn remarks(out: &mut String, run: &Run) {
    let mut lines = Vec::new();
    lines.extend(Coverage::of(run).missing.into_iter().map(|what| format!("missing: {what}")));
    let verdicts = run.verdicts.iter();
    let open = verdicts.filter(|v| matches!(v.outcome, Judgement::Fail | Judgement::Inconclusive));
    lines.extend(open.map(labels::verdict_sentence));
    for (index, cell) in run.cells.iter().enumerate() {
        if let Some(how) = &cell.ended {
            lines.push(format!(
                "ended early: cell {index}, {} seed {}: {how}",
                cell.subject.label(),
                cell.seed
            ));
        }
    }
    for note in run.notes.iter().filter(|note| note.kind != NoteKind::Info) {
        let about = note.protocol.as_ref().map_or_else(String::new, |protocol| format!("{protocol}: "));
        lines.push(format!("{}: {about}{}", labels::note(note.kind), note.text));
    }
    for line in lines.iter().take(MOST) {
        let _ = writeln!(out, "- {}", escaped(&clip(line, LONGEST)));
    }
    if lines.len() > MOST {
        let _ = writeln!(out, "- and {} more; all are in run.json", lines.len() - MOST);
    }
    if !lines.is_empty() {
        out.push('\n');
    }
}

/// Writes the commands that repeat the first breach and the whole run.
fn commands(out: &mut String, run: &Run) {
    let wrong = run.verdicts.iter().find(|verdict| verdict.outcome == Judgement::Fail);
    for (what, command) in [
        ("The first that is not as expected, once more:", wrong.and_then(|v| v.replay.as_ref())),
        ("The whole run once more:", Some(&run.command)),
    ] {
        if let Some(command) = command.filter(|command| !command.trim().is_empty()) {
            let command = command.replace(['\r', '\n'], " ");
            let _ = writeln!(out, "{what}\n\n    {}\n", command.trim());
        }
    }
}

/// Returns a row of a table.
pub(crate) fn row(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| escaped(&cell)).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Returns `text` on one line, with every special character of Markdown and HTML escaped.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '>' | '!' | '$' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Returns as much of `text` as fits into `room` bytes, in whole paragraphs, with a sentence where something is
/// missing. Returns nothing where not even that sentence fits.
#[must_use]
pub fn fitted(text: &str, room: usize) -> String {
    if text.len() <= room {
        return text.to_owned();
    }
    let Some(room) = room.checked_sub(CUT.len()) else { return String::new() };
    let ends = text.match_indices("\n\n").map(|(at, _)| at + 1);
    let end = ends.take_while(|end| *end <= room).last().unwrap_or(0);
    format!("{}{CUT}", &text[..end])
}
