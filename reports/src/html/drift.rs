//! Accuracy of the accounting: drift over time of the worst counter, and all counters.
//!
//! Separate from the invariants, which only say that the accounting was violated. This section says by how much, when,
//! and whether the drift stays.
use super::View;
use super::components::{columns, figure, section as headed, sentence, table, text};
use crate::aggregate::DriftSum;
use crate::plot::drift;
use crate::plot::ink::{Ink, series};
use crate::schema::{Drift, DriftPoint};
use crate::units::{NONE, grouped, signed};
use crate::verdict::in_order;
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
        view,
        "drift",
        "Does the accounting still add up?",
        &html! {
            p { (takeaway(view)) }
            (figure(frame.as_ref(), "The counter that drifts farthest; of each protocol its worst cell. A marker is a \
                quiescent point: nothing was in flight.", &keys))
            (rows(view))
            (tolerances(view))
            p.key { "drift = usage − truth − in flight. ‘at the end’ is the value farthest from 0 over all cells." }
        },
    )
}

/// Number of a protocol's series, and its points.
type Series<'a> = (usize, &'a [DriftPoint]);

/// Returns the line of each protocol for the counter of `worst`, from its worst cell.
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
            keys.push((Ink::Series(series(n)), format!("{} (seed {})", sum.subject.label(), cell.seed)));
        }
    }
    (lines, keys)
}

fn takeaway(view: &View<'_>) -> String {
    let (mut exact, mut tolerated, mut said) = (Vec::new(), Vec::new(), Vec::new());
    for sum in view.sums.protocols.iter().filter(|sum| !sum.sum.drift.is_empty()) {
        match sum.sum.worst_drift() {
            Some(d) if d.beyond() == 0 && d.worst_final != 0 => tolerated.push(sum.subject.to_string()),
            Some(d) if d.worst_final != 0 => said.push(format!(
                "{} ends up to {} {} off ({} of cgroup {})",
                sum.subject.label(),
                grouped(d.worst_final.unsigned_abs()),
                d.unit,
                d.controller,
                d.cgroup
            )),
            _ => exact.push(sum.subject.to_string()),
        }
    }
    if !exact.is_empty() {
        said.push(format!("{} end with every counter exact", crate::units::list(&exact)));
    }
    if exact.len() == 1 {
        said.pop();
        said.push(format!("{} ends with every counter exact", exact[0]));
    }
    if !tolerated.is_empty() {
        let verb = if tolerated.len() == 1 { "ends" } else { "end" };
        said.push(format!(
            "{} {verb} with no counter further off than per-CPU batches may hide",
            crate::units::list(&tolerated)
        ));
    }
    let mut text = said.join("; ");
    text.push('.');
    text
}

/// A column of the counters: its title, and the text of its entries.
type Shown = (&'static str, fn(&DriftSum) -> Markup);

fn peak(value: Option<i64>) -> Markup {
    html! { (value.map_or_else(|| NONE.to_owned(), signed)) }
}

/// Returns the columns that only some runs have: the tolerance and the part left by design on the real kernel, peaks on
/// the model.
fn columns_of(view: &View<'_>) -> Vec<Shown> {
    let any =
        |what: fn(&DriftSum) -> bool| view.sums.protocols.iter().flat_map(|sum| &sum.sum.drift).any(what);
    let real = any(|d| d.tolerance.is_some() || d.by_design.is_some());
    let modelled = any(|d| d.peak_over.is_some() || d.peak_under.is_some() || d.integral_abs_us.is_some());
    let mut shown: Vec<Shown> = vec![("#at the end", |d| {
        html! { @if d.beyond() == 0 { (signed(d.worst_final)) } @else { strong { (signed(d.worst_final)) } } }
    })];
    if any(|d| d.tolerance.is_some()) {
        shown.push(("#may be hidden", |d| {
            html! { (d.tolerance.map_or_else(|| NONE.to_owned(), |n| format!("±{}", grouped(n.unsigned_abs())))) }
        }));
    }
    if real {
        shown.push(("#usage", |d| html! { (signed(d.usage).trim_start_matches('+')) }));
        shown.push(("#should be", |d| html! { (signed(d.truth).trim_start_matches('+')) }));
    }
    if any(|d| d.by_design.is_some()) {
        shown.push(("#of that left by design", |d| {
            html! { (d.by_design.map_or_else(|| NONE.to_owned(), |n| signed(n).trim_start_matches('+').to_owned())) }
        }));
    }
    if modelled || !real {
        shown.push(("#peak over", |d| peak(d.peak_over)));
        shown.push(("#peak under", |d| peak(d.peak_under)));
        shown.push(("#integral of |drift|, × µs", |d| {
            html! { (d.integral_abs_us.map_or_else(|| NONE.to_owned(), grouped)) }
        }));
        shown.push(("#events", |d| html! { (grouped(d.events)) }));
        shown.push(("#clamps", |d| html! { (grouped(d.clamps)) }));
        shown.push(("#reserved at most", |d| html! { (grouped(d.reserved_peak.max(0).unsigned_abs())) }));
    }
    shown.push(("unit", |d| text(&d.unit)));
    shown
}

fn rows(view: &View<'_>) -> Markup {
    let shown = columns_of(view);
    let mut head = columns(&["protocol", "counter"]);
    head.extend(columns(&shown.iter().map(|(title, _)| *title).collect::<Vec<_>>()));
    let mut rows = Vec::new();
    for sum in &view.sums.protocols {
        for drift in &sum.sum.drift {
            let counter = html! { (text(&drift.controller)) ":" (text(&drift.cgroup)) };
            let mut row = vec![text(sum.subject.label()), counter];
            row.extend(shown.iter().map(|(_, cell)| cell(drift)));
            rows.push(row);
        }
    }
    table("counters", &head, &rows)
}

/// Explains the columns of the real kernel, and how each tolerance was computed.
fn tolerances(view: &View<'_>) -> Markup {
    let all = || view.sums.protocols.iter().flat_map(|sum| &sum.sum.drift);
    let hows = in_order(all().filter_map(|drift| drift.how.as_deref()));
    html! {
        @if all().any(|drift| drift.by_design.is_some()) {
            p.key { "‘Left by design’: charges of pages whose task has moved away. They are where the kernel says that they \
                belong, so they are part of what the counter should read, and no drift." }
        }
        @if !hows.is_empty() {
            p.key { "What per-CPU batches may hide: "
                @for (n, how) in hows.iter().take(6).enumerate() { @if n > 0 { "; " } (sentence(how)) } "." }
        }
    }
}
