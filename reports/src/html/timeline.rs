//! One attach, step by step: per protocol the attach nearest the median, the one nearest p99, and the longest.
//!
//! Apart from the phases and the locks, which are sums over all attaches: here is what they are made of, and who stood where
//! while it happened.
use super::View;
use super::parts::{Column, columns, figure, section as headed, table, text};
use super::phases;
use crate::aggregate::{Group, PointSum, TimelineAt};
use crate::percentile::Samples;
use crate::plot::ink::{Ink, series};
use crate::plot::timeline::{self as drawing, Kind, Lane, Span};
use crate::schema::{HoldSpan, LatencyKind, Timeline, WaitSpan};
use crate::units::{NONE, count, grouped, list, ns, percent};
use crate::verdict::in_order;
use maud::{Markup, html};

/// Protocols that are shown.
const MAX_PROTOCOLS: usize = 6;
/// Lanes of locks in a plot: those held longest.
const MAX_LOCKS: usize = 12;
/// Lanes of others who wait: those who wait longest.
const MAX_WAITERS: usize = 8;

/// An attach to show: what it stands for, that figure in ns, the attach, its seed.
struct Pick<'a> {
    of: String,
    figure: Option<u64>,
    line: &'a Timeline,
    seed: u64,
}

/// Whether there is anything to show.
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
            p { "What the figures above are made of: single attaches of each protocol, with every lock that their mover held and \
                everybody who waited for one of those meanwhile." }
            @for sum in with().take(MAX_PROTOCOLS) {
                @if let Some(group) = longest_group(view, &sum.protocol) {
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

/// Of the points of `protocol` the one with the longest attach that can be followed.
fn longest_group<'a>(view: &'a View<'_>, protocol: &str) -> Option<&'a PointSum> {
    let mine = view.sums.groups.iter().filter(|group| group.protocol == protocol && any(&group.sum));
    let longest = |group: &PointSum| TimelineAt::longest(&group.sum.timelines).map_or(0, |at| at.latency_ns);
    mine.reduce(|a, b| if longest(b) > longest(a) { b } else { a })
}

/// The attaches nearest to the percentiles that the samples support, and the longest; each once.
fn picks<'a>(view: &'a View<'_>, group: &PointSum) -> Vec<Pick<'a>> {
    let all = &group.sum.timelines;
    let moved = group.sum.latency("moved", LatencyKind::Raw);
    let (p50, p99) = (moved.and_then(Samples::p50), moved.and_then(Samples::p99));
    let near = |figure: Option<u64>| TimelineAt::nearest(all, figure?);
    let longest = TimelineAt::longest(all);
    let is_max = longest.is_some_and(|at| moved.and_then(Samples::max) == Some(at.latency_ns));
    let found = [
        ("the attach nearest the median", p50, near(p50)),
        ("the attach nearest p99", p99, near(p99)),
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
        picks
            .push((at, Pick { of: of.to_owned(), figure, line: &cell.timelines[at.place], seed: cell.seed }));
    }
    picks.into_iter().map(|(_, pick)| pick).collect()
}

fn one(view: &View<'_>, group: &PointSum, pick: &Pick<'_>) -> Markup {
    let line = pick.line;
    let names = phases::names(view);
    let place = |phase: &str| names.iter().position(|name| *name == phase).unwrap_or(names.len());
    let point = view.sums.axes.words(&group.point);
    let under = if point.is_empty() {
        text(&group.protocol).0
    } else {
        format!("{} ({point})", text(&group.protocol).0)
    };
    let question = format!("What happens in {}, under {under}?", pick.of);
    let (lanes, left_out) = lanes(line, place);
    let faults: Vec<u64> = line.faults.iter().map(|fault| fault.at_ns).collect();
    let frame = drawing::plot(&question, view.clock, line.latency_ns, &lanes, &faults);
    html! {
        (figure(frame.as_ref(), &takeaway(pick), &keys(line, place)))
        @if left_out > 0 { p.more { (count(left_out as u64, "lane")) " more, of shorter holds and waits, in the table only." } }
        (rows(view, line, &pick.of))
        @if line.left_out > 0 { p.more { (count(line.left_out, "span")) " more took place than a timeline holds." } }
    }
}

/// `mmap_sem(mm 3) R`.
fn lock(name: &str, mode: &str) -> String {
    format!("{name} {mode}").trim_end().to_owned()
}

/// Class of a lock: `mmap_sem` of `mmap_sem(mm 3)`.
fn class(name: &str) -> &str {
    name.split('(').next().unwrap_or(name)
}

/// The phases, what the mover waited for, what it held, who waited; and how many lanes had no room.
fn lanes(line: &Timeline, place: impl Fn(&str) -> usize) -> (Vec<Lane>, usize) {
    let phases = line.phases.iter().map(|span| Span {
        kind: Kind::Whole(place(&span.phase)),
        from_ns: span.from_ns,
        to_ns: span.to_ns,
        label: span.phase.clone(),
    });
    let wait = |wait: &WaitSpan| Span {
        kind: Kind::Wait,
        from_ns: wait.from_ns,
        to_ns: wait.to_ns,
        label: String::new(),
    };
    let hold = |hold: &HoldSpan| {
        let phase = hold.phase.as_deref().map_or(0, &place);
        let kind = if hold.times > 1 { Kind::Often(phase) } else { Kind::Whole(phase) };
        let label = if hold.times > 1 { format!("{} times", grouped(hold.times)) } else { String::new() };
        Span { kind, from_ns: hold.from_ns, to_ns: hold.to_ns, label }
    };
    let holds = line.holds.iter().map(|span| (lock(&span.lock, &span.mode), span.held_ns, hold(span)));
    let (held, held_out) = longest_lanes(holds, MAX_LOCKS);
    let waits = line.waits.iter().map(|span| {
        (
            format!("{}: {}", span.who, lock(class(&span.lock), &span.mode)),
            span.to_ns.saturating_sub(span.from_ns),
            wait(span),
        )
    });
    let (waiting, waiting_out) = longest_lanes(waits, MAX_WAITERS);
    let mut lanes: Vec<Lane> = vec![("phases".to_owned(), phases.collect())];
    if !line.waited.is_empty() {
        lanes.push((format!("{} waits", line.who), line.waited.iter().map(wait).collect()));
    }
    lanes.extend(held);
    lanes.extend(waiting);
    (lanes, held_out + waiting_out)
}

/// Spans by the name of their lane, in order of appearance: the `max` lanes with the largest sums, and how many are left out.
fn longest_lanes(spans: impl Iterator<Item = (String, u64, Span)>, max: usize) -> (Vec<Lane>, usize) {
    let mut lanes: Vec<(String, u64, Vec<Span>)> = Vec::new();
    for (name, ns, span) in spans {
        match lanes.iter_mut().find(|lane| lane.0 == name) {
            Some(lane) => {
                lane.1 = lane.1.saturating_add(ns);
                lane.2.push(span);
            }
            None => lanes.push((name, ns, vec![span])),
        }
    }
    let mut sums: Vec<(u64, usize)> = lanes.iter().enumerate().map(|(n, lane)| (lane.1, n)).collect();
    sums.sort_by_key(|(sum, n)| (std::cmp::Reverse(*sum), *n));
    let keep: Vec<usize> = sums.iter().take(max).map(|(_, n)| *n).collect();
    let left_out = lanes.len() - keep.len();
    let kept = lanes.into_iter().enumerate().filter(|(n, _)| keep.contains(n));
    (kept.map(|(_, (name, _, spans))| (name, spans)).collect(), left_out)
}

fn keys(line: &Timeline, place: impl Fn(&str) -> usize) -> Vec<(Ink, String)> {
    let phases = in_order(line.phases.iter().map(|span| span.phase.as_str()));
    let mut keys: Vec<(Ink, String)> =
        phases.into_iter().map(|phase| (Ink::Bar(series(place(phase))), phase.to_owned())).collect();
    if let Some(often) = line.holds.iter().find(|hold| hold.times > 1) {
        let phase = often.phase.as_deref().map_or(0, place);
        keys.push((Ink::Often(series(phase)), "a spinlock, taken again and again".to_owned()));
    }
    if !line.waited.is_empty() || !line.waits.is_empty() {
        keys.push((Ink::Wait, "waiting".to_owned()));
    }
    if !line.faults.is_empty() {
        keys.push((Ink::Fault, "a fault fires".to_owned()));
    }
    keys
}

/// Who moved what, where the time went, what the mover waited for, and what others paid.
fn takeaway(pick: &Pick<'_>) -> String {
    let line = pick.line;
    let from = if line.from.is_empty() { String::new() } else { format!(" from {}", list(&line.from)) };
    let figure = pick.figure.map_or_else(String::new, |figure| format!(" (that figure is {})", ns(figure)));
    let mut said = format!(
        "{} moves {}{from} to {} in {}{figure}, {} after the start with seed {}.",
        line.who,
        line.what,
        line.to,
        ns(line.latency_ns),
        ns(line.start_ns),
        pick.seed
    );
    if let Some(first) = said.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let phases =
        line.phases.iter().map(|span| (span.phase.as_str(), span.to_ns.saturating_sub(span.from_ns)));
    if let Some((phase, ns)) = largest(phases) {
        said.push_str(&format!(" {} of it is {phase}", percent(ns, line.latency_ns)));
        let own =
            line.waited.iter().map(|wait| (wait.lock.as_str(), wait.to_ns.saturating_sub(wait.from_ns)));
        let total = sum(own.clone());
        match largest(own) {
            Some((lock, _)) => said
                .push_str(&format!(", and {} is waiting, most for {lock}.", percent(total, line.latency_ns))),
            None => said.push_str(", and it waits for no lock."),
        }
    }
    said.push_str(&others(line));
    said
}

/// What others paid, in a sentence.
fn others(line: &Timeline) -> String {
    let who = in_order(line.waits.iter().map(|wait| wait.who.as_str())).len() as u64;
    let waits = line.waits.iter().map(|wait| (wait.lock.as_str(), wait.to_ns.saturating_sub(wait.from_ns)));
    let total = sum(waits.clone());
    match largest(waits) {
        Some((lock, _)) if who == 1 => {
            format!(" One other waits {} meanwhile, most for {lock}.", crate::units::ns(total))
        }
        Some((lock, _)) => {
            format!(
                " {} others wait {} meanwhile, all together, most for {lock}.",
                grouped(who),
                crate::units::ns(total)
            )
        }
        None => " Nobody else waits for any of its locks.".to_owned(),
    }
}

fn sum<'a>(parts: impl Iterator<Item = (&'a str, u64)>) -> u64 {
    parts.map(|(_, ns)| ns).fold(0, u64::saturating_add)
}

