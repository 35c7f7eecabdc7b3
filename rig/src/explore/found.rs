//! What a search has found: states, broken promises, and whether that is what was expected.
use super::litmus::Expected;
use super::state::{Broken, State};
use super::witness::Schedule;
use crate::measure::Expectation;
use std::collections::{BTreeMap, BTreeSet};

/// A state that was reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// By how many schedules.
    pub schedules: u64,
    /// Broken promises, over all of them.
    pub broken: Broken,
}

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// In how many schedules.
    pub schedules: u64,
    /// Of those, one with the fewest switches and steps.
    pub witness: Schedule,
    /// The state in which it ends.
    pub state: State,
}

/// Everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Final states.
    pub states: BTreeMap<State, Reached>,
    /// Broken promises.
    pub breaches: BTreeMap<&'static str, Breach>,
    /// Schedules that were run to their end.
    pub schedules: u64,
    /// Schedules that were cut, for every way on was seen before.
    pub cut: u64,
    /// Steps of all of them.
    pub steps: u64,
    /// Distinct traces, where they were counted.
    pub traces: BTreeSet<u128>,
    /// Whether every schedule was run, but for those that reduction leaves out.
    pub complete: bool,
    /// Fault rules that have fired, by their position.
    pub fired: BTreeSet<usize>,
}

impl Found {
    /// Adds what one schedule has shown; `witness` is asked only where it breaks something.
    pub(super) fn add(&mut self, state: State, broken: Broken, witness: impl FnOnce() -> Schedule) {
        self.schedules += 1;
        if !broken.is_empty() {
            let witness = witness();
            for promise in broken.keys() {
                let breach = Breach { schedules: 1, witness: witness.clone(), state: state.clone() };
                self.breached(promise, breach);
            }
        }
        let reached = self.states.entry(state).or_default();
        reached.schedules += 1;
        union(&mut reached.broken, broken);
    }

    fn breached(&mut self, promise: &'static str, breach: Breach) {
        match self.breaches.get_mut(promise) {
            None => drop(self.breaches.insert(promise, breach)),
            Some(known) => {
                known.schedules += breach.schedules;
                if breach.witness < known.witness {
                    (known.witness, known.state) = (breach.witness, breach.state);
                }
            }
        }
    }

    /// Adds what another worker has found.
    pub(super) fn merge(&mut self, other: Self) {
        for (state, reached) in other.states {
            let known = self.states.entry(state).or_default();
            known.schedules += reached.schedules;
            union(&mut known.broken, reached.broken);
        }
        for (promise, breach) in other.breaches {
            self.breached(promise, breach);
        }
        self.schedules += other.schedules;
        self.cut += other.cut;
        self.steps += other.steps;
        self.traces.extend(other.traces);
        self.complete &= other.complete;
        self.fired.extend(other.fired);
    }

    /// What was seen of every promise that is expected to hold or break, and of every other that was broken.
    #[must_use]
    pub fn observations(&self, expected: Option<&Expected>) -> Vec<Observation> {
        let none = Expected::new();
        let expected = expected.unwrap_or(&none);
        let promises: BTreeSet<&str> =
            expected.keys().map(String::as_str).chain(self.breaches.keys().copied()).collect();
        let observe = |promise: &str| {
            let broken = self.breaches.get(promise).map_or(0, |breach| breach.schedules);
            let seen = match broken {
                0 => Expectation::Never,
                broken if broken == self.schedules => Expectation::Always,
                _ => Expectation::Sometimes,
            };
            let wanted = expected.get(promise).copied();
            Observation {
                promise: promise.to_owned(),
                seen,
                broken,
                schedules: self.schedules,
                expected: wanted,
                verdict: wanted.map_or(Verdict::Unjudged, |wanted| self.judge(wanted, broken)),
            }
        };
        promises.into_iter().map(observe).collect()
    }

    fn judge(&self, wanted: Expectation, broken: u64) -> Verdict {
        let all = broken == self.schedules;
        let (holds, fails) = match wanted {
            Expectation::Never => (broken == 0, broken > 0),
            Expectation::Sometimes => (broken > 0, false),
            Expectation::Always => (all && broken > 0, !all),
        };
        // What some schedules have shown is shown; what none has shown asks for all of them.
        let shown = wanted == Expectation::Sometimes && holds || fails;
        match (shown || self.complete, holds) {
            (false, _) => Verdict::Inconclusive,
            (true, true) => Verdict::AsExpected,
            (true, false) => Verdict::Unexpected,
        }
    }
}

fn union(into: &mut Broken, more: Broken) {
    for (promise, details) in more {
        into.entry(promise).or_default().extend(details);
    }
}

/// What was seen of a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// The promise.
    pub promise: String,
    /// How often it was broken, in a word.
    pub seen: Expectation,
    /// In how many schedules.
    pub broken: u64,
    /// Of how many.
    pub schedules: u64,
    /// What was expected.
    pub expected: Option<Expectation>,
    /// Whether that is what was seen.
    pub verdict: Verdict,
}

/// Whether what was seen is what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing was expected.
    Unjudged,
    /// It is.
    AsExpected,
    /// It is not.
    Unexpected,
    /// Too few schedules were run to tell.
    Inconclusive,
}

/// `Never`, `Sometimes`, `Always`.
#[must_use]
pub fn word(seen: Expectation) -> &'static str {
    match seen {
        Expectation::Never => "Never",
        Expectation::Sometimes => "Sometimes",
        Expectation::Always => "Always",
    }
}
