//! The change of latency along an axis of the run, and the latency that a closed loop hides.
//!
//! Separate from the percentile curves: a user who moves one task now and then wants the rate, not the tail.
use super::View;
use super::components::{Column, columns, figure, section as headed, table, text};
use crate::aggregate::{Group, ProtocolSum};
use crate::axis::{Axes, Axis, Point};
use crate::outcome::AttachOutcome;
use crate::percentile::Samples;
use crate::plot::ink::Ink;
use crate::plot::sweep::{self, Row};
use crate::schema::LatencyKind;
use crate::units::{maybe_ns, ns, short_ns, times};
use maud::{Markup, html};

/// Factor over the closed loop from which a rate is worth a sentence.
const MUCH_SLOWER: u64 = 3;
/// Largest number of points of the plot; names of more would not fit under it.
pub(super) const MAX_POINTS: usize = 8;
/// Protocols of the plot.
const MAX_PROTOCOLS: usize = 8;

pub(super) fn section(view: &View<'_>) -> Markup {
    let all = points(view);
    let Some((axis, mut points)) = along(&all) else { return html! {} };
    points.truncate(MAX_POINTS);
    let (title, name, question) = question(axis);
    let (lines, keys) = drawn(view, &points);
    let numbers: Vec<(u64, String)> = points.iter().map(|point| number(view, axis, point)).collect();
    let frame = sweep::plot(question, view.clock, name, &numbers, &lines);
    let closed = points.iter().any(|point| axis == Axis::Rate && point.get(axis).is_none());
    headed(
        view,
        "sweep",
        title,
        &html! {
            (figure(frame.as_ref(), &takeaway(view, &all), &keys))
            @if closed { p.key { "The closed loop has no intended rate: it is drawn at the rate that it reached, the mean of all \
                protocols." } }
            (rows(view, &all))
            @if all.len() > points.len() { p.more { "Only some points of the axes are drawn." } }
        },
    )
}

/// Returns the axis along which the plot goes, and its points: those that differ from the first on this axis only.
/// Cells without a fault rate have rules of their own, which are not a number.
fn along(all: &[Point]) -> Option<(Axis, Vec<Point>)> {
    let on = |axis: Axis| {
        let numbers = || all.iter().filter(|point| axis != Axis::FaultRate || point.get(axis).is_some());
        let first = numbers().next()?;
        let alike = |point: &&Point| point.with(axis, first.get(axis)) == *first;
        let points: Vec<Point> = numbers().filter(alike).copied().collect();
        (points.len() > 1).then_some((axis, points))
    };
    [Axis::Rate, Axis::Delay, Axis::FaultRate].into_iter().find_map(on)
}

/// Returns the number of a point on `axis` with its words.
fn number(view: &View<'_>, axis: Axis, point: &Point) -> (u64, String) {
    let reached = || {
        let cells = || view.run.cells.iter().filter(|cell| cell.point == *point);
        let moved = cells().filter_map(|cell| cell.attach.outcomes.get(AttachOutcome::Moved.name()));
        let moved = moved.map(|n| u128::from(*n)).sum::<u128>();
        let length = cells().map(|cell| u128::from(cell.duration_ns)).sum::<u128>();
        u64::try_from((moved * 1_000_000_000).checked_div(length).unwrap_or(0)).unwrap_or(u64::MAX)
    };
    let absent = || if axis == Axis::Rate { reached() } else { 0 };
    (point.get(axis).unwrap_or_else(absent), point.words(axis))
}

/// Returns the protocols that have moves at any of these points. Traced cells show the inside of an attach, and are
/// left out.
fn there<'a>(view: &'a View<'_>, points: &'a [Point]) -> impl Iterator<Item = &'a ProtocolSum> {
    let has = |sum: &&ProtocolSum| {
        points.iter().any(|point| view.sums.at(sum.subject.label(), point).and_then(moved).is_some())
    };
    view.sums.protocols.iter().filter(|sum| !sum.subject.parts().traced).filter(has)
}

/// Returns the lines along the axis, with their legend.
pub(super) fn drawn<'a>(view: &'a View<'_>, points: &'a [Point]) -> (Vec<Row<'a>>, Vec<(Ink, String)>) {
    let (mut lines, mut keys) = (Vec::new(), Vec::new());
    for sum in there(view, points).take(MAX_PROTOCOLS) {
        let protocol = sum.subject.label();
        let (series, at) = (view.series(protocol), |point| view.sums.at(protocol, point).and_then(moved));
        keys.extend(sweep::keys(series, protocol));
        lines.push(Row { series, samples: points.iter().map(at).collect() });
    }
    (lines, keys)
}

/// Returns the points of the axis that keep as many pages as the first, because pages have a section of their own.
pub(super) fn points(view: &View<'_>) -> Vec<Point> {
    let pages = view.sums.points.first().and_then(|point| point.get(Axis::ResidentPages));
    view.sums.points.iter().copied().filter(|point| point.get(Axis::ResidentPages) == pages).collect()
}

