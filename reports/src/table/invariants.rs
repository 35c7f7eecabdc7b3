//! The matrix invariant × protocol.
//!
//! Separate from the figures, which have a row per point; a verdict is over all cells of a protocol.
use super::{TableOptions, new_table, print};
use crate::labels;
use crate::schema::{Judgement, Run, Verdict};
use crate::verdict::in_order;
use comfy_table::{Cell, Color};

/// Renders the matrix; ` !` marks an unexpected verdict, ` ?` an inconclusive one. It has a column per protocol, or per
/// invariant where there are more protocols than invariants: real kernels have few invariants and many names.
pub(super) fn table(run: &Run, options: TableOptions) -> String {
    let protocols = in_order(run.verdicts.iter().map(|verdict| verdict.protocol.as_str()));
    let invariants = in_order(run.verdicts.iter().map(|verdict| verdict.invariant.as_str()));
    let of = |protocol: &str, invariant: &str| {
        let verdict = run.verdicts.iter().find(|v| v.invariant == invariant && v.protocol == protocol);
        verdict.map_or_else(|| Cell::new(crate::units::NONE), cell)
    };
    if protocols.len() > invariants.len() {
        return matrix(options, "protocol", (&protocols, &invariants), of);
    }
    matrix(options, "invariant", (&invariants, &protocols), |invariant, protocol| of(protocol, invariant))
}

fn matrix(
    options: TableOptions,
    corner: &str,
    (rows, columns): (&[&str], &[&str]),
    of: impl Fn(&str, &str) -> Cell,
) -> String {
    let header: Vec<String> =
        std::iter::once(corner).chain(columns.iter().copied()).map(str::to_owned).collect();
    let mut table = new_table(options, &header);
    for row in rows {
        table.add_row(std::iter::once(Cell::new(row)).chain(columns.iter().map(|column| of(row, column))));
    }
    print(&table)
}

fn cell(verdict: &Verdict) -> Cell {
    let cell = Cell::new(labels::verdict(verdict));
    match verdict.outcome {
        Judgement::Fail => cell.fg(Color::Red),
        Judgement::Inconclusive => cell.fg(Color::Yellow),
        Judgement::Pass | Judgement::Skipped => cell,
    }
}
