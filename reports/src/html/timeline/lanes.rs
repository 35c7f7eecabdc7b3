//! The lanes of one attach: its phases, the locks that its mover waited for and held, and the actors that waited.
//!
//! Separate from the section. A plot has room for few lanes, and this file chooses them.
use super::{lock, seen};
use crate::plot::ink::{Ink, series};
use crate::plot::timeline::{Lane, Span, SpanKind};
use crate::schema::{HoldSpan, Timeline, WaitSpan};
use crate::units::grouped;

/// Lanes of locks in a plot: those held longest.
const MAX_LOCKS: usize = 12;
/// Lanes of others who wait: those who wait longest.
const MAX_WAITERS: usize = 8;

/// Returns the class of a lock: `mmap_sem` of `mmap_sem(mm 3)`.
fn class(name: &str) -> &str {
    name.split('(').next().unwrap_or(name)
}

/// Returns the phases, the locks that the mover waited for and held, and the actors that waited; and the number of
/// lanes that had no room.
pub(super) fn of(line: &Timeline, place: impl Fn(&str) -> usize) -> (Vec<Lane>, usize) {
    let phases = line.phases.iter().map(|span| Span {
        kind: SpanKind::Whole(place(&span.phase)),
        from_ns: span.from_ns,
        to_ns: span.to_ns,
        label: span.phase.clone(),
    });
    let wait = |wait: &WaitSpan| Span {
        kind: SpanKind::Wait,
        from_ns: wait.from_ns,
        to_ns: wait.to_ns,
        label: String::new(),
    };
    let hold = |hold: &HoldSpan| {
        let phase = hold.phase.as_deref().map_or(0, &place);
        let kind = if hold.times > 1 { SpanKind::Often(phase) } else { SpanKind::Whole(phase) };
        let label = if hold.times > 1 { format!("{} times", grouped(hold.times)) } else { String::new() };
        Span { kind, from_ns: hold.from_ns, to_ns: hold.to_ns, label }
    };
    let long = |span: &&HoldSpan| seen(line, span.from_ns, span.to_ns);
    let holds = line.holds.iter().filter(long).map(|span| (lock(&span.lock, &span.mode), hold(span)));
    let (held, held_out) = longest_lanes(holds, MAX_LOCKS);
    let name = |span: &WaitSpan| format!("{}: {}", span.who, lock(class(&span.lock), &span.mode));
    let long = |span: &&WaitSpan| seen(line, span.from_ns, span.to_ns);
    let waits = line.waits.iter().filter(long).map(|span| (name(span), wait(span)));
    let (waiting, waiting_out) = longest_lanes(waits, MAX_WAITERS);
    let mut lanes: Vec<Lane> = vec![("phases".to_owned(), phases.collect())];
    let own: Vec<Span> = line.waited.iter().filter(long).map(wait).collect();
    if !own.is_empty() {
        lanes.push((format!("{} waits", line.who), own));
    }
    lanes.extend(held);
    lanes.extend(waiting);
    (lanes, held_out + waiting_out)
}

/// Groups spans by the name of their lane, in order of appearance: the `max` lanes with the largest sums, and the
/// number of lanes left out.
fn longest_lanes(spans: impl Iterator<Item = (String, Span)>, max: usize) -> (Vec<Lane>, usize) {
    let mut lanes: Vec<Lane> = Vec::new();
    for (name, span) in spans {
        match lanes.iter_mut().find(|lane| lane.0 == name) {
            Some(lane) => lane.1.push(span),
            None => lanes.push((name, vec![span])),
        }
    }
    let length = |lane: &Lane| {
        let spans = lane.1.iter().map(|span| span.to_ns.saturating_sub(span.from_ns));
        spans.fold(0, u64::saturating_add)
    };
    let mut order: Vec<usize> = (0..lanes.len()).collect();
    order.sort_by_key(|n| (std::cmp::Reverse(length(&lanes[*n])), *n));
    order.truncate(max);
    let (all, mut place) = (lanes.len(), 0..);
    lanes.retain(|_| order.contains(&place.next().unwrap_or(0)));
    let left_out = all - lanes.len();
    (lanes, left_out)
}

/// Returns the legend of the lanes: the phases, and the other marks that they have.
pub(super) fn keys(lanes: &[Lane], line: &Timeline) -> Vec<(Ink, String)> {
    let mut keys: Vec<(Ink, String)> = Vec::new();
    for span in lanes.iter().take(1).flat_map(|lane| &lane.1) {
        if let SpanKind::Whole(phase) = span.kind
            && !keys.iter().any(|key| key.1 == span.label)
        {
            keys.push((Ink::Bar(series(phase)), span.label.clone()));
        }
    }
    let spans = || lanes.iter().flat_map(|lane| &lane.1);
    let often =
        spans().find_map(|span| if let SpanKind::Often(phase) = span.kind { Some(phase) } else { None });
    if let Some(phase) = often {
        keys.push((Ink::Often(series(phase)), "a spinlock, taken again and again".to_owned()));
    }
    if spans().any(|span| span.kind == SpanKind::Wait) {
        keys.push((Ink::Wait, "waiting".to_owned()));
    }
    if !line.faults.is_empty() {
        keys.push((Ink::Fault, "a fault fires".to_owned()));
    }
    keys
}
