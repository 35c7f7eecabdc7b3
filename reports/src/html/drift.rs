//! Whether the accounting still adds up: drift over time of the worst counter, and all counters.
//!
//! Apart from the promises, which say that it broke; here is by how much, when, and whether it stays.
use super::View;
use super::parts::{columns, figure, section as headed, table, text};
use crate::aggregate::DriftSum;
use crate::plot::drift;
use crate::plot::ink::{Ink, series};
use crate::schema::{Drift, DriftPoint};
use crate::units::{NONE, grouped, signed};
use maud::{Markup, html};

/// Protocols in the plot.
const MAX_LINES: usize = 8;

pub(super) fn section(view: &View<'_>) -> Markup {
    let all = || view.sums.protocols.iter().flat_map(|sum| &sum.sum.drift);
    let Some(worst) = all().reduce(|a, b| if b.badness() > a.badness() { b } else { a }) else {
        return html! {};
    };
    let (points, keys) = lines(view, worst);
    let counter = format!("{} of cgroup {}", worst.controller, worst.cgroup);
    let question = format!("How far from the truth is {counter}?");
    let frame = drift::plot(&question, view.clock, &worst.unit, &points);
    headed(
        "drift",
        "Does the accounting still add up?",
        &html! {
            p { (takeaway(view)) }
            (figure(frame.as_ref(), "The counter that drifts farthest; of each protocol its worst cell. A marker is a \
                quiescent point: nothing was in flight, so what is wrong there stays wrong.", &keys))
            (rows(view))
            p.key { "drift = usage − truth − in flight. ‘at the end’ is the value farthest from 0 over all cells." }
        },
    )
}

/// Number of a protocol's series, and its points.
type Series<'a> = (usize, &'a [DriftPoint]);

/// Line of each protocol for the counter of `worst`, from its worst cell.
fn lines<'a>(view: &'a View<'_>, worst: &DriftSum) -> (Vec<Series<'a>>, Vec<(Ink, String)>) {
    let (mut lines, mut keys) = (Vec::new(), Vec::new());
    let same = |controller: &str, cgroup: &str| controller == worst.controller && cgroup == worst.cgroup;
    for (n, sum) in view.sums.protocols.iter().enumerate().take(MAX_LINES) {
        let Some(mine) = sum.sum.drift.iter().find(|drift| same(&drift.controller, &drift.cgroup)) else {
            continue;
        };
        let cell = &view.run.cells[mine.worst_cell];
        let found: Option<&Drift> = cell.drift.iter().find(|drift| same(&drift.controller, &drift.cgroup));
        if let Some(drift) = found.filter(|drift| !drift.series.is_empty()) {
            lines.push((n, drift.series.as_slice()));
            keys.push((Ink::Series(series(n)), format!("{} (seed {})", sum.protocol, cell.seed)));
        }
    }
    (lines, keys)
}

fn takeaway(view: &View<'_>) -> String {
    let (mut exact, mut said) = (Vec::new(), Vec::new());
    for sum in view.sums.protocols.iter().filter(|sum| !sum.sum.drift.is_empty()) {
        match sum.sum.worst_drift() {
            Some(d) if d.worst_final != 0 => said.push(format!(
                "{} ends up to {} {} off ({} of cgroup {})",
                sum.protocol,
                grouped(d.worst_final.unsigned_abs()),
                d.unit,
                d.controller,
                d.cgroup
            )),
            _ => exact.push(sum.protocol.clone()),
        }
    }
    if !exact.is_empty() {
        said.push(format!("{} end with every counter exact", crate::units::list(&exact)));
    }
    if exact.len() == 1 {
        said.pop();
        said.push(format!("{} ends with every counter exact", exact[0]));
    }
    let mut text = said.join("; ");
    text.push('.');
    text
}

fn rows(view: &View<'_>) -> Markup {
    let head = columns(&[
        "protocol",
        "counter",
        "#at the end",
        "#peak over",
        "#peak under",
        "#integral of |drift|, × µs",
        "#events",
        "#clamps",
        "#reserved at most",
        "unit",
    ]);
    let peak = |value: Option<i64>| value.map_or_else(|| NONE.to_owned(), signed);
    let mut rows = Vec::new();
    for sum in &view.sums.protocols {
        for drift in &sum.sum.drift {
            rows.push(vec![
                text(&sum.protocol),
                html! { (text(&drift.controller)) ":" (text(&drift.cgroup)) },
                html! { @if drift.worst_final == 0 { "0" } @else { strong { (signed(drift.worst_final)) } } },
                html! { (peak(drift.peak_over)) },
                html! { (peak(drift.peak_under)) },
                html! { (drift.integral_abs_us.map_or_else(|| NONE.to_owned(), grouped)) },
                html! { (grouped(drift.events)) },
                html! { (grouped(drift.clamps)) },
                html! { (grouped(drift.reserved_peak.max(0).unsigned_abs())) },
                text(&drift.unit),
            ]);
        }
    }
    table("counters", &head, &rows)
}
