//! Compares the results of a search with the expectations of its test.
//!
//! An invariant that the test does not list is expected to hold, under every protocol, except for the one that is the price
//! of reserving ([`Wanted::must_hold`]): it is shown, and fails no test that does not list it. Passing requires every schedule;
//! a violation seen in one schedule counts, however many were run.
use super::found::Found;
use super::litmus::{Condition, Conditions, Litmus, Wanted};
use super::program::Here;
use super::state::EndState;
use super::witness::Schedule;
use faults::Site;
use model::protocols::Protocol;
use reports::schema::Expectation;
use std::collections::BTreeSet;

/// The judgement of one test under one protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// Every listed invariant, and every other one that was violated.
    pub observations: Vec<Observation>,
    /// Conditions on final states.
    pub states: Vec<StateObservation>,
    /// Fault rules that never fired although the protocol has their site, by position.
    pub silent: Vec<usize>,
    /// The worst of all verdicts.
    pub verdict: TestVerdict,
}

/// Observation of an invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The invariant.
    pub invariant: String,
    /// Frequency of violations, in a word.
    pub seen: Expectation,
    /// Number of schedules that violate it.
    pub violated: u64,
    /// Number of all schedules.
    pub schedules: u64,
    /// The expectation.
    pub expected: Expectation,
    /// True when the test lists it; otherwise it is expected to hold.
    pub listed: bool,
    /// Verdict on the observation.
    pub verdict: TestVerdict,
}

/// Observation of a condition on final states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateObservation {
    /// `exists`, `forbidden` or `states`.
    pub kind: &'static str,
    /// The condition; for `states` also [`OTHERS`].
    pub condition: String,
    /// Schedules that end in such a state.
    pub schedules: u64,
    /// A state that decides the verdict, with a schedule that leads there.
    pub witness: Option<(EndState, Schedule)>,
    /// Verdict on the condition.
    pub verdict: TestVerdict,
}

/// Name for every state that no condition of `states` describes.
pub const OTHERS: &str = "any other state";

/// Verdict on an observation, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TestVerdict {
    /// The observation meets the expectation.
    AsExpected,
    /// Too few schedules were run to decide.
    Inconclusive,
    /// The observation does not meet the expectation.
    Unexpected,
}

/// Compares the results under `protocol` with the expectations of `litmus`.
#[must_use]
pub fn judge(litmus: &Litmus, protocol: Protocol, found: &Found) -> Judgement {
    let wanted = litmus.wanted(protocol);
    let observations = observations(&wanted, found);
    let states = conditions(&wanted, found);
    let silent = silent(litmus, protocol, found);
    // Invariants that are not listed are expected to hold too, so no test passes on a part of its schedules.
    let bound = if found.complete { TestVerdict::AsExpected } else { TestVerdict::Inconclusive };
    let fired =
        if silent.is_empty() { TestVerdict::AsExpected } else { unless(found, TestVerdict::Unexpected) };
    let all = observations.iter().map(|seen| seen.verdict).chain(states.iter().map(|seen| seen.verdict));
    let verdict = all.chain([bound, fired]).max().unwrap_or(bound);
    Judgement { observations, states, silent, verdict }
}

/// Returns `verdict` if every schedule was run, otherwise `Inconclusive`.
fn unless(found: &Found, verdict: TestVerdict) -> TestVerdict {
    if found.complete { verdict } else { TestVerdict::Inconclusive }
}

fn observations(wanted: &Wanted, found: &Found) -> Vec<Observation> {
    let invariants: BTreeSet<&str> =
        wanted.invariants.keys().map(String::as_str).chain(found.breaches.keys().copied()).collect();
    let observe = |invariant: &str| {
        let violated = found.breaches.get(invariant).map_or(0, |breach| breach.schedules);
        let seen = match violated {
            0 => Expectation::Never,
            violated if violated == found.schedules => Expectation::Always,
            _ => Expectation::Sometimes,
        };
        let listed = wanted.invariants.get(invariant).copied();
        let expected = listed.unwrap_or(if wanted.must_hold(invariant) { Expectation::Never } else { seen });
        Observation {
            invariant: invariant.to_owned(),
            seen,
            violated,
            schedules: found.schedules,
            expected,
            listed: listed.is_some(),
            verdict: of_invariant(found, expected, violated),
        }
    };
    invariants.into_iter().map(observe).collect()
}

