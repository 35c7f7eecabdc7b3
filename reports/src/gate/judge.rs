//! Checks of a run against gates, and of gates against themselves.
//!
//! Separate from the figures and from the text. This file has every rule of an exact verdict, in integers.
use super::file::{Gate, GateError, Gates, Limits};
use super::paired::{self, Asked};
use super::places::{Earlier, Judged, Place, selects};
use super::report::{Doubt, Finding, GateReport, GateRow, GateState, Tested};
use crate::aggregate::Aggregate;
use crate::coverage::seeds;
use crate::figure::metric::METRICS;
use crate::figure::{Measured, Metric};
use crate::schema::{Engine, Run};
use crate::verdict::in_order;
use std::collections::BTreeSet;

/// Number of seeds below which a simulated time is chance, since another order of events moves the latencies of one
/// seed by a lot.
pub const SEEDS: u64 = 64;

/// Judges `runs` by `gates`: one run, or several of the same scenario that were made in turn with those of `earlier`.
///
/// # Errors
/// [`GateError`] for a gate that cannot be judged: it matches nothing, asks for wall-clock figures alone, or compares
/// with something that is missing or not comparable. Also for a run that cannot be read.
pub fn evaluate(gates: &Gates, runs: &[Run], earlier: Earlier<'_>) -> Result<GateReport, GateError> {
    let judged = Judged::new(runs, earlier)?;
    let mut ladder = GateReport { doubt: judged.doubt(), ..GateReport::default() };
    for (gate, mut rows) in gates.gates.iter().zip(rows(&judged, gates, None)?) {
        if let Some(doubt) = &ladder.doubt {
            rows.iter_mut().for_each(|row| row.state = doubted(gate, row, doubt));
        }
        rows.extend(judged.absent(gate).into_iter().map(|place| GateRow {
            place,
            finding: Finding::CannotTell(
                "the plan or the baseline has this place, and the run has no cell of it".to_owned(),
            ),
            state: GateState::Inconclusive,
        }));
        ladder.push(gate, rows);
    }
    ladder.unseen = unseen(gates, &judged.all);
    Ok(ladder)
}

/// Judges the gates: each has to pass the run against itself, and to fail when every figure is worse by 20 % (violated
/// invariants and drift: by 1; fired faults: when none has fired).
///
/// # Errors
/// As [`evaluate`].
pub fn self_test(gates: &Gates, runs: &[Run], earlier: Earlier<'_>) -> Result<Tested, GateError> {
    let own = runs.first().map(crate::figure::Baseline::of).transpose();
    let own = own.map_err(|error| GateError::of("gate", error))?;
    let against_itself = match (&earlier, &own) {
        (Earlier::Nothing, Some(own)) => Earlier::Figures(own),
        _ => earlier,
    };
    let judged = Judged::new(runs, against_itself)?;
    let worst =
        |rows: Vec<GateRow>| rows.iter().map(|row| row.state).max().unwrap_or(GateState::Inconclusive);
    let (itself, worse) = (rows(&judged, gates, Some(false))?, rows(&judged, gates, Some(true))?);
    let states = itself.into_iter().zip(worse).map(|(itself, worse)| (worst(itself), worst(worse)));
    let names = gates.gates.iter().map(|gate| gate.name.clone());
    Ok(Tested { rows: names.zip(states).map(|(name, (itself, worse))| (name, itself, worse)).collect() })
}

/// Returns the rows of every gate. Machine time is answered for all gates together, so it comes last. In a test of the
/// gates, `test` says whether figures are as they are or worse.
fn rows(judged: &Judged<'_>, gates: &Gates, test: Option<bool>) -> Result<Vec<Vec<GateRow>>, GateError> {
    let mut all: Vec<Vec<GateRow>> = Vec::new();
    let mut open: Vec<(usize, String, Asked)> = Vec::new();
    for (at, gate) in gates.gates.iter().enumerate() {
        let mut rows = Vec::new();
        for place in judged.places(gate)? {
            let name = name(judged, &place);
            if judged.is_wall(gate) {
                let worse = if test == Some(true) { 1.2 } else { 1.0 };
                open.push((at, name, paired::ask(judged, gate, &place, worse)?));
            } else {
                rows.push(exact(judged.engine(), gate, &place, name, test == Some(true)));
            }
        }
        all.push(rows);
    }
    let asked: Vec<Asked> = open.iter().map(|(_, _, asked)| asked.clone()).collect();
    for ((at, name, asked), answers) in open.into_iter().zip(paired::answers(&asked)) {
        all[at].push(paired::row(&gates.gates[at], name, &asked, &answers));
    }
    Ok(all)
}

