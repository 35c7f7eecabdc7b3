//! Parity of two engines on the same scenario, protocol by protocol. For each invariant that both judge they agree, or
//! the reason is in a closed list.
use crate::measure::cell::Cell;
use model::checks::{Check, Excuse, Needs};
use model::protocols::Protocol;
use reports::schema::{Expectation, Subject};
use std::collections::BTreeMap;

/// The reason why the simulator and OS threads may differ on an invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Threads do not judge it, because that needs a total order of events.
    NotJudged,
    /// Threads check it only at rest, and it held again by then. The simulator checks after every event.
    RightAgainAtRest,
    /// The scenario expects the violation only sometimes, and no schedule of the machine reached the place.
    NotReached,
    /// Only schedules of the machine reached the place: a mover that loses its CPU between switch and attach opens a
    /// window of milliseconds. The protocol holds no locks, or the scenario expects the violation sometimes.
    OnlyReached,
}

/// An invariant on which two engines differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Protocol with its options.
    pub protocol: String,
    /// The invariant.
    pub invariant: String,
    /// Violations on the simulator.
    pub on_sim: u64,
    /// Violations on threads; absent if it was not judged there.
    pub on_threads: Option<u64>,
    /// The reason; `None` is a bug in one of the engines.
    pub reason: Option<Reason>,
}

/// Reports whether threads check an invariant only at rest.
fn at_rest(invariant: &str) -> bool {
    Check::parse(invariant).is_some_and(|check| check.about().needs == Needs::Rest)
}

/// Counts violations by (subject, invariant).
fn violated(cells: &[Cell]) -> BTreeMap<(&Subject, &str), u64> {
    let mut sums = BTreeMap::new();
    for cell in cells {
        for invariant in &cell.invariants {
            *sums.entry((&cell.subject, invariant.name.as_str())).or_insert(0) += invariant.violated;
        }
    }
    sums
}

/// Reports whether `protocol` holds no locks, and may therefore violate `invariant` under a bad enough schedule.
#[must_use]
pub fn violates_without_locks(protocol: Protocol, invariant: &str) -> bool {
    !protocol.keeps_locks()
        && Check::parse(invariant).is_some_and(|check| check.about().excuse == Excuse::KeepsNoLocks)
}

/// Reports whether `protocol` is known to be able to violate `invariant`.
fn may_violate(protocol: &str, invariant: &str, expected: Expectation) -> bool {
    let protocol = Protocol::parse(protocol);
    expected != Expectation::Never
        || protocol.is_ok_and(|protocol| violates_without_locks(protocol, invariant))
}

fn reason(invariant: &str, on_sim: u64, on_threads: Option<u64>, may_violate: bool) -> Option<Reason> {
    match on_threads {
        None => Some(Reason::NotJudged),
        Some(0) if on_sim > 0 && at_rest(invariant) => Some(Reason::RightAgainAtRest),
        Some(0) => may_violate.then_some(Reason::NotReached),
        Some(_) => may_violate.then_some(Reason::OnlyReached),
    }
}

/// Lists the differences; `expected` has the scenario's expectations by name of the protocol with its options.
#[must_use]
pub fn differences(
    on_sim: &[Cell],
    on_threads: &[Cell],
    expected: &BTreeMap<String, BTreeMap<String, Expectation>>,
) -> Vec<Difference> {
    let threads = violated(on_threads);
    let mut found = Vec::new();
    for ((subject, invariant), on_sim) in violated(on_sim) {
        let on_threads = threads.get(&(subject, invariant)).copied();
        if on_threads.is_some_and(|n| (n > 0) == (on_sim > 0)) {
            continue;
        }
        let parts = subject.parts();
        let of_protocol = expected.get(&parts.protocol).or_else(|| expected.get(parts.family()));
        let expected = of_protocol.and_then(|of| of.get(invariant)).copied().unwrap_or_default();
        found.push(Difference {
            protocol: subject.to_string(),
            invariant: invariant.to_owned(),
            on_sim,
            on_threads,
            reason: reason(invariant, on_sim, on_threads, may_violate(&parts.protocol, invariant, expected)),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_scenario_expects_or_rest_hides_has_a_reason() {
        assert_eq!(reason("stale-decision", 3, None, false), Some(Reason::NotJudged));
        assert_eq!(reason("partial-move", 3, Some(0), false), Some(Reason::RightAgainAtRest));
        assert_eq!(reason("underflow", 3, Some(0), true), Some(Reason::NotReached));
        assert_eq!(reason("underflow", 3, Some(0), false), None);
        assert_eq!(reason("drift", 0, Some(1), true), Some(Reason::OnlyReached));
        assert_eq!(reason("drift", 0, Some(1), false), None);
        assert_eq!(reason("contract", 2, Some(0), false), None);
    }

    #[test]
    fn protocols_with_locks_violate_nothing_unexpected() {
        let (never, sometimes) = (Expectation::Never, Expectation::Sometimes);
        assert!(
            may_violate("three-phase", "drift", never) && may_violate("prepare-undo", "underflow", never)
        );
        assert!(
            !may_violate("three-phase", "contract", never)
                && may_violate("three-phase", "over-limit", sometimes)
        );
        for locks in ["transactional", "transactional:mmap-sem=unfair", "prepare-undo:hold=locks"] {
            assert!(!may_violate(locks, "drift", never), "{locks}");
        }
    }
}
