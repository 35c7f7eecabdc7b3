//! Accuracy of the simulator as a prediction for threads. Each figure that both have is the measured one in units of
//! the simulated one, with a mark where the prediction stops being reliable.
//!
//! Separate from `cross_engine`, whose tables show each clock on its own. This section has only ratios, which have no
//! unit and no axis.
use super::View;
use super::components::{Column, columns, table};
use crate::aggregate::Group;
use crate::outcome::AttachOutcome;
use crate::percentile::Samples;
use crate::schema::{Condition, Engine, LatencyKind, Scheduling};
use crate::units::{NONE, grouped, ns, times};
use crate::verdict::in_order;
use maud::{Markup, html};

/// Protocols of the table.
const MAX_COLUMNS: usize = 6;
/// Operations that get rows.
const MAX_OPS: usize = 8;
/// Mark behind a ratio that is not reliable.
const DOUBT: &str = " †";

/// Figure that a row compares, of the cells of one protocol.
type Figure<'a> = Box<dyn Fn(&View<'_>, &str) -> Option<u64> + 'a>;

/// Renders the section for a simulated run and one on threads, each with its number; nothing for another engine.
pub(super) fn section(
    (model_number, model): (usize, &View<'_>),
    (number, here): (usize, &View<'_>),
) -> Markup {
    let there = |name: &str| here.sums.protocols.iter().any(|sum| sum.subject.label() == name);
    let names = model.sums.protocols.iter().map(|sum| sum.subject.label()).filter(|name| there(name));
    let names: Vec<&str> = names.take(MAX_COLUMNS).collect();
    // Results of versions that did not say how long a time slice is have no prediction that could be judged.
    let Some(modelled) = model.run.scenario.scheduling else { return html! {} };
    if here.run.engine != Engine::Threads || names.is_empty() {
        return html! {};
    }
    let slice_ns = modelled.time_slice_ns;
    let mut rows = Vec::new();
    for (title, figure) in figures(model) {
        let ratios: Vec<Option<String>> =
            names.iter().map(|name| ratio(figure(model, name)?, figure(here, name)?, slice_ns)).collect();
        if ratios.iter().any(Option::is_some) {
            let cells = ratios.into_iter().map(|ratio| html! { (ratio.unwrap_or_else(|| NONE.to_owned())) });
            rows.push(std::iter::once(html! { (title) }).chain(cells).collect::<Vec<_>>());
        }
    }
    if rows.is_empty() {
        return html! {};
    }
    let mut head = columns(&["figure"]);
    head.extend(names.iter().map(|name| Column((*name).to_owned(), true)));
    let caption = format!(
        "run {number} ÷ run {model_number}: {} time on threads in units of {} time, factors, no times",
        here.clock, model.clock
    );
    html! {
        h3 { "How well run " (model_number) " predicts run " (number) }
        (table(&caption, &head, &rows))
        p.key { "×1 is a figure that came as predicted. Two protocols with the same factor are ordered as predicted, however large it is." }
        ul { @for limit in limits(model, here, modelled) { li { (limit) } } }
    }
}

/// Returns a ratio such as `×1.8`, marked where either time is beyond a time slice.
fn ratio(simulated: u64, measured: u64, slice_ns: u64) -> Option<String> {
    let doubt = if simulated.max(measured) >= slice_ns { DOUBT } else { "" };
    times(measured, simulated).map(|ratio| format!("×{ratio}{doubt}"))
}

/// Returns the limits beyond which the factors are not reliable.
fn limits(model: &View<'_>, here: &View<'_>, modelled: Scheduling) -> Vec<String> {
    let (there, cpus) = (model.run.scenario.cpus, here.run.scenario.cpus);
    let mut limits = vec![format!(
        "Not to be believed where marked{DOUBT}: a time beyond a time slice ({} by the table of costs) holds turns of others, whom the simulator schedules by a rule of its own.",
        ns(modelled.time_slice_ns)
    )];
    if there != cpus {
        limits.push(format!(
            "Simulated with {}, measured with {}: waits for a CPU are not comparable; `run --cpus {cpus}` simulates as many.",
            cpu_words(there),
            cpu_words(cpus)
        ));
    }
    let threads = here.run.scenario.scheduling.map(|scheduling| scheduling.threads);
    if let Some(threads) = threads.filter(|threads| *threads > u64::from(cpus)) {
        limits.push(format!(
            "{} threads at the start for {}: when more want to run than there are CPUs, tails (p99) are the kernel's scheduling and not to be believed.",
            grouped(threads),
            cpu_words(cpus)
        ));
    }
    if !modelled.own_costs {
        limits.push(
            "Simulated by the built-in table of costs, not by one of this machine: `attach-rig calibrate` measures one, for `run --costs`."
                .to_owned(),
        );
    }
    limits
}

fn cpu_words(cpus: u32) -> String {
    crate::units::count(u64::from(cpus), "CPU")
}

/// Returns rows for the figures that `model` has.
fn figures<'a>(model: &View<'_>) -> Vec<(String, Figure<'a>)> {
    let mut rows: Vec<(String, Figure<'a>)> = Vec::new();
    let quantiles = [(0.5, "p50"), (0.9, "p90"), (0.99, "p99")];
    for (q, name) in quantiles {
        rows.push((format!("attach, {name}"), Box::new(move |view, of| moved(view, of)?.quantile(q))));
    }
    let sums = || model.sums.protocols.iter();
    for op in in_order(sums().flat_map(|sum| sum.sum.ops())).into_iter().take(MAX_OPS) {
        for (condition, words) in [(Condition::Idle, "idle"), (Condition::Attaching, "attaching")] {
            for (q, name) in [(0.5, "p50"), (0.99, "p99")] {
                let op = op.to_owned();
                let title = format!("{op} {words}, {name}");
                let figure = move |view: &View<'_>, of: &str| {
                    whole(view, of)?.bystander(&op, condition)?.samples.quantile(q)
                };
                rows.push((title, Box::new(figure)));
            }
        }
    }
    rows
}

fn whole<'a>(view: &'a View<'_>, protocol: &str) -> Option<&'a Group> {
    view.sums.protocols.iter().find(|sum| sum.subject.label() == protocol).map(|sum| &sum.sum)
}

/// Returns moves from their real start, without injected faults or delays.
fn moved<'a>(view: &'a View<'_>, protocol: &str) -> Option<&'a Samples> {
    let mut groups = view.sums.groups.iter();
    let found = groups.find(|group| group.subject.label() == protocol && group.point.is_plain())?;
    found.sum.latency(AttachOutcome::Moved, LatencyKind::Raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_beyond_a_time_slice_is_marked() {
        assert_eq!(ratio(1_000, 1_800, 3_000_000).as_deref(), Some("×1.8"));
        assert_eq!(ratio(1_000_000, 3_000_000, 3_000_000).as_deref(), Some("×3.0 †"));
        assert_eq!(ratio(0, 1, 3_000_000), None);
    }
}
