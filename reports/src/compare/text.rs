//! A comparison as text: regressions first, unchanged figures only counted.
use super::{Change, ComparedFigure, Comparison};
use crate::figure::diff::change;
use crate::figure::metric::METRICS;
use crate::units::{grouped, ns};
use std::fmt::Write as _;

/// Lines of one verdict in one place, beyond which the rest is counted.
const MAX_LINES: usize = 12;

/// Writes the comparison; with `all`, also every unchanged figure, and no line is left out.
#[must_use]
pub fn text(compared: &Comparison, all: bool) -> String {
    let mut out = String::new();
    let (a, b) = &compared.names;
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{b} compared with {a}: {}", compared.about);
    let mut places: Vec<&str> = compared.rows.iter().map(|row| row.place.as_str()).collect();
    places.dedup();
    for place in places {
        let mine: Vec<&ComparedFigure> = compared.rows.iter().filter(|row| row.place == place).collect();
        write_place(&mut out, place, &mine, all);
    }
    compared.notes.iter().for_each(|note| _ = writeln!(out, "{note}"));
    compared.missing.iter().take(MAX_LINES).for_each(|what| _ = writeln!(out, "missing: {what}"));
    if !compared.missing.is_empty() {
        out.push_str(
            "inconclusive: not all cells are there on both sides, so nothing is the same or better\n",
        );
    }
    let n = |verdict| grouped(compared.count(verdict));
    let differs = match compared.count(Change::Differs) {
        0 => String::new(),
        n => format!("; {} are of other work", grouped(n)),
    };
    let _ = writeln!(
        out,
        "compare: {} better, {} same, {} worse, {} cannot tell{differs}",
        n(Change::Better),
        n(Change::Same),
        n(Change::Worse),
        n(Change::CannotTell)
    );
    out
}

fn write_place(out: &mut String, place: &str, rows: &[&ComparedFigure], all: bool) {
    let shown = |row: &&&ComparedFigure| all || !matches!(row.verdict, Change::Same | Change::Differs);
    let mut rows: Vec<&&ComparedFigure> = rows.iter().filter(shown).collect();
    if rows.is_empty() {
        return;
    }
    let place = if place.is_empty() { "everywhere" } else { place };
    let _ = writeln!(out, "{place}");
    // Failures come before slowdowns, and everything together before its parts.
    rows.sort_by_key(|row| {
        let metric = METRICS.iter().position(|(_, metric)| *metric == row.key.metric);
        (row.verdict, !row.key.metric.is_correctness(), metric, row.key.detail.is_some())
    });
    for alike in rows.chunk_by(|a, b| a.verdict == b.verdict) {
        let most = if all { alike.len() } else { MAX_LINES };
        for row in alike.iter().take(most) {
            let _ = writeln!(out, "  {:<11} {}: {}", word(row.verdict), row.key, said(row));
        }
        if alike.len() > most {
            let _ = writeln!(out, "  {:<11} and {} more; --all shows them", "", alike.len() - most);
        }
    }
}

/// Returns the word for a verdict: `better`, `same`, `worse`, `cannot tell`, `differs`.
#[must_use]
pub fn word(verdict: Change) -> &'static str {
    match verdict {
        Change::Worse => "worse",
        Change::CannotTell => "cannot tell",
        Change::Better => "better",
        Change::Differs => "differs",
        Change::Same => "same",
    }
}

fn said(row: &ComparedFigure) -> String {
    let shown = |value: u64| if row.key.is_time() { ns(value) } else { grouped(value) };
    let figures = match row.sides {
        (Some(a), Some(b)) if a == b => Some(shown(a)),
        (Some(a), Some(b)) => Some(format!("{} -> {}  {}", shown(a), shown(b), change(a, b))),
        (Some(a), None) => Some(format!("{} -> none", shown(a))),
        (None, Some(b)) => Some(format!("none -> {}", shown(b))),
        (None, None) => None,
    };
    let why = Some(row.why.clone()).filter(|why| !why.is_empty());
    figures.into_iter().chain(why).collect::<Vec<_>>().join("; ")
}
