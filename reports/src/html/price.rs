//! The price of correctness, the first figure of a report: a dot for each protocol.
use super::View;
use super::components::{figure, section as headed};
use crate::aggregate::ProtocolSum;
use crate::outcome::AttachOutcome;
use crate::plot::ink::Ink;
use crate::plot::price;
use crate::schema::LatencyKind;
use crate::units::{clip, count, ns, percent};
use maud::{Markup, html};

/// Largest number of protocols that are drawn.
const MAX_DOTS: usize = 12;
/// Longest name of a protocol, in letters.
const MAX_NAME: usize = 60;

/// A protocol with both figures: the number of invariants that it violates, and the p99 of its attaches in ns.
struct Priced<'a> {
    protocol: &'a str,
    violated: u64,
    p99_ns: u64,
}

fn priced(sum: &ProtocolSum) -> Option<Priced<'_>> {
    let invariants = &sum.sum.invariants;
    let p99_ns = sum.sum.latency(AttachOutcome::Moved, LatencyKind::Raw)?.p99()?;
    let violated = invariants.iter().filter(|invariant| invariant.violated > 0).count() as u64;
    (!invariants.is_empty()).then_some(Priced { protocol: sum.subject.label(), violated, p99_ns })
}

/// Reports whether there are two protocols to compare.
pub(super) fn any(view: &View<'_>) -> bool {
    view.sums.protocols.iter().filter_map(priced).count() > 1
}

pub(super) fn section(view: &View<'_>) -> Markup {
    if !any(view) {
        return html! {};
    }
    let all: Vec<Priced<'_>> = view.sums.protocols.iter().filter_map(priced).collect();
    let ink = |one: &Priced<'_>| Ink::Series(view.series(one.protocol));
    let shown = || all.iter().take(MAX_DOTS);
    let dots: Vec<price::Dot> = shown().map(|one| (ink(one), one.violated, one.p99_ns)).collect();
    let keys: Vec<(Ink, String)> = shown().map(|one| (ink(one), clip(one.protocol, MAX_NAME))).collect();
    let frame = price::plot("What does correctness cost an attach?", view.clock, &dots);
    headed(
        view,
        "price",
        "The price of correctness",
        &html! {
            (figure(frame.as_ref(), &takeaway(&all), &keys))
            @if all.len() > MAX_DOTS { p.more { "The first " (MAX_DOTS) " protocols of " (all.len()) " are drawn." } }
        },
    )
}

/// Names the fastest protocol, and the fastest of those that violate nothing.
fn takeaway(all: &[Priced<'_>]) -> String {
    let fastest = |some: &mut dyn Iterator<Item = &'_ Priced<'_>>| {
        some.min_by_key(|one| one.p99_ns).map(|one| (clip(one.protocol, MAX_NAME), one.violated, one.p99_ns))
    };
    let Some((first, violated, first_ns)) = fastest(&mut all.iter()) else { return String::new() };
    let begin = format!("The smallest p99 is {}, under {first}", ns(first_ns));
    if violated == 0 {
        return format!("{begin}, which violates no invariant. All points of the run are added up.");
    }
    let begin = format!("{begin}, which violates {}.", count(violated, "invariant"));
    match fastest(&mut all.iter().filter(|one| one.violated == 0)) {
        None => format!("{begin} Every protocol violates some. All points of the run are added up."),
        Some((held, _, held_ns)) => format!(
            "{begin} Of the protocols that violate none, {held} has the smallest: {}, {} more. All points of the run are added up.",
            ns(held_ns),
            percent(held_ns - first_ns, first_ns)
        ),
    }
}
