//! The comparison can fail: under every mutant in scope, some case has other final states than the naive model.
//!
//! The mutants are those of transactional. Each is compared with the naive transactional, which has no defect.
use super::against::{BOUNDS, explored};
use super::naive::case::Case;
use super::naive::protocol::{Protocol, Variant};
use super::naive::search::{Finals, finals};
use super::random::{Kind, case};
use model::protocols::Mutant;

/// Mutants that the comparison cannot find, with the reason.
const OUT_OF_SCOPE: &[(Mutant, &str)] = &[
    (
        Mutant::AbortForward,
        "each phase has one controller with something to undo, so the order of aborts has no effect",
    ),
    (
        Mutant::CommitAndAbort,
        "the aborts find empty slots after the commits: only the contract is broken, not a state",
    ),
    (Mutant::IdentityPrepares, "without a task that moves, memrlimit and numtasks have nothing to prepare"),
    (Mutant::SleepUnderSpin, "callback_mutex, which it takes, is needed by no controller without cpuset"),
    (Mutant::SharedLock, "its defect is in memory"),
    (Mutant::MmapSemWrite, "its defect is in memory"),
    (Mutant::OnePageLeft, "its defect is in memory"),
    (Mutant::PlainRead, "needs memory as a second controller that reads mmap_sem"),
    (Mutant::LockKept, "its defect is in cpuset"),
    (Mutant::AbortSetsMasks, "its defect is in cpuset"),
    (Mutant::RetriesForEver, "a refused attach has no end, so there is no set of final states to compare"),
];

const SOUND: Variant = Variant { protocol: Protocol::Transactional, excludes: true };

/// A case with the final states of the naive model.
type Known = (Case, Finals);

/// Returns cases, the cheapest first: many of the kind in which attaches are refused, fewer of the others.
fn cases(refused: u64, others: u64) -> Vec<Known> {
    let seeds = |kind| (kind, if kind == Kind::Refused { refused } else { others });
    let cases =
        Kind::ALL.into_iter().map(seeds).flat_map(|(kind, seeds)| (0..seeds).map(move |s| case(kind, s)));
    cases.filter_map(|case| finals(&case, SOUND, BOUNDS.states).map(|finals| (case, finals))).collect()
}

fn is_found(mutant: Mutant, cases: &[Known]) -> bool {
    let protocol = format!("transactional:mutant={mutant}");
    let differs = |(case, sound): &Known| {
        explored(case, &protocol, BOUNDS.schedules).is_some_and(|found| found != *sound)
    };
    cases.iter().any(differs)
}

fn is_out_of_scope(mutant: Mutant) -> bool {
    OUT_OF_SCOPE.iter().any(|(other, _)| *other == mutant)
}

#[test]
fn every_mutant_in_scope_makes_a_difference() {
    let cases = cases(80, 12);
    let in_scope = Mutant::ALL.iter().filter(|mutant| !is_out_of_scope(**mutant));
    let missed: Vec<_> = in_scope.filter(|mutant| !is_found(**mutant, &cases)).collect();
    assert!(
        missed.is_empty(),
        "no case differs under {missed:?}; draw others, or say why they are out of scope"
    );
}

#[test]
fn no_mutant_is_out_of_scope_without_need() {
    let cases = cases(20, 3);
    let ends = OUT_OF_SCOPE.iter().filter(|(mutant, _)| *mutant != Mutant::RetriesForEver);
    let found: Vec<_> = ends.filter(|(mutant, _)| is_found(*mutant, &cases)).collect();
    assert!(found.is_empty(), "found although out of scope: {found:?}");
}
