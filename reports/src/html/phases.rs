//! Share of each phase in the time of an attach.
//!
//! Separate from the latencies, which show how long an attach takes and not why.
use super::View;
use super::components::{Column, columns, figure, section as headed, table, text};
use crate::aggregate::ProtocolSum;
use crate::plot::ink::{Ink, series};
use crate::plot::phases;
use crate::units::{grouped, maybe_ns};
use crate::verdict::in_order;
use maud::{Markup, html};

/// Bars of the plot.
const MAX_BARS: usize = 12;

/// A protocol with the share of each phase in percent of the mean of all its phases.
struct Shares<'a> {
    protocol: &'a str,
    parts: Vec<(&'a str, f64)>,
}

pub(super) fn section(view: &View<'_>) -> Markup {
    let with_phases = || view.sums.protocols.iter().filter(|sum| !sum.sum.phases.is_empty());
    if with_phases().next().is_none() {
        return html! {};
    }
    let all: Vec<Shares<'_>> = with_phases().take(MAX_BARS).map(shares).collect();
    let names = names(view);
    let place = |phase: &str| names.iter().position(|name| *name == phase).unwrap_or(0);
    let bars: Vec<phases::PhaseBar<'_>> = all
        .iter()
        .map(|shares| {
            let parts = shares.parts.iter().map(|(phase, share)| (place(phase), *phase, *share)).collect();
            (shares.protocol.to_owned(), parts)
        })
        .collect();
    let keys: Vec<(Ink, String)> =
        names.iter().enumerate().map(|(n, name)| (Ink::Bar(series(n)), (*name).to_owned())).collect();
    let question = "Where does the time of an attach that moves go?";
    headed(
        view,
        "phases",
        "Phases of an attach",
        &html! {
            (figure(phases::plot(question, &bars).as_ref(), &takeaway(&all), &keys))
            (rows(view))
        },
    )
}

/// Returns the phases of all protocols, in order of appearance: a phase has the same colour in every plot.
pub(super) fn names<'a>(view: &'a View<'_>) -> Vec<&'a str> {
    let phases = view.sums.protocols.iter().flat_map(|sum| &sum.sum.phases);
    in_order(phases.map(|phase| phase.phase.as_str()))
}

fn shares(sum: &ProtocolSum) -> Shares<'_> {
    // These are totals, not means: a phase that only some attaches reach counts as often as it was reached.
    let total = |phase: &crate::aggregate::PhaseSum| phase.samples.total() as f64;
    let whole: f64 = sum.sum.phases.iter().map(total).sum();
    let part = |phase| 100.0 * total(phase) / whole.max(1.0);
    let parts = sum.sum.phases.iter().map(|phase| (phase.phase.as_str(), part(phase))).collect();
    Shares { protocol: sum.subject.label(), parts }
}

fn takeaway(all: &[Shares<'_>]) -> String {
    let most = |shares: &Shares<'_>| {
        let longest = shares.parts.iter().copied().reduce(|a, b| if b.1 > a.1 { b } else { a })?;
        Some(format!("{} spends {:.0} % in {}", shares.protocol, longest.1, longest.0))
    };
    let said: Vec<String> = all.iter().take(4).filter_map(most).collect();
    if said.is_empty() { String::new() } else { said.join("; ") + "." }
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