/// Returns the verdict on a place of a run that proves only what it shows. Nothing passes. Where cells are missing,
/// only a count that is too large already fails.
fn doubted(gate: &Gate, row: &GateRow, doubt: &Doubt) -> GateState {
    let limits = &gate.limits;
    let proof = match row.finding {
        Finding::Exact(Measured::Figure(value), base) if !gate.key.is_time() => {
            let above = |limit: Option<u64>| limit.is_some_and(|limit| value > limit);
            let base = match base {
                Some(Measured::Figure(base)) if limits.relative() => Some(base),
                _ => None,
            };
            above(limits.max) || above(limits.equals) || above(base)
        }
        _ => false,
    };
    match row.state {
        GateState::Failed if proof || !doubt.missing => GateState::Failed,
        _ => GateState::Inconclusive,
    }
}

fn exact(engine: Engine, gate: &Gate, place: &Place<'_>, name: String, worse: bool) -> GateRow {
    let mut measured = place.measured;
    if engine == Engine::Sim && gate.key.is_time() && gate.limits.change != Some(0) {
        let seeds = place.group.sum.cells;
        if seeds < SEEDS {
            measured = Measured::TooFewSeeds(seeds, SEEDS);
        }
    }
    if let (true, Measured::Figure(value)) = (worse, measured) {
        measured = Measured::Figure(worsened(gate, value));
    }
    let base = place.base.filter(|_| gate.limits.relative());
    let state = judge(&gate.limits, measured, base);
    let finding = match (measured, base) {
        (Measured::Figure(_), None) if state == GateState::Inconclusive => {
            Finding::CannotTell("there is no such figure to compare with; make the baseline again".to_owned())
        }
        _ => Finding::Exact(measured, base),
    };
    GateRow { place: name, finding, state }
}

/// Returns `value`, made worse in the direction in which the gate has its limit.
fn worsened(gate: &Gate, value: u64) -> u64 {
    let step = match gate.key.metric {
        Metric::InvariantViolated | Metric::DriftFinal => 1,
        // Such a gate exists to find a rule that never fires.
        Metric::FaultFired => value.max(1),
        _ => value.div_ceil(5).max(1),
    };
    let limits = &gate.limits;
    if limits.min.is_some() && limits.max.is_none() && limits.equals.is_none() && !limits.relative() {
        return value.saturating_sub(step);
    }
    value.saturating_add(step)
}

/// Returns the verdict on one figure.
#[must_use]
pub fn judge(limits: &Limits, measured: Measured, base: Option<Measured>) -> GateState {
    let Measured::Figure(value) = measured else { return GateState::Inconclusive };
    let outside = limits.equals.is_some_and(|wanted| value != wanted)
        || limits.min.is_some_and(|least| value < least)
        || limits.max.is_some_and(|most| value > most);
    if outside {
        return GateState::Failed;
    }
    if limits.relative() {
        let Some(Measured::Figure(base)) = base else { return GateState::Inconclusive };
        if value.abs_diff(base) > limits.floor && differs(limits, value, base) {
            return GateState::Failed;
        }
    }
    if limits.warn.is_some_and(|from| value > from) { GateState::Warned } else { GateState::Passed }
}

/// Reports whether `value` is farther from `base` than any of the limits allows.
fn differs(limits: &Limits, value: u64, base: u64) -> bool {
    let (value, base) = (u128::from(value), u128::from(base));
    let more = |percent: u64| value * 100 > base * (100 + u128::from(percent));
    limits.max_increase.is_some_and(more)
        || limits.max_ratio.is_some_and(|thousandths| value * 1_000 > base * u128::from(thousandths))
        || limits.change.is_some_and(|percent| value.abs_diff(base) * 100 > base * u128::from(percent))
}

fn name(judged: &Judged<'_>, place: &Place<'_>) -> String {
    let all = &judged.all;
    let of = |sum: &crate::aggregate::PointSum| {
        let point = all.axes.words(&sum.point);
        let comma = if point.is_empty() { "" } else { ", " };
        let share = judged.share(sum);
        format!("{}{comma}{point} ({})", sum.subject.label(), seeds(judged.engine(), share))
    };
    place
        .against
        .map_or_else(|| of(place.group), |other| format!("{} against {}", of(place.group), of(other)))
}

/// Returns (protocol, metrics) that no gate looks at.
fn unseen(gates: &Gates, all: &Aggregate) -> Vec<(String, Vec<&'static str>)> {
    let mut out = Vec::new();
    for name in in_order(all.groups.iter().map(|sum| sum.subject.label())) {
        let mine = || all.groups.iter().filter(|sum| sum.subject.label() == name);
        let gates = gates
            .gates
            .iter()
            .filter(|gate| mine().any(|sum| selects(gate, sum.subject.label(), &sum.point)));
        let seen: BTreeSet<&str> = gates.map(|gate| gate.key.metric.name()).collect();
        let rest: Vec<&'static str> =
            METRICS.iter().map(|(name, _)| *name).filter(|name| !seen.contains(name)).collect();
        if !rest.is_empty() {
            out.push((name.to_owned(), rest));
        }
    }
    out
}
