//! One row per protocol and point, seeds merged: attaches by outcome, latency, drift, what bystanders paid.
//!
//! Separate from the rest of the table, because the columns follow the engine. There are invariants to violate only
//! where accounting is modelled or watched. On the real kernel the percentiles matter most.
use super::{TableOptions, natural_width, new_table, print};
use crate::aggregate::{Aggregate, Group, PointSum};
use crate::axis::{Axes, Axis};
use crate::labels;
use crate::outcome::AttachOutcome;
use crate::percentile::LEVELS;
use crate::schema::{Engine, LatencyKind};
use crate::units::{NONE, grouped, maybe_ns};
use comfy_table::{Cell, CellAlignment, ColumnConstraint, Table};

/// A column: its title, whether it holds figures, and the text of its entries.
struct Column {
    title: String,
    figures: bool,
    text: Box<dyn Fn(&PointSum) -> String>,
}

/// Renders the table, one line a row. Where a terminal is too narrow for it, what attaches did to others gets a table
/// of its own.
pub(super) fn table(engine: Engine, sums: &Aggregate, options: TableOptions) -> String {
    let axes = axes(sums.axes);
    if engine == Engine::Linux {
        let columns: Vec<Column> = axes.into_iter().chain(of_linux(sums)).collect();
        return print(&filled(&columns.iter().collect::<Vec<_>>(), sums, options));
    }
    let (attaches, effects) = (of_attaches(labels::clock(engine)), of_effects());
    let whole: Vec<&Column> = axes.iter().chain(&attaches).chain(&effects).collect();
    let table = filled(&whole, sums, options);
    if options.width.is_none_or(|width| natural_width(&table) <= width) {
        return print(&table);
    }
    let upper: Vec<&Column> = axes.iter().chain(&attaches).collect();
    let lower: Vec<&Column> = axes.iter().chain(&effects).collect();
    print(&filled(&upper, sums, options)) + "\n" + &print(&filled(&lower, sums, options))
}

fn filled(columns: &[&Column], sums: &Aggregate, options: TableOptions) -> Table {
    let titles: Vec<String> = columns.iter().map(|column| column.title.clone()).collect();
    let mut table = new_table(options, &titles);
    for group in &sums.groups {
        table.add_row(columns.iter().map(|column| Cell::new((column.text)(group))));
    }
    for (index, column) in columns.iter().enumerate() {
        if let Some(shown) = table.column_mut(index).filter(|_| column.figures) {
            shown.set_cell_alignment(CellAlignment::Right);
            shown.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
}

fn column(title: &str, figures: bool, text: impl Fn(&PointSum) -> String + 'static) -> Column {
    Column { title: title.to_owned(), figures, text: Box::new(text) }
}

fn axes(axes: Axes) -> Vec<Column> {
    let protocol = column("protocol", false, |group| group.subject.to_string());
    let of = |axis: Axis| column(axis.title(), true, move |group| group.point.words(axis));
    std::iter::once(protocol).chain(axes.iter().map(of)).collect()
}

fn outcome(outcome: AttachOutcome) -> Column {
    column(outcome.name(), true, move |group| grouped(group.sum.outcome(outcome)))
}

fn of_attaches(clock: &str) -> Vec<Column> {
    let quantile =
        |group: &Group, q| group.latency(AttachOutcome::Moved, LatencyKind::Raw).and_then(|s| s.quantile(q));
    vec![
        outcome(AttachOutcome::Moved),
        outcome(AttachOutcome::Completed),
        outcome(AttachOutcome::Partial),
        outcome(AttachOutcome::Refused),
        outcome(AttachOutcome::Noop),
        column(&format!("p50\n{clock}"), true, move |group| maybe_ns(quantile(&group.sum, 0.5))),
        column(&format!("p99\n{clock}"), true, move |group| maybe_ns(quantile(&group.sum, 0.99))),
    ]
}

/// Returns what attaches did to others and to the accounts.
fn of_effects() -> Vec<Column> {
    vec![
        column("bystander\np99", true, |group| labels::slow_down(&group.sum)),
        column("clamps", true, |group| grouped(group.sum.clamps())),
        column("worst drift", false, |group| labels::worst_drift(&group.sum)),
        column("violated invariants", false, |group| labels::violated(&group.sum)),
    ]
}

/// Returns the percentiles of attaches that moved, counted from the intended start where there was one. The other
/// outcomes are shown only when there was any.
fn of_linux(sums: &Aggregate) -> Vec<Column> {
    let corrected =
        sums.groups.iter().any(|g| g.sum.latency(AttachOutcome::Moved, LatencyKind::Corrected).is_some());
    let mut columns = vec![column("n", true, |group| grouped(group.sum.outcome(AttachOutcome::Moved)))];
    use AttachOutcome::{Completed, Gone, Noop, Partial, Refused};
    for outcome in [Completed, Refused, Noop, Partial, Gone] {
        if sums.groups.iter().any(|group| group.sum.outcome(outcome) > 0) {
            columns.push(self::outcome(outcome));
        }
    }
    let kind_of = |group: &Group| {
        let corrected = group.latency(AttachOutcome::Moved, LatencyKind::Corrected).is_some();
        if corrected { LatencyKind::Corrected } else { LatencyKind::Raw }
    };
    if corrected {
        columns.push(column("from", false, move |group| match kind_of(&group.sum) {
            LatencyKind::Corrected => "intended start".to_owned(),
            LatencyKind::Raw => "real start".to_owned(),
        }));
    }
    for level in LEVELS.iter().filter(|level| level.q < 0.9999) {
        let q = level.q;
        columns.push(column(&format!("{}\nwall", level.name), true, move |group| {
            let samples = group.sum.latency(AttachOutcome::Moved, kind_of(&group.sum));
            maybe_ns(samples.and_then(|samples| samples.quantile(q)))
        }));
    }
    columns.push(column("max\nwall", true, move |group| {
        maybe_ns(
            group
                .sum
                .latency(AttachOutcome::Moved, kind_of(&group.sum))
                .and_then(crate::percentile::Samples::max),
        )
    }));
    columns.push(column("bystander\np99", true, |group| labels::slow_down(&group.sum)));
    columns.retain(|shown| {
        shown.title != "bystander\np99" || sums.groups.iter().any(|g| (shown.text)(g) != NONE)
    });
    columns
}
