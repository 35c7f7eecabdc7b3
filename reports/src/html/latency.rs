//! Latency of attaches: percentile curves, and the table of all series.
//!
//! Separate from the sweep, which follows single percentiles along an axis. A plot has a series for each protocol, and
//! there is a plot for each point of the axes. Where rates of moves are compared, it is the other way round. Moved and
//! refused attaches never share a plot. Raw and corrected times never share a line.
use super::View;
use super::components::{Column, columns, figure, section as headed, table, text};
use crate::aggregate::{Group, LatencySum, PointSum};
use crate::axis::{Axis, Point};
use crate::labels;
use crate::outcome::AttachOutcome;
use crate::percentile::{LEVELS, Samples};
use crate::plot::ink::{Ink, series};
use crate::plot::percentiles;
use crate::schema::LatencyKind;
use crate::units::{NONE, grouped, maybe_ns, ns, ratio};
use maud::{Markup, html};

/// Plots of attaches with one outcome.
const MAX_PLOTS: usize = 4;
/// Lines of one plot.
const MAX_LINES: usize = 12;

/// Contents of one plot: the values that are fixed, in words, and (ink, name, samples) of each line.
struct Panel<'a> {
    fixed: String,
    lines: Vec<(Ink, String, &'a Samples)>,
}

pub(super) fn section(view: &View<'_>) -> Markup {
    headed(
        view,
        "latency",
        "How long does an attach take?",
        &html! {
            @for outcome in [AttachOutcome::Moved, AttachOutcome::Completed, AttachOutcome::Refused] { (plots(view, outcome)) }
            (all(view))
        },
    )
}

fn plots(view: &View<'_>, outcome: AttachOutcome) -> Markup {
    let panels = panels(view, outcome);
    html! {
        @for panel in &panels {
            @let lines: Vec<(Ink, &Samples)> = panel.lines.iter().map(|(ink, _, samples)| (*ink, *samples)).collect();
            @let keys: Vec<(Ink, String)> = panel.lines.iter().map(|(ink, name, _)| (*ink, name.clone())).collect();
            @let frame = percentiles::plot(&question(outcome, &panel.fixed), view.clock, &lines);
            (figure(frame.as_ref(), &takeaway(panel), &keys))
        }
        @if panels.len() == MAX_PLOTS { p.more { "Other points of the axes are in the table." } }
    }
}

fn question(outcome: AttachOutcome, fixed: &str) -> String {
    let what = match outcome {
        AttachOutcome::Moved => "an attach that moved",
        AttachOutcome::Completed => "an attach that completed an earlier one",
        _ => "an attach that was refused",
    };
    let fixed = if fixed.is_empty() { String::new() } else { format!(" ({fixed})") };
    format!("How long does {what} take{fixed}?")
}

/// Returns the plots of one outcome: those with lines, spread over the axis when there are too many.
fn panels<'a>(view: &'a View<'_>, outcome: AttachOutcome) -> Vec<Panel<'a>> {
    let mut all: Vec<Panel<'_>> = if view.sums.axes.has(Axis::Rate) || view.sums.axes.has(Axis::ResidentPages)
    {
        view.sums.protocols.iter().map(|sum| by_point(view, outcome, sum.subject.label())).collect()
    } else {
        view.sums.points.iter().map(|point| by_protocol(view, outcome, point)).collect()
    };
    all.iter_mut().for_each(|panel| panel.lines.truncate(MAX_LINES));
    // A plot needs a curve, not a row of medians.
    all.retain(|panel| panel.lines.iter().any(|line| line.2.quantile(0.9).is_some()));
    let last = all.len().saturating_sub(1);
    let keep: Vec<usize> = (0..MAX_PLOTS).map(|n| n * last / (MAX_PLOTS - 1)).collect();
    let mut place = 0..;
    if all.len() > MAX_PLOTS {
        all.retain(|_| keep.contains(&place.next().unwrap_or(0)));
    }
    all
}

fn by_protocol<'a>(view: &'a View<'_>, outcome: AttachOutcome, point: &Point) -> Panel<'a> {
    let groups = view.sums.groups.iter().filter(|group| group.point == *point);
    let lines = groups.flat_map(|group| {
        lines(&group.sum, outcome, view.series(group.subject.label()), group.subject.label())
    });
    Panel { fixed: view.sums.axes.words(point), lines: lines.collect() }
}

fn by_point<'a>(view: &'a View<'_>, outcome: AttachOutcome, protocol: &str) -> Panel<'a> {
    let groups = view.sums.groups.iter().filter(|group| group.subject.label() == protocol);
    let place = |point: &Point| series(view.sums.points.iter().position(|p| p == point).unwrap_or(0));
    let lines = groups.flat_map(|group| {
        lines(&group.sum, outcome, place(&group.point), &view.sums.axes.words(&group.point))
    });
    Panel { fixed: protocol.to_owned(), lines: lines.collect() }
}

fn lines<'a>(group: &'a Group, outcome: AttachOutcome, n: u8, name: &str) -> Vec<(Ink, String, &'a Samples)> {
    let mine = group
        .latency
        .iter()
        .filter(|series| series.outcome == outcome.name() && series.samples.p50().is_some());
    let both = group.latency.iter().any(|series| series.kind == LatencyKind::Corrected);
    let line = |series: &'a LatencySum| match series.kind {
        LatencyKind::Raw if both => (Ink::Series(n), format!("{name}, from the real start"), &series.samples),
        LatencyKind::Raw => (Ink::Series(n), name.to_owned(), &series.samples),
        LatencyKind::Corrected => {
            (Ink::Faint(n), format!("{name}, from the intended start"), &series.samples)
        }
    };
    mine.map(line).collect()
}

