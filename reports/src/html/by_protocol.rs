//! Comparison of protocols: one row each, with the figures by which a protocol is chosen.
//!
//! Separate from the sections that follow, which take one question each and show the evidence. Every figure here
//! appears there with its plot. The tables show one point of the axes at a time, because figures of different points do
//! not add up to one.
use super::View;
use super::components::{Column, columns, section as headed, table, text};
use super::latency::{axis_cells, axis_columns};
use crate::aggregate::{Group, LockSum, PointSum};
use crate::labels;
use crate::outcome::AttachOutcome;
use crate::percentile::Samples;
use crate::schema::{Engine, LatencyKind};
use crate::units::{NONE, grouped, maybe_ns, ns, percent};
use maud::{Markup, html};

/// Limits of a comparison by wall time.
const WALL: &str =
    "Times of one session on one machine: which protocol is the fastest is for paired runs to say.";

/// Reports whether there is anything to compare.
pub(super) fn any(view: &View<'_>) -> bool {
    view.sums.protocols.len() > 1 && view.sums.groups.iter().any(|group| moved(&group.sum).is_some())
}

pub(super) fn section(view: &View<'_>) -> Markup {
    if !any(view) {
        return html! {};
    }
    let said = if view.run.engine == Engine::Sim { takeaway(view) } else { WALL.to_owned() };
    headed(
        view,
        "sides",
        "Protocols side by side",
        &html! { @if !said.is_empty() { p { (said) } } (rows(view)) },
    )
}

fn moved(group: &Group) -> Option<&Samples> {
    group.latency(AttachOutcome::Moved, LatencyKind::Raw)
}

fn kept_all(group: &Group) -> bool {
    !group.invariants.is_empty() && group.invariants.iter().all(|invariant| invariant.violated == 0)
}

/// Names, at the first point that has a median, the fastest protocol of all and the fastest of those that violate
/// nothing.
fn takeaway(view: &View<'_>) -> String {
    let p50 = |group: &PointSum| moved(&group.sum).and_then(Samples::p50);
    let Some(point) = view.sums.groups.iter().find(|group| p50(group).is_some()).map(|group| group.point)
    else {
        return String::new();
    };
    let here: Vec<(u64, &PointSum)> = view
        .sums
        .groups
        .iter()
        .filter(|group| group.point == point)
        .filter_map(|group| Some((p50(group)?, group)))
        .collect();
    let least = |all: &mut dyn Iterator<Item = &(u64, &PointSum)>| {
        all.min_by_key(|one| one.0).map(|one| (one.0, one.1.subject.to_string()))
    };
    let Some((fastest_ns, fastest)) = least(&mut here.iter()) else { return String::new() };
    let words = view.sums.axes.words(&point);
    let at = if words.is_empty() { String::new() } else { format!(" ({words})") };
    let first = format!("The fastest at the median is {fastest} with {}{at}", ns(fastest_ns));
    let watched = here.iter().any(|one| !one.1.sum.invariants.is_empty());
    match least(&mut here.iter().filter(|one| kept_all(&one.1.sum))) {
        _ if !watched => format!("{first}."),
        Some((_, kept)) if kept == fastest => format!("{first}, and it holds every invariant there."),
        Some((kept_ns, kept)) => {
            let more = percent(kept_ns - fastest_ns, fastest_ns);
            format!(
                "{first}; of those that hold every invariant there it is {kept} with {}, {more} more.",
                ns(kept_ns)
            )
        }
        None => format!("{first}; none holds every invariant there."),
    }
}

/// Returns the class with the longest waits, and their length.
fn waited(group: &Group) -> String {
    let name = |lock: &LockSum| match lock.mode.as_str() {
        "" => lock.class.clone(),
        mode => format!("{}-{mode}", lock.class),
    };
    let most = group.locks.iter().filter(|lock| lock.wait.total_ns > 0).max_by_key(|lock| lock.wait.total_ns);
    most.map_or_else(|| NONE.to_owned(), |lock| format!("{} {}", name(lock), ns(lock.wait.total_ns)))
}

fn or_none(n: u64) -> String {
    if n == 0 { NONE.to_owned() } else { grouped(n) }
}

/// A column: its title, and the text of its entries.
type Shown = (&'static str, fn(&Group) -> String);

/// All columns; those without any entry are left out.
const SHOWN: [Shown; 11] = [
    ("#moved", |group| grouped(group.outcome(AttachOutcome::Moved))),
    ("#completed", |group| or_none(group.outcome(AttachOutcome::Completed))),
    ("#partial", |group| or_none(group.outcome(AttachOutcome::Partial))),
    ("#not moved", |group| {
        let all = group.outcomes.values().copied().fold(0, u64::saturating_add);
        let not = all
            .saturating_sub(group.outcome(AttachOutcome::Moved))
            .saturating_sub(group.outcome(AttachOutcome::Completed))
            .saturating_sub(group.outcome(AttachOutcome::Partial))
            .saturating_sub(group.outcome(AttachOutcome::Noop));
        or_none(not)
    }),
    ("#p50", |group| maybe_ns(moved(group).and_then(Samples::p50))),
    ("#p99", |group| maybe_ns(moved(group).and_then(Samples::p99))),
    ("#max", |group| maybe_ns(moved(group).and_then(Samples::max))),
    ("bystanders' p99", labels::slow_down),
    ("most waited for", waited),
    ("worst drift", labels::worst_drift),
    ("violated invariants", labels::violated),
];

fn rows(view: &View<'_>) -> Markup {
    let groups = &view.sums.groups;
    let shown: Vec<&Shown> =
        SHOWN.iter().filter(|(_, cell)| groups.iter().any(|group| cell(&group.sum) != NONE)).collect();
    let mut head = columns(&["protocol"]);
    head.extend(axis_columns(view));
    head.extend(shown.iter().map(|(title, _)| match title.strip_prefix('#') {
        Some(title @ ("p50" | "p99" | "max")) => Column(format!("{title}, {}", view.clock), true),
        Some(title) => Column(title.to_owned(), true),
        None => Column((*title).to_owned(), false),
    }));
    let row = |group: &PointSum| {
        let mut row = vec![text(group.subject.label())];
        row.extend(axis_cells(view, group));
        row.extend(shown.iter().map(|(_, cell)| text(&cell(&group.sum))));
        row
    };
    let rows: Vec<Vec<Markup>> = groups.iter().map(row).collect();
    html! { div.wrap { (table("attaches that moved, from their real start, and what else came of it", &head, &rows)) } }
}
