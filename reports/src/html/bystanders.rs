//! The cost to bystanders: the workload's own operations while an attach is under way, against idle.
//!
//! Separate from the attach itself: a protocol that is fast for the mover may hold up all others.
use super::View;
use super::components::{Column, columns, figure, section as headed, table, text};
use crate::aggregate::{Group, ProtocolSum};
use crate::percentile::Samples;
use crate::plot::ccdf;
use crate::plot::frame::Frame;
use crate::plot::ink::Ink;
use crate::schema::Condition;
use crate::units::{NONE, grouped, maybe_ns, ns, times};
use crate::verdict::in_order;
use maud::{Markup, html};

/// Operations that get a plot.
const MAX_PLOTS: usize = 2;
/// Protocols in a plot, two lines each.
const MAX_PROTOCOLS: usize = 7;

pub(super) fn section(view: &View<'_>) -> Markup {
    if view.sums.protocols.iter().all(|sum| sum.sum.bystanders.is_empty()) {
        return html! {};
    }
    headed(
        view,
        "bystanders",
        "What do bystanders pay?",
        &html! {
            p { (takeaway(view)) }
            @for op in ops(view).into_iter().take(MAX_PLOTS) { (plot(view, op)) }
            (rows(view))
            p.key { "‘while attaching’: an attach was under way at some moment of the operation. Operations that failed are "
                "counted separately and are not in the times." }
        },
    )
}

/// Returns the operations, those that suffer most under any protocol first.
fn ops<'a>(view: &'a View<'_>) -> Vec<&'a str> {
    let all = view.sums.protocols.iter().flat_map(|sum| sum.sum.ops());
    let mut ops: Vec<(&str, u64)> =
        in_order(all).into_iter().map(|op| (op, worst_permille(view, op))).collect();
    ops.sort_by_key(|(_, worst)| std::cmp::Reverse(*worst));
    ops.into_iter().filter(|(_, worst)| *worst > 0).map(|(op, _)| op).collect()
}

fn worst_permille(view: &View<'_>, op: &str) -> u64 {
    let slow = view.sums.protocols.iter().filter_map(|sum| sum.sum.slow_down(op));
    slow.map(|(idle, busy)| busy.saturating_mul(1_000) / idle.max(1)).max().unwrap_or(0)
}

fn takeaway(view: &View<'_>) -> String {
    let said = view.sums.protocols.iter().take(6).filter_map(|sum| {
        let (op, idle, busy) = sum.sum.worst_slow_down()?;
        let ratio = times(busy, idle)?;
        Some(format!(
            "under {} p99 of {op} grows {ratio} times ({} to {})",
            sum.subject.label(),
            ns(idle),
            ns(busy)
        ))
    });
    let said: Vec<String> = said.collect();
    if said.is_empty() {
        "Too few operations ran to compare their p99.".to_owned()
    } else {
        format!("At worst: {}.", said.join("; "))
    }
}

fn plot(view: &View<'_>, op: &str) -> Markup {
    let mut lines = Vec::new();
    let mut keys = Vec::new();
    for sum in view.sums.protocols.iter().take(MAX_PROTOCOLS) {
        let n = view.series(sum.subject.label());
        for (condition, ink, words) in [
            (Condition::Idle, Ink::Faint(n), "idle"),
            (Condition::Attaching, Ink::Series(n), "while attaching"),
        ] {
            let found = sum.sum.bystander(op, condition).filter(|series| series.samples.p50().is_some());
            if let Some(series) = found {
                lines.push((ink, &series.samples));
                keys.push((ink, format!("{}, {words}", sum.subject.label())));
            }
        }
    }
    let question = format!("How much slower is {op} while an attach is under way?");
    let frame: Option<Frame> = ccdf::plot(&question, view.clock, op, &lines);
    figure(frame.as_ref(), &op_takeaway(view, op), &keys)
}

fn op_takeaway(view: &View<'_>, op: &str) -> String {
    let slow = |sum: &ProtocolSum| {
        let (idle, busy) = sum.sum.slow_down(op)?;
        Some((busy.saturating_mul(1_000) / idle.max(1), sum.subject.to_string(), times(busy, idle)?))
    };
    let mut all: Vec<(u64, String, String)> = view.sums.protocols.iter().filter_map(slow).collect();
    all.sort();
    match (all.first(), all.last()) {
        (Some(least), Some(most)) if least.1 != most.1 => format!(
            "While attaching, p99 of {op} is {} times that of idle under {}, {} times under {}.",
            most.2, most.1, least.2, least.1
        ),
        (Some(only), _) => {
            format!("While attaching, p99 of {op} is {} times that of idle under {}.", only.2, only.1)
        }
        _ => String::new(),
    }
}

fn rows(view: &View<'_>) -> Markup {
    let clock = view.clock;
    let mut head = columns(&["protocol", "operation"]);
    for condition in ["idle", "attaching"] {
        head.push(Column(format!("{condition}: n"), true));
        head.extend(["p50", "p99"].map(|name| Column(format!("{condition}: {name}, {clock}"), true)));
        head.push(Column(format!("{condition}: failed"), true));
    }
    head.push(Column("p99 ratio".to_owned(), true));
    let mut rows = Vec::new();
    for sum in &view.sums.protocols {
        for op in sum.sum.ops() {
            let mut row = vec![text(sum.subject.label()), text(op)];
            row.extend(cells(&sum.sum, op, Condition::Idle));
            row.extend(cells(&sum.sum, op, Condition::Attaching));
            let ratio = sum.sum.slow_down(op).and_then(|(idle, busy)| times(busy, idle));
            row.push(html! { (ratio.unwrap_or_else(|| NONE.to_owned())) });
            rows.push(row);
        }
    }
    table("operations of the workload", &head, &rows)
}

fn cells(group: &Group, op: &str, condition: Condition) -> [Markup; 4] {
    let series = group.bystander(op, condition);
    let samples = series.map(|series| &series.samples);
    [
        html! { (series.map_or_else(|| NONE.to_owned(), |series| grouped(series.samples.n()))) },
        html! { (maybe_ns(samples.and_then(Samples::p50))) },
        html! { (maybe_ns(samples.and_then(Samples::p99))) },
        html! { (series.map_or_else(|| NONE.to_owned(), |series| grouped(series.failed))) },
    ]
}
