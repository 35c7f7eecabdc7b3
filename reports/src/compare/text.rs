//! A comparison as text: regressions first, unchanged figures only counted.
use super::Comparison;
use super::paired::FLOOR_PERCENT;
use crate::change::{Change, Compared, Seen};
use crate::figure::metric::METRICS;
use crate::units::grouped;
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
        let mine: Vec<&Compared> = compared.rows.iter().filter(|row| row.place == place).collect();
        write_place(&mut out, place, &mine, all);
    }
    if compared.rows.iter().any(|row| matches!(row.seen, Seen::Pairs(_))) {
        let _ = writeln!(out, "Differences of at most {FLOOR_PERCENT} % between pairs count as none.");
    }
    compared.missing.iter().take(MAX_LINES).for_each(|what| _ = writeln!(out, "missing: {what}"));
    if !compared.missing.is_empty() {
        out.push_str(
            "inconclusive: not all cells are there on both sides, so nothing is the same or better\n",
        );
    }
    let n = |change| grouped(compared.count(change));
    let differs = match compared.count(|change| *change == Change::Differs) {
        0 => String::new(),
        n => format!("; {} are of other work", grouped(n)),
    };
    let _ = writeln!(
        out,
        "compare: {} better, {} same, {} worse, {} cannot tell{differs}",
        n(|change| *change == Change::Better),
        n(|change| *change == Change::Same),
        n(|change| *change == Change::Worse),
        n(|change| matches!(change, Change::CannotTell(_)))
    );
    out
}

fn write_place(out: &mut String, place: &str, rows: &[&Compared], all: bool) {
    let shown = |row: &&&Compared| all || !matches!(row.change, Change::Same | Change::Differs);
    let mut rows: Vec<&&Compared> = rows.iter().filter(shown).collect();
    if rows.is_empty() {
        return;
    }
    let place = if place.is_empty() { "everywhere" } else { place };
    let _ = writeln!(out, "{place}");
    // Failures come before slowdowns, and everything together before its parts.
    let order = |row: &&&Compared| {
        let metric = METRICS.iter().position(|(_, metric)| *metric == row.key.metric);
        (!row.key.metric.is_correctness(), metric, row.key.detail.is_some())
    };
    rows.sort_by(|a, b| a.change.cmp(&b.change).then_with(|| order(a).cmp(&order(b))));
    for alike in rows.chunk_by(|a, b| a.change.word() == b.change.word()) {
        let most = if all { alike.len() } else { MAX_LINES };
        for row in alike.iter().take(most) {
            let _ = writeln!(out, "  {:<11} {}: {row}", row.change.word(), row.key);
        }
        if alike.len() > most {
            let _ = writeln!(out, "  {:<11} and {} more; --all shows them", "", alike.len() - most);
        }
    }
}