/// Reports whether the report has the section.
pub(super) fn any(view: &View<'_>) -> bool {
    along(&points(view)).is_some()
}

/// Returns the title of the section, the name of the axis, and the question.
fn question(axis: Axis) -> (&'static str, &'static str, &'static str) {
    match axis {
        Axis::Rate => ("Rates of moves", "moves per second", "Does it matter how often one moves?"),
        Axis::Delay => (
            "Delays",
            "delay between switch and attach",
            "How long does an attach take with a delay in the middle?",
        ),
        _ => (
            "Fault rates",
            "fault rate at every prepare site",
            "How long does an attach that moves take when others are refused?",
        ),
    }
}

/// Renders p50 and p99 of attaches that moved, one row a protocol and two columns a point.
pub(super) fn rows(view: &View<'_>, points: &[Point]) -> Markup {
    let axes = Axes::varying(points);
    let points = &points[..points.len().min(MAX_POINTS)];
    let titles = points.iter().flat_map(|point| {
        let words = axes.words(point);
        ["p50", "p99"].map(|level| Column(format!("{words}: {level}, {}", view.clock), true))
    });
    let head: Vec<Column> = columns(&["protocol"]).into_iter().chain(titles).collect();
    let row = |sum: &ProtocolSum| {
        let figures = points.iter().flat_map(|point| {
            let samples = view.sums.at(sum.subject.label(), point).and_then(moved);
            [samples.and_then(Samples::p50), samples.and_then(Samples::p99)]
                .map(|ns| html! { (maybe_ns(ns)) })
        });
        std::iter::once(text(sum.subject.label())).chain(figures).collect()
    };
    table(
        "attaches that moved, from their real start",
        &head,
        &there(view, points).map(row).collect::<Vec<_>>(),
    )
}

fn takeaway(view: &View<'_>, points: &[Point]) -> String {
    if let Some(said) = finding(view) {
        return said;
    }
    let (first, last) = (points.first(), points.last());
    let changes = view.sums.protocols.iter().filter(|sum| !sum.subject.parts().traced).filter_map(|sum| {
        let p50 = |point: Option<&Point>| moved(view.sums.at(sum.subject.label(), point?)?)?.p50();
        let (before, after) = (p50(first)?, p50(last)?);
        Some((u128::from(after) * 1_000 / u128::from(before.max(1)), sum.subject.label(), before, after))
    });
    let far = changes.max_by_key(|change| change.0.abs_diff(1_000));
    far.map_or_else(String::new, |(_, name, before, after)| {
        if before.abs_diff(after) < before / 10 {
            return format!(
                "The median hardly changes: most under {name}, from {} to {}.",
                ns(before),
                ns(after)
            );
        }
        let way = |point: Option<&Point>| {
            point.map_or_else(String::new, |point| Axes::varying(points).words(point))
        };
        let (from, to) = (way(first), way(last));
        format!("From {from} to {to} the median changes most under {name}: {} to {}.", ns(before), ns(after))
    })
}

/// Returns the sentence about rates: the factor by which a rare move takes longer than one of a closed loop. Returns
/// `None` where it does not take longer, or where the two cannot be compared.
pub(super) fn finding(view: &View<'_>) -> Option<String> {
    let mut worst: Option<(u64, u64, u64, &str)> = None;
    for group in &view.sums.groups {
        let Some(rate) = group.point.get(Axis::Rate).filter(|_| !group.subject.parts().traced) else {
            continue;
        };
        let closed = group.point.with(Axis::Rate, None);
        let base = view.sums.at(group.subject.label(), &closed).and_then(moved).and_then(Samples::p50);
        let slow = moved(&group.sum).and_then(Samples::p50);
        let (Some(base), Some(slow)) = (base, slow) else { continue };
        let longer = |a: (u64, u64), b: (u64, u64)| {
            u128::from(a.0) * u128::from(b.1) > u128::from(b.0) * u128::from(a.1)
        };
        if slow / MUCH_SLOWER >= base.max(1) && worst.is_none_or(|w| longer((slow, base), (w.0, w.1))) {
            worst = Some((slow, base, rate, group.subject.label()));
        }
    }
    let (slow, base, rate, protocol) = worst?;
    Some(format!(
        "Under {protocol} a move every {} takes {} times as long at the median as back to back ({} against {}, both \
         from the real start): a closed loop does not show how long a single move takes.",
        short_ns(1_000_000_000_u64.checked_div(rate)?),
        times(slow, base)?,
        ns(slow),
        ns(base),
    ))
}

/// Returns attaches that moved, from their real start.
fn moved(group: &Group) -> Option<&Samples> {
    group.latency(AttachOutcome::Moved, LatencyKind::Raw)
}
