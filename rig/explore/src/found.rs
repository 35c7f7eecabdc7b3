//! Results of a search: states, violated invariants, faults that fired. [`super::judge`] compares them with the
//! expectations.
use super::state::{EndState, Violated};
use super::witness::Schedule;
use std::collections::{BTreeMap, BTreeSet};

/// A state that was reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Number of schedules that reach it.
    pub schedules: u64,
    /// Violated invariants, over all of them.
    pub violated: Violated,
    /// The one of those schedules with the fewest switches and steps, if a condition refers to the state.
    pub witness: Option<Schedule>,
}

/// A violated invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Number of schedules that violate it.
    pub schedules: u64,
    /// The one of those schedules with the fewest switches and steps.
    pub witness: Schedule,
    /// The state in which it ends.
    pub state: EndState,
}

/// All results of a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Final states.
    pub states: BTreeMap<EndState, Reached>,
    /// Violated invariants.
    pub breaches: BTreeMap<&'static str, Breach>,
    /// Schedules that were run to their end.
    pub schedules: u64,
    /// Schedules that were cut short because every continuation had been explored. Depends on the order in which
    /// workers take choices. In a complete search all else is the same for any number of workers.
    pub cut: u64,
    /// Steps of all schedules that were run to their end or to a limit.
    pub steps: u64,
    /// Distinct traces, if they were counted.
    pub traces: BTreeSet<u128>,
    /// True if every schedule was run, except those that reduction leaves out.
    pub complete: bool,
    /// Fault rules that have fired, by position.
    pub fired: BTreeSet<usize>,
}

impl Found {
    /// Adds the results of one schedule. `witness` is called only if the schedule violates something, or if a condition
    /// refers to its state.
    pub(super) fn add(
        &mut self,
        (state, asked): (EndState, bool),
        violated: Violated,
        witness: impl Fn() -> Schedule,
    ) {
        self.schedules += 1;
        if !violated.is_empty() {
            let witness = witness();
            for invariant in violated.keys() {
                let breach = Breach { schedules: 1, witness: witness.clone(), state: state.clone() };
                self.breached(invariant, breach);
            }
        }
        let reached = self.states.entry(state).or_default();
        reached.schedules += 1;
        union(&mut reached.violated, violated);
        if asked {
            shorter(&mut reached.witness, Some(witness()));
        }
    }

    fn breached(&mut self, invariant: &'static str, breach: Breach) {
        match self.breaches.get_mut(invariant) {
            None => drop(self.breaches.insert(invariant, breach)),
            Some(known) => {
                known.schedules += breach.schedules;
                if breach.witness < known.witness {
                    (known.witness, known.state) = (breach.witness, breach.state);
                }
            }
        }
    }

    /// Adds the results of another worker.
    pub(super) fn merge(&mut self, other: Self) {
        for (state, reached) in other.states {
            let known = self.states.entry(state).or_default();
            known.schedules += reached.schedules;
            union(&mut known.violated, reached.violated);
            shorter(&mut known.witness, reached.witness);
        }
        for (invariant, breach) in other.breaches {
            self.breached(invariant, breach);
        }
        self.schedules += other.schedules;
        self.cut += other.cut;
        self.steps += other.steps;
        self.traces.extend(other.traces);
        self.complete &= other.complete;
        self.fired.extend(other.fired);
    }
}

fn union(into: &mut Violated, more: Violated) {
    for (invariant, details) in more {
        into.entry(invariant).or_default().extend(details);
    }
}

/// Keeps the shorter of two schedules.
fn shorter(known: &mut Option<Schedule>, other: Option<Schedule>) {
    if other.is_some() && (known.is_none() || other < *known) {
        *known = other;
    }
}
