//! One attach, step by step: per protocol the attach nearest the median, the one nearest p99, and the longest.
//!
//! Separate from the phases and the locks, which are sums over all attaches. This section shows the parts of these
//! sums, and the state of each actor at the time.
mod lanes;
mod summary;

use super::View;
use super::components::{Column, columns, figure, folded_table, section as headed, text};
use super::phases;
use crate::aggregate::{Group, PointSum, TimelineAt};
use crate::outcome::AttachOutcome;
use crate::percentile::Samples;
use crate::plot::timeline as drawing;
use crate::schema::{LatencyKind, Timeline};
use crate::units::{NONE, clip, count, grouped, ns};
use maud::{Markup, html};

/// Protocols that are shown.
const MAX_PROTOCOLS: usize = 6;

/// Rows of a table of steps. A hold that is taken again and again would fill pages.
const MAX_STEPS: usize = 40;
/// Divisor of an attach's length: a shorter span cannot be seen, and is not shown.
const VISIBLE: u64 = 200;

/// An attach to show: the percentile it represents, that figure in words, the attach, its seed.
struct Pick<'a> {
    of: String,
    figure: String,
    line: &'a Timeline,
    seed: u64,
}

/// Reports whether there is anything to show.
pub(super) fn any(group: &Group) -> bool {
    !group.timelines.is_empty()
}

pub(super) fn section(view: &View<'_>) -> Markup {
    let with = || view.sums.protocols.iter().filter(|sum| any(&sum.sum));
    if with().next().is_none() {
        return html! {};
    }
    headed(
        view,
        "attach",
        "One attach, step by step",
        &html! {
            p { "The figures above are sums of such attaches: single ones of each protocol, with every lock that their mover held and \
                every thread that waited for one of these locks." }
            @for sum in with().take(MAX_PROTOCOLS) {
                @if let Some(group) = longest_group(view, sum.subject.label()) {
                    @for pick in picks(view, group) { (one(view, group, &pick)) }
                }
            }
            @if with().count() > MAX_PROTOCOLS { p.more { "Attaches of the other protocols are in run.json." } }
            p.key { "Of each eighth of an octave of latency the first attach is kept, so the one nearest to a percentile may be up \
                to a tenth off it; its own latency is stated. Times count from the start of the attach. Others who wait are shown \
                from the start of the attach at most to its end." }
        },
    )
}

/// Returns the point of `protocol` with the longest attach that can be followed.
fn longest_group<'a>(view: &'a View<'_>, protocol: &str) -> Option<&'a PointSum> {
    let mine = view.sums.groups.iter().filter(|group| group.subject.label() == protocol && any(&group.sum));
    let longest = |group: &PointSum| TimelineAt::longest(&group.sum.timelines).map_or(0, |at| at.latency_ns);
    mine.reduce(|a, b| if longest(b) > longest(a) { b } else { a })
}