/// Compares the fastest with the slowest, at the median and in the tail.
fn takeaway(panel: &Panel<'_>) -> String {
    let raw = || panel.lines.iter().filter(|line| matches!(line.0, Ink::Series(_)));
    let by = |figure: fn(&Samples) -> Option<u64>| {
        let known = || raw().filter_map(move |line| Some((figure(line.2)?, line.1.as_str())));
        let fast = known().min_by_key(|line| line.0)?;
        let slow = known().max_by_key(|line| line.0)?;
        (fast.1 != slow.1).then_some((fast, slow))
    };
    let Some((fast, slow)) = by(Samples::p50) else {
        let only = raw().next().and_then(|line| Some((line.1.as_str(), line.2.p50()?)));
        return only.map_or_else(String::new, |(name, p50)| format!("{name}: {} at the median.", ns(p50)));
    };
    let factor = ratio(slow.0, fast.0).unwrap_or_else(|| "many".to_owned());
    let range = |(fast, slow): ((u64, &str), (u64, &str))| {
        format!("from {} ({}) to {} ({})", ns(fast.0), fast.1, ns(slow.0), slow.1)
    };
    let mut said = format!("At the median {}, {factor}", range((fast, slow)));
    if let Some(ends) = by(Samples::p99) {
        said.push_str("; at p99 ");
        said.push_str(&range(ends));
    }
    said + "."
}

/// Renders every series, with as many percentiles as its samples support.
fn all(view: &View<'_>) -> Markup {
    let deep = view.sums.groups.iter().flat_map(|group| &group.sum.latency).any(|s| s.samples.n() >= 30_000);
    let levels: Vec<_> = LEVELS.iter().filter(|level| deep || level.q < 0.9999).collect();
    let mut head = columns(&["protocol"]);
    head.extend(axis_columns(view));
    head.extend(columns(&["outcome", "counted from", "#attaches"]));
    head.extend(levels.iter().map(|level| Column(format!("{}, {}", level.name, view.clock), true)));
    head.push(Column(format!("max, {}", view.clock), true));
    head.extend(columns(&["#p50 ÷ best", "#p99 ÷ best"]));
    let mut rows = Vec::new();
    for group in &view.sums.groups {
        for series in group.sum.latency.iter().filter(|series| series.samples.n() > 0) {
            let mut row = vec![text(group.subject.label())];
            row.extend(axis_cells(view, group));
            let from = if series.kind == LatencyKind::Raw { "real start" } else { "intended start" };
            row.extend([text(&series.outcome), html! { (labels::latency(series.kind)) ": " (from) }]);
            row.push(html! { (grouped(series.samples.n())) });
            row.extend(levels.iter().map(|level| html! { (maybe_ns(series.samples.quantile(level.q))) }));
            row.push(html! { (maybe_ns(series.samples.max())) });
            row.extend(
                [Samples::p50, Samples::p99].map(|figure| html! { (to_best(view, group, series, figure)) }),
            );
            rows.push(row);
        }
    }
    html! {
        @if rows.is_empty() { p { "No attach was timed." } } @else { (table("attach latency", &head, &rows)) }
        p.key { "‘–’: too few samples for that percentile (p50 needs 20, p90 60, p99 300, p99.9 3,000, p99.99 30,000). ‘÷ best’: \
            in units of the smallest of all protocols at the same point, with the same outcome and start." }
    }
}

/// Returns a figure of `series` in units of the smallest of all protocols at the same point; a dash where there is no
/// other.
fn to_best(
    view: &View<'_>,
    group: &PointSum,
    series: &LatencySum,
    figure: fn(&Samples) -> Option<u64>,
) -> String {
    let alike = view.sums.groups.iter().filter(|other| other.point == group.point);
    let alike = alike.flat_map(|other| &other.sum.latency);
    let alike = alike.filter(|other| (&other.outcome, other.kind) == (&series.outcome, series.kind));
    let all: Vec<u64> = alike.filter_map(|other| figure(&other.samples)).collect();
    let best = all.iter().copied().min().filter(|_| all.len() > 1);
    best.and_then(|best| ratio(figure(&series.samples)?, best)).unwrap_or_else(|| NONE.to_owned())
}

/// Returns the titles of the axes that the run has.
pub(super) fn axis_columns(view: &View<'_>) -> Vec<Column> {
    view.sums.axes.iter().map(|axis| Column(axis.title().to_owned(), true)).collect()
}

/// Returns the position of `group` on the axes.
pub(super) fn axis_cells(view: &View<'_>, group: &PointSum) -> Vec<Markup> {
    view.sums.axes.iter().map(|axis| html! { (group.point.words(axis)) }).collect()
}

/// Returns the position on the axes in brackets, for the end of a question; nothing where there are no axes.
pub(super) fn axis_words(view: &View<'_>, point: &Point) -> String {
    let words = view.sums.axes.words(point);
    if words.is_empty() { words } else { format!(" ({words})") }
}
