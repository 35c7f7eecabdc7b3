//! Counters of the real kernel: their value at the end, the true value, and the difference that may be off without
//! being lost.
//!
//! Separate from the rows, which have a line per point; a counter has a usage, a truth, a tolerance, and the part that
//! stays by design.
use super::{TableOptions, new_table, print};
use crate::aggregate::{Aggregate, DriftSum};
use crate::units::{NONE, grouped, signed};
use comfy_table::{Cell, CellAlignment};

/// Lines of the table; the rest is counted.
const MAX_LINES: usize = 40;

/// Renders the table, or nothing where no counter was watched. A drift beyond its tolerance gets ` !`.
pub(super) fn table(sums: &Aggregate, options: TableOptions) -> String {
    let all: Vec<(&str, &DriftSum)> = sums
        .protocols
        .iter()
        .flat_map(|sum| sum.sum.drift.iter().map(|d| (sum.subject.label(), d)))
        .collect();
    if all.is_empty() {
        return String::new();
    }
    let tolerated = all.iter().any(|(_, drift)| drift.tolerance.is_some());
    let by_design = all.iter().any(|(_, drift)| drift.by_design.is_some());
    let mut titles = vec!["protocol", "counter", "unit", "usage", "should be", "drift"];
    titles.extend(tolerated.then_some("may be hidden"));
    titles.extend(by_design.then_some("left by design"));
    let titles: Vec<String> = titles.into_iter().map(str::to_owned).collect();
    let mut table = new_table(options, &titles);
    for (protocol, drift) in all.iter().take(MAX_LINES) {
        let mut row = vec![
            (*protocol).to_owned(),
            format!("{}:{}", drift.controller, drift.cgroup),
            drift.unit.clone(),
            plain(drift.usage),
            plain(drift.truth),
            format!("{}{}", signed(drift.worst_final), if drift.beyond() > 0 { " !" } else { "" }),
        ];
        let hidden =
            drift.tolerance.map_or_else(|| NONE.to_owned(), |n| format!("±{}", grouped(n.unsigned_abs())));
        row.extend(tolerated.then_some(hidden));
        row.extend(by_design.then(|| drift.by_design.map_or_else(|| NONE.to_owned(), plain)));
        table.add_row(row.into_iter().map(Cell::new));
    }
    for index in 3..titles.len() {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = format!("\n{}", print(&table));
    if all.len() > MAX_LINES {
        text.push_str(&format!("and {} more counters; all are in run.json\n", all.len() - MAX_LINES));
    }
    text
}

/// Writes a count without a plus.
fn plain(value: i64) -> String {
    signed(value).trim_start_matches('+').to_owned()
}