/// Returns the attaches nearest to the percentiles that the samples support, and the longest; each once.
fn picks<'a>(view: &'a View<'_>, group: &PointSum) -> Vec<Pick<'a>> {
    let all = &group.sum.timelines;
    let moved = group.sum.latency(AttachOutcome::Moved, LatencyKind::Raw);
    let (p50, p99) = (moved.and_then(Samples::p50), moved.and_then(Samples::p99));
    let near = |figure: Option<u64>| TimelineAt::nearest(all, figure?);
    let longest = TimelineAt::longest(all);
    let is_max = longest.is_some_and(|at| moved.and_then(Samples::max) == Some(at.latency_ns));
    let found = [
        ("the attach nearest the median", p50.map(|p50| format!(" (the median is {})", ns(p50))), near(p50)),
        ("the attach nearest p99", p99.map(|p99| format!(" (p99 is {})", ns(p99))), near(p99)),
        (if is_max { "the longest attach" } else { "the longest attach that was kept" }, None, longest),
    ];
    let mut picks: Vec<(TimelineAt, Pick<'a>)> = Vec::new();
    for (of, figure, at) in found {
        let Some(at) = at else { continue };
        if let Some((_, same)) = picks.iter_mut().find(|(other, _)| *other == at) {
            same.of = format!("{} and {}", same.of, of.trim_start_matches("the attach "));
            continue;
        }
        let cell = &view.run.cells[at.cell];
        let (of, figure) = (of.to_owned(), figure.unwrap_or_default());
        picks.push((at, Pick { of, figure, line: &cell.timelines[at.place], seed: cell.seed }));
    }
    picks.into_iter().map(|(_, pick)| pick).collect()
}

fn one(view: &View<'_>, group: &PointSum, pick: &Pick<'_>) -> Markup {
    let line = pick.line;
    let names = phases::names(view);
    let place = |phase: &str| names.iter().position(|name| *name == phase).unwrap_or(names.len());
    let point = view.sums.axes.words(&group.point);
    let point = if point.is_empty() { point } else { format!(" ({point})") };
    let under = format!("{}{point}", clip(group.subject.label(), 80));
    let question = format!("What happens in {}, under {under}?", pick.of);
    let (lanes, left_out) = lanes::of(line, place);
    let waits =
        line.waited.iter().chain(&line.waits).filter(|wait| !seen(line, wait.from_ns, wait.to_ns)).count();
    let phases = line.phases.iter().filter(|span| !seen(line, span.from_ns, span.to_ns)).count();
    let short =
        phases + line.holds.iter().filter(|hold| !seen(line, hold.from_ns, hold.to_ns)).count() + waits;
    let faults: Vec<u64> = line.faults.iter().map(|fault| fault.at_ns).collect();
    let frame = drawing::plot(&question, view.clock, line.latency_ns, &lanes, &faults);
    html! {
        (figure(frame.as_ref(), &summary::takeaway(pick), &lanes::keys(&lanes, line)))
        @if left_out > 0 { p.more { (count(left_out as u64, "lane")) " more than a plot has room for: in the table." } }
        (rows(view, line, &pick.of))
        @if short > 0 {
            p.more { (grouped(short as u64)) " phases, holds and waits of less than a " (VISIBLE) "th of it each are in run.json." }
        }
        @if line.left_out > 0 { p.more { (count(line.left_out, "span")) " more took place than a timeline holds." } }
    }
}

/// Reports whether a span is long enough to be seen in a plot of its attach.
fn seen(line: &Timeline, from_ns: u64, to_ns: u64) -> bool {
    to_ns.saturating_sub(from_ns) >= line.latency_ns / VISIBLE
}

/// Returns the name of a lock with its mode, such as `mmap_sem(mm 3) R`.
fn lock(name: &str, mode: &str) -> String {
    format!("{name} {mode}").trim_end().to_owned()
}

/// Renders the spans that can be seen, in order of time.
fn rows(view: &View<'_>, line: &Timeline, of: &str) -> Markup {
    let mut head: Vec<Column> = columns(&["what", "which", "who", "phase"]);
    head.extend(["from", "length"].map(|name| Column(format!("{name}, {}", view.clock), true)));
    head.extend(columns(&["again and again"]));
    let mut rows: Vec<(u64, Vec<Markup>)> = Vec::new();
    let mut row =
        |what: &str, which: &str, who: &str, phase: &str, span: (u64, u64), often: Option<(u64, u64)>| {
            let mut cells = vec![html! { (what) }, text(which), text(who), text(phase)];
            cells.extend([span.0, span.1.saturating_sub(span.0)].map(|at| html! { (ns(at)) }));
            let often = often.map(|(n, held)| format!("{}, {} in all", count(n, "time"), ns(held)));
            cells.push(html! { (often.unwrap_or_default()) });
            rows.push((span.0, cells));
        };
    for span in line.phases.iter().filter(|span| seen(line, span.from_ns, span.to_ns)) {
        row("phase", &span.phase, &line.who, &span.phase, (span.from_ns, span.to_ns), None);
    }
    for wait in line.waited.iter().chain(&line.waits).filter(|wait| seen(line, wait.from_ns, wait.to_ns)) {
        row("wait", &lock(&wait.lock, &wait.mode), &wait.who, NONE, (wait.from_ns, wait.to_ns), None);
    }
    for hold in line.holds.iter().filter(|hold| seen(line, hold.from_ns, hold.to_ns)) {
        let phase = hold.phase.as_deref().unwrap_or(NONE);
        let often = (hold.times > 1).then_some((hold.times, hold.held_ns));
        row("hold", &lock(&hold.lock, &hold.mode), &line.who, phase, (hold.from_ns, hold.to_ns), often);
    }
    for fault in &line.faults {
        row("fault", &fault.what, &line.who, NONE, (fault.at_ns, fault.at_ns), None);
    }
    rows.sort_by_key(|row| row.0);
    let more = rows.len().saturating_sub(MAX_STEPS);
    let rows: Vec<Vec<Markup>> = rows.into_iter().map(|row| row.1).take(MAX_STEPS).collect();
    html! {
        (folded_table(&format!("steps of {of}"), &head, &rows))
        @if more > 0 { p.more { (count(more as u64, "later step")) " of the table left out; all are in run.json." } }
    }
}
