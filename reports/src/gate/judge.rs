//! A run held against gates, and gates held against themselves.
//!
//! Apart from the figures and from the text: here is every rule of a verdict, in integers.
use super::file::{Gate, GateError, Gates, Limits, nearest};
use super::ladder::{Ladder, Row, State, Tested};
use super::metric::{Measured, Metric};
use crate::aggregate::{Aggregate, AggregateError, PointSum, aggregate};
use crate::schema::{Engine, Run};
use crate::verdict::in_order;
use std::collections::BTreeSet;

/// An earlier run, against which increases are counted.
#[derive(Clone, Copy, Debug)]
pub struct Baseline<'a> {
    /// The run.
    pub run: &'a Run,
}

/// One place of a gate: the cells, their figure, and that of the baseline.
struct Place<'a> {
    group: &'a PointSum,
    measured: Measured,
    base: Option<Measured>,
}

/// Judges `run` by `gates`.
///
/// # Errors
/// [`GateError`] for a gate that cannot be judged: it matches nothing, asks for wall-clock figures or for a baseline that
/// is not there or of another scenario; and for a run that cannot be read.
pub fn evaluate(gates: &Gates, run: &Run, baseline: Option<Baseline<'_>>) -> Result<Ladder, GateError> {
    let all = merged(run)?;
    let base = baseline.map(|base| comparable(run, base.run)).transpose()?;
    let mut ladder = Ladder::default();
    for gate in &gates.gates {
        let places = places(gate, run, &all, base.as_ref())?;
        let rows = places.iter().map(|place| row(gate, &all, place)).collect();
        ladder.push(gate, rows);
    }
    ladder.unseen = unseen(gates, &all);
    Ok(ladder)
}

/// Judges the gates: each has to pass the run against itself, and to fail when every figure is worse by 20 % (broken
/// promises and drift: by 1).
///
/// # Errors
/// As [`evaluate`].
pub fn self_test(gates: &Gates, run: &Run) -> Result<Tested, GateError> {
    let all = merged(run)?;
    let mut tested = Tested::default();
    for gate in &gates.gates {
        let places = places(gate, run, &all, Some(&all))?;
        let state = |worse: bool| {
            let judged = places.iter().map(|place| {
                let Measured::Figure(value) = place.measured else { return State::Inconclusive };
                let figure = Measured::Figure(if worse { worsened(gate, value) } else { value });
                judge(&gate.limits, figure, place.base)
            });
            judged.max().unwrap_or(State::Inconclusive)
        };
        tested.rows.push((gate.name.clone(), state(false), state(true)));
    }
    Ok(tested)
}

/// `value`, made worse in the direction in which the gate has its limit.
fn worsened(gate: &Gate, value: u64) -> u64 {
    let step = match gate.metric {
        Metric::PromiseBroken | Metric::DriftFinal => 1,
        _ => value.div_ceil(5).max(1),
    };
    let limits = &gate.limits;
    if limits.min.is_some()
        && limits.max.is_none()
        && limits.equals.is_none()
        && limits.max_increase.is_none()
    {
        return value.saturating_sub(step);
    }
    value.saturating_add(step)
}

/// The verdict on one figure.
#[must_use]
pub fn judge(limits: &Limits, measured: Measured, base: Option<Measured>) -> State {
    let Measured::Figure(value) = measured else { return State::Inconclusive };
    let outside = limits.equals.is_some_and(|wanted| value != wanted)
        || limits.min.is_some_and(|least| value < least)
        || limits.max.is_some_and(|most| value > most);
    if outside {
        return State::Failed;
    }
    if let Some(percent) = limits.max_increase {
        let Some(Measured::Figure(base)) = base else { return State::Inconclusive };
        let most = u128::from(base) * (100 + u128::from(percent));
        if u128::from(value) * 100 > most && value.saturating_sub(base) > limits.floor {
            return State::Failed;
        }
    }
    if limits.warn.is_some_and(|from| value > from) { State::Warned } else { State::Passed }
}

fn merged(run: &Run) -> Result<Aggregate, GateError> {
    let place = format!("run of {}", run.scenario.name);
    aggregate(run).map_err(|error: AggregateError| GateError { place, message: error.to_string() })
}

/// The baseline merged, if it answers the same question.
fn comparable(run: &Run, base: &Run) -> Result<Aggregate, GateError> {
    let name = |run: &Run| format!("{} on {}", run.scenario.name, crate::words::engine(run.engine));
    if (&run.scenario.name, run.engine) != (&base.scenario.name, base.engine) {
        let message = format!(
            "not comparable: the run is {}, the baseline {}; name a baseline of the same scenario and engine",
            name(run),
            name(base)
        );
        return Err(GateError { place: "--baseline".to_owned(), message });
    }
    if run.scenario.toml != base.scenario.toml {
        let message = format!(
            "not comparable: the scenario {} has changed since the baseline was made, by its text or by flags; make a new baseline",
            run.scenario.name
        );
        return Err(GateError { place: "--baseline".to_owned(), message });
    }
    merged(base)
}

