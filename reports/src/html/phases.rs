//! Time of each phase of an attach.
//!
//! Separate from the latencies, which show how long an attach takes and not why.
use super::View;
use super::components::{Column, columns, figure, section as headed, table, text};
use crate::aggregate::{PhaseSum, ProtocolSum};
use crate::plot::ink::{Ink, series};
use crate::plot::phases::{PhaseBar, plot};
use crate::units::{grouped, maybe_ns, ns};
use crate::verdict::in_order;
use maud::{Markup, html};

/// Bars of the plot.
const MAX_BARS: usize = 12;

pub(super) fn section(view: &View<'_>) -> Markup {
    let with_phases = || view.sums.protocols.iter().filter(|sum| !sum.sum.phases.is_empty());
    if with_phases().next().is_none() {
        return html! {};
    }
    let names = names(view);
    let place = |phase: &str| names.iter().position(|name| *name == phase).unwrap_or(0);
    let bars: Vec<PhaseBar<'_>> = with_phases().take(MAX_BARS).map(|sum| bar(sum, place)).collect();
    let keys: Vec<(Ink, String)> =
        names.iter().enumerate().map(|(n, name)| (Ink::Bar(series(n)), (*name).to_owned())).collect();
    let question = "How long is each phase of an attach that moves?";
    headed(
        view,
        "phases",
        "Phases of an attach",
        &html! {
            (figure(plot(question, view.clock, &bars).as_ref(), &takeaway(&bars), &keys))
            (rows(view))
        },
    )
}

/// Returns the phases of all protocols, in order of appearance: a phase has the same colour in every plot.
pub(super) fn names<'a>(view: &'a View<'_>) -> Vec<&'a str> {
    let phases = view.sums.protocols.iter().flat_map(|sum| &sum.sum.phases);
    in_order(phases.map(|phase| phase.phase.as_str()))
}

/// Returns the bar of a protocol. Each part is a total divided by all attaches that moved, so a phase that only some of
/// them reach is as long as its part of the mean attach.
fn bar(sum: &ProtocolSum, place: impl Fn(&str) -> usize) -> PhaseBar<'_> {
    let phases = &sum.sum.phases;
    let attaches = phases.iter().map(|phase| phase.samples.n()).max().unwrap_or(0).max(1);
    let part = |phase: &'_ PhaseSum| phase.samples.total() / attaches;
    let parts = phases.iter().map(|phase| (place(&phase.phase), phase.phase.as_str(), part(phase)));
    (sum.subject.label(), parts.collect())
}

fn takeaway(bars: &[PhaseBar<'_>]) -> String {
    let most = |(protocol, parts): &PhaseBar<'_>| {
        let (_, phase, longest) = parts.iter().copied().reduce(|a, b| if b.2 > a.2 { b } else { a })?;
        let all = parts.iter().map(|part| part.2).fold(0, u64::saturating_add);
        Some(format!("{protocol} spends {} of {} in {phase}", ns(longest), ns(all)))
    };
    let said: Vec<String> = bars.iter().take(4).filter_map(most).collect();
    if said.is_empty() { String::new() } else { format!("In the mean, {}.", said.join("; ")) }
}

fn rows(view: &View<'_>) -> Markup {
    let mut head = columns(&["protocol", "phase", "#attaches"]);
    head.extend(["mean", "p50", "p99", "max"].map(|name| Column(format!("{name}, {}", view.clock), true)));
    let mut rows = Vec::new();
    for sum in &view.sums.protocols {
        for phase in &sum.sum.phases {
            let samples = &phase.samples;
            let mut row =
                vec![text(sum.subject.label()), text(&phase.phase), html! { (grouped(samples.n())) }];
            let figures = [samples.mean(), samples.p50(), samples.p99(), samples.max()];
            row.extend(figures.map(|figure| html! { (maybe_ns(figure)) }));
            rows.push(row);
        }
    }
    table("time in each phase", &head, &rows)
}
