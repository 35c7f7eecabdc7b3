//! Checks of a run against gates, and of gates against themselves.
//!
//! Separate from the judgement of a figure, [`crate::change`], which knows neither runs nor files of gates.
use super::file::{Gate, GateError, Gates};
use super::places::{Earlier, Judged, Place, selects};
use super::report::{Doubt, GateReport, GateRow, GateState, Tested};
use crate::aggregate::Aggregate;
use crate::change::paired::{self, Asked};
use crate::change::{Change, Compared, SEEDS, Seen};
use crate::coverage::seeds;
use crate::figure::metric::METRICS;
use crate::figure::{Measured, Metric};
use crate::schema::{Engine, Run};
use crate::verdict::in_order;
use std::collections::BTreeSet;

/// Judges `runs` by `gates`: one run, or several of the same scenario that were made in turn with those of `earlier`.
///
/// # Errors
/// [`GateError`] for a gate that cannot be judged: it matches nothing, asks for wall-clock figures alone, or compares
/// with something that is missing or not comparable. Also for a run that cannot be read.
pub fn evaluate(gates: &Gates, runs: &[Run], earlier: Earlier<'_>) -> Result<GateReport, GateError> {
    let judged = Judged::new(runs, earlier)?;
    let mut ladder = GateReport { doubt: judged.doubt(), ..GateReport::default() };
    for (gate, mut rows) in gates.gates.iter().zip(rows(&judged, gates, false)?) {
        if let Some(doubt) = &ladder.doubt {
            rows.iter_mut().for_each(|row| row.state = doubted(gate, row, doubt));
        }
        let why = "the plan or the baseline has this place, and the run has no cell of it";
        rows.extend(judged.absent(gate).into_iter().map(|place| {
            let (seen, change) = (Seen::Alone(None), Change::CannotTell(why.to_owned()));
            GateRow::of(gate, Compared { place, key: gate.key.clone(), seen, change })
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
    let (itself, worse) = (rows(&judged, gates, false)?, rows(&judged, gates, true)?);
    let states = itself.into_iter().zip(worse).map(|(itself, worse)| (worst(itself), worst(worse)));
    let names = gates.gates.iter().map(|gate| gate.name.clone());
    Ok(Tested { rows: names.zip(states).map(|(name, (itself, worse))| (name, itself, worse)).collect() })
}

/// Returns the rows of every gate, with figures as they are or `worse`. Machine time is answered for all gates
/// together, so it comes last.
fn rows(judged: &Judged<'_>, gates: &Gates, worse: bool) -> Result<Vec<Vec<GateRow>>, GateError> {
    let mut all: Vec<Vec<GateRow>> = vec![Vec::new(); gates.gates.len()];
    let (mut of, mut asked) = (Vec::new(), Vec::new());
    for (at, gate) in gates.gates.iter().enumerate() {
        for place in judged.places(gate)? {
            let name = name(judged, &place);
            if judged.is_wall(gate) {
                let mut pairs = judged.pairs(gate, &place)?;
                if let (true, Ok(pairs)) = (worse, &mut pairs) {
                    pairs.ratios.iter_mut().for_each(|ratio| *ratio += 1.2_f64.ln());
                }
                of.push(at);
                asked.push(Asked { place: name, key: gate.key.clone(), limits: gate.limits, pairs });
            } else {
                all[at].push(GateRow::of(gate, exact(judged.engine(), gate, &place, name, worse)));
            }
        }
    }
    for (at, compared) in of.into_iter().zip(paired::judge(asked)) {
        all[at].push(GateRow::of(&gates.gates[at], compared));
    }
    Ok(all)
}

/// Returns the verdict on a place of a run that proves only what it shows. Nothing passes. Where cells are missing,
/// only a count that is too large already fails.
fn doubted(gate: &Gate, row: &GateRow, doubt: &Doubt) -> GateState {
    let limits = &gate.limits;
    let above = |limit: Option<u64>, value: u64| limit.is_some_and(|limit| value > limit);
    let (base, value) = match row.compared.seen {
        Seen::Alone(value) => (None, value),
        Seen::Both(base, value) => (base, value),
        Seen::Pairs(_) => (None, None),
    };
    let above = |value| above(limits.max, value) || above(limits.equals, value) || above(base, value);
    let proof = !gate.key.is_time() && value.is_some_and(above);
    match row.state {
        GateState::Failed if proof || !doubt.missing => GateState::Failed,
        _ => GateState::Inconclusive,
    }
}

fn exact(engine: Engine, gate: &Gate, place: &Place<'_>, name: String, worse: bool) -> Compared {
    let (limits, key) = (&gate.limits, gate.key.clone());
    let after = match place.measured {
        Measured::Figure(value) if worse => Measured::Figure(worsened(gate, value)),
        measured => measured,
    };
    let seeds = place.group.sum.cells;
    let by_chance = engine == Engine::Sim && key.is_time() && limits.change != Some(0) && seeds < SEEDS;
    let change = if by_chance { Change::of_few_seeds(seeds) } else { limits.judge(&key, place.base, after) };
    let seen = if limits.relative() {
        Seen::Both(place.base.and_then(Measured::value), after.value())
    } else {
        Seen::Alone(after.value())
    };
    Compared { place: name, key, seen, change }
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