/// Where the gate finds a figure.
fn places<'a>(
    gate: &Gate,
    run: &Run,
    all: &'a Aggregate,
    base: Option<&Aggregate>,
) -> Result<Vec<Place<'a>>, GateError> {
    let wrong = |message: String| GateError { place: gate.place.clone(), message };
    if run.engine != Engine::Sim && gate.metric.is_time(gate.statistic) {
        let why =
            "wall-clock figures need paired runs, which gate does not do yet: gate counts, or figures of sim";
        return Err(wrong(why.to_owned()));
    }
    if gate.limits.max_increase.is_some() && base.is_none() {
        return Err(wrong("`max-increase` needs an earlier run; name one with --baseline DIR".to_owned()));
    }
    let figure = |sum: &PointSum| gate.metric.measure(gate.statistic, &gate.select, &sum.sum);
    let selected = all.groups.iter().filter(|sum| selects(gate, sum));
    let found: Vec<Place<'a>> = selected
        .filter_map(|group| {
            let earlier = base.and_then(|base| {
                base.groups.iter().find(|sum| sum.protocol == group.protocol && sum.point == group.point)
            });
            Some(Place { group, measured: figure(group)?, base: earlier.and_then(figure) })
        })
        .collect();
    if found.is_empty() { Err(wrong(nothing(gate, all))) } else { Ok(found) }
}

fn selects(gate: &Gate, sum: &PointSum) -> bool {
    let bare = sum.protocol.split(':').next().unwrap_or_default();
    let select = &gate.select;
    select.protocol.as_deref().is_none_or(|name| name == sum.protocol || name == bare)
        && select.fault_rate.is_none_or(|rate| sum.point.fault_rate_percent == Some(rate))
        && select.rate.is_none_or(|rate| sum.point.rate_per_s == Some(rate))
        && select.delay.is_none_or(|delay| sum.point.delay_ns == Some(delay))
}

/// Says what the run has instead of what a gate looks for.
fn nothing(gate: &Gate, all: &Aggregate) -> String {
    let protocols = all.protocols.iter().map(|p| p.protocol.as_str());
    let select = &gate.select;
    let start = format!("gate `{}` matches nothing in this run", gate.name);
    if let Some(name) = &select.protocol
        && !all.groups.iter().any(|sum| sum.protocol.split(':').next() == Some(name) || sum.protocol == *name)
    {
        return format!("{start}: it has no protocol `{name}`; {}", nearest(name, protocols));
    }
    let sums = || all.protocols.iter().map(|p| &p.sum);
    let known = |wanted: &Option<String>, what: &str, names: Vec<&str>| {
        let wanted = wanted.as_ref().filter(|name| !names.contains(&name.as_str()))?;
        let names = in_order(names.into_iter());
        Some(format!("{start}: it has no {what} `{wanted}`; {}", nearest(wanted, names.into_iter())))
    };
    let promises = sums().flat_map(|s| s.promises.iter().map(|p| p.name.as_str())).collect();
    let locks = sums().flat_map(|s| s.locks.iter().map(|l| l.class.as_str())).collect();
    let ops = sums().flat_map(crate::aggregate::Group::ops).collect();
    let counters = sums().flat_map(|s| s.drift.iter().map(|d| d.controller.as_str())).collect();
    let outcomes = sums().flat_map(|s| s.outcomes.keys().map(String::as_str)).collect();
    known(&select.promise, "promise", promises)
        .or_else(|| known(&select.lock, "lock", locks))
        .or_else(|| known(&select.op, "op", ops))
        .or_else(|| known(&select.controller, "controller", counters))
        .or_else(|| known(&select.outcome, "outcome", outcomes))
        .unwrap_or_else(|| {
            let points: Vec<String> = all.points.iter().map(|point| all.axes.words(point)).collect();
            format!("{start}; it has the points: {}; change `select`", points.join("; "))
        })
}

fn row(gate: &Gate, all: &Aggregate, place: &Place<'_>) -> Row {
    let point = all.axes.words(&place.group.point);
    let comma = if point.is_empty() { "" } else { ", " };
    Row {
        place: format!("{}{comma}{point}", place.group.protocol),
        measured: place.measured,
        base: place.base,
        state: judge(&gate.limits, place.measured, place.base),
    }
}

/// (protocol, metrics) that no gate looks at.
fn unseen(gates: &Gates, all: &Aggregate) -> Vec<(String, Vec<&'static str>)> {
    let mut out = Vec::new();
    for name in in_order(all.groups.iter().map(|sum| sum.protocol.as_str())) {
        let mine = || all.groups.iter().filter(|sum| sum.protocol == name);
        let seen: BTreeSet<&str> = gates
            .gates
            .iter()
            .filter(|gate| mine().any(|sum| selects(gate, sum)))
            .map(|gate| gate.metric.name())
            .collect();
        let rest: Vec<&'static str> = super::metric::METRICS
            .iter()
            .map(|(name, _)| *name)
            .filter(|name| !seen.contains(name))
            .collect();
        if !rest.is_empty() {
            out.push((name.to_owned(), rest));
        }
    }
    out
}