/// The name with the largest sum; of equals the first.
fn largest<'a>(parts: impl Iterator<Item = (&'a str, u64)>) -> Option<(&'a str, u64)> {
    let mut sums: Vec<(&str, u64)> = Vec::new();
    for (name, ns) in parts {
        match sums.iter_mut().find(|sum| sum.0 == name) {
            Some(sum) => sum.1 = sum.1.saturating_add(ns),
            None => sums.push((name, ns)),
        }
    }
    sums.into_iter().reduce(|a, b| if b.1 > a.1 { b } else { a })
}

/// Everything in order of time.
fn rows(view: &View<'_>, line: &Timeline, of: &str) -> Markup {
    let mut head: Vec<Column> = columns(&["what", "which", "who", "phase"]);
    head.extend(["from", "to", "length"].map(|name| Column(format!("{name}, {}", view.clock), true)));
    head.extend(columns(&["#times", "#held of that"]));
    let mut rows: Vec<(u64, Vec<Markup>)> = Vec::new();
    let mut row =
        |what: &str, which: &str, who: &str, phase: &str, span: (u64, u64), often: Option<(u64, u64)>| {
            let mut cells = vec![html! { (what) }, text(which), text(who), text(phase)];
            cells.extend([span.0, span.1, span.1.saturating_sub(span.0)].map(|at| html! { (ns(at)) }));
            let (times, held) =
                often.map_or((NONE.to_owned(), NONE.to_owned()), |(n, held)| (grouped(n), ns(held)));
            cells.extend([html! { (times) }, html! { (held) }]);
            rows.push((span.0, cells));
        };
    for span in &line.phases {
        row("phase", &span.phase, &line.who, &span.phase, (span.from_ns, span.to_ns), None);
    }
    for wait in line.waited.iter().chain(&line.waits) {
        row("wait", &lock(&wait.lock, &wait.mode), &wait.who, NONE, (wait.from_ns, wait.to_ns), None);
    }
    for hold in &line.holds {
        let phase = hold.phase.as_deref().unwrap_or(NONE);
        let often = (hold.times > 1).then_some((hold.times, hold.held_ns));
        row("hold", &lock(&hold.lock, &hold.mode), &line.who, phase, (hold.from_ns, hold.to_ns), often);
    }
    for fault in &line.faults {
        row("fault", &fault.what, &line.who, NONE, (fault.at_ns, fault.at_ns), None);
    }
    rows.sort_by_key(|row| row.0);
    let rows: Vec<Vec<Markup>> = rows.into_iter().map(|row| row.1).collect();
    table(&format!("steps of {of}"), &head, &rows)
}