fn of_invariant(found: &Found, expected: Expectation, violated: u64) -> TestVerdict {
    let held = violated < found.schedules;
    match expected {
        Expectation::Never if violated > 0 => TestVerdict::Unexpected,
        Expectation::Always if held => TestVerdict::Unexpected,
        Expectation::Sometimes if violated > 0 => TestVerdict::AsExpected,
        Expectation::Sometimes => unless(found, TestVerdict::Unexpected),
        Expectation::Always if violated == 0 => unless(found, TestVerdict::Unexpected),
        Expectation::Never | Expectation::Always => unless(found, TestVerdict::AsExpected),
    }
}

fn conditions(wanted: &Wanted, found: &Found) -> Vec<StateObservation> {
    let Conditions { exists, forbidden, states } = &wanted.conditions;
    let look = |kind, demanded, list: &[Condition]| -> Vec<StateObservation> {
        let one = |condition: &Condition| {
            observe(found, (kind, condition.to_string()), demanded, &|state| condition.holds(state))
        };
        list.iter().map(one).collect()
    };
    let mut all = look("exists", true, exists);
    all.extend(look("forbidden", false, forbidden));
    all.extend(look("states", true, states));
    if !states.is_empty() {
        let left_out = |state: &EndState| wanted.conditions.is_left_out(state);
        all.push(observe(found, ("states", OTHERS.to_owned()), false, &left_out));
    }
    all
}

/// Looks for states that `holds` accepts, which are either required or forbidden.
fn observe(
    found: &Found,
    (kind, condition): (&'static str, String),
    demanded: bool,
    holds: &dyn Fn(&EndState) -> bool,
) -> StateObservation {
    let matching = || found.states.iter().filter(|(state, _)| holds(state));
    let witness = matching()
        .filter_map(|(state, reached)| Some((reached.witness.as_ref()?, state)))
        .min()
        .map(|(schedule, state)| (state.clone(), schedule.clone()));
    let schedules = matching().map(|(_, reached)| reached.schedules).sum();
    let verdict = match (schedules > 0, demanded) {
        (true, true) => TestVerdict::AsExpected,
        (true, false) => TestVerdict::Unexpected,
        (false, true) => unless(found, TestVerdict::Unexpected),
        (false, false) => unless(found, TestVerdict::AsExpected),
    };
    StateObservation { kind, condition, schedules, witness, verdict }
}

/// Returns the rules that never fired although `protocol` has their site.
fn silent(litmus: &Litmus, protocol: Protocol, found: &Found) -> Vec<usize> {
    let rules = litmus.faults.rules.iter().enumerate();
    let silent = rules.filter(|(at, rule)| !found.fired.contains(at) && has(litmus, protocol, rule.site));
    silent.map(|(at, _)| at).collect()
}

/// Reports whether an attach under `protocol` can reach `site`.
#[must_use]
pub fn has(litmus: &Litmus, protocol: Protocol, site: Site) -> bool {
    let controllers: Vec<_> = litmus.spec.hierarchies.iter().flatten().copied().collect();
    site.callback().is_none() || protocol.sites::<Here>(&controllers).contains(&site)
}

/// Returns the frequency as `Never`, `Sometimes` or `Always`.
#[must_use]
pub fn word(seen: Expectation) -> &'static str {
    match seen {
        Expectation::Never => "Never",
        Expectation::Sometimes => "Sometimes",
        Expectation::Always => "Always",
    }
}
