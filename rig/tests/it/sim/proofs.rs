//! Evidence that a passing run means something: mutants are caught, every prepare position leaves no trace when it
//! fails, and random scenarios hold every invariant. `attach-rig selftest` does the same in larger sizes.
use engines::Interrupt;
use model::checks::Check;
use model::protocols::Protocol;
use model::seam::Costs;
use reports::outcome::AttachOutcome::{Gone, Moved, Noop, Refused};
use rig::driver::positions;
use rig::driver::random;
use rig::driver::selftest::{controllers, draw, mutants, run_mutant, without_mutants};
use rig::measure::recorder::Census;
use scenario::Scenario;
use std::path::Path;

#[test]
fn every_mutant_is_caught_by_the_check_that_it_names() {
    let (costs, never) = (Costs::default(), Interrupt::never());
    assert!(mutants().len() >= 20);
    let missed: Vec<_> = mutants()
        .iter()
        .filter_map(|c| run_mutant(*c, 2, &costs, &never))
        .filter(|flight| flight.red == 0)
        .collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn every_check_has_a_mutant() {
    let with: Vec<_> = mutants().iter().map(|mutant| mutant.check()).collect();
    let without: Vec<_> = Check::ALL.iter().filter(|check| !with.contains(check)).collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn the_same_runs_without_mutants_are_green() {
    let found = without_mutants(3, &Costs::default(), &Interrupt::never());
    for (name, violated) in found.expect("nothing interrupts it") {
        assert!(violated.is_empty(), "{name}: {violated:?}");
    }
}

/// Tries every prepare position of `protocol` with those controllers in that mode. Returns their number, and how many
/// left a trace.
fn tried(protocol: &str, set: &[&str], mode: &str) -> (u64, usize) {
    let files = workloads::Folder::new(Path::new("."));
    let scenario = Scenario::parse("quiet", &positions::quiet(set, mode), &files).expect("reads");
    let protocol = Protocol::parse(protocol).expect("known");
    let found = positions::try_all(&scenario, protocol, 1, (&Costs::default(), &Interrupt::never()))
        .expect("nothing interrupts it");
    assert_eq!(found.in_callbacks(), found.callbacks, "{protocol} {mode} {set:?}: positions and callbacks");
    (found.total(), found.traces.len())
}

/// Returns all sets of controllers.
fn sets() -> Vec<Vec<&'static str>> {
    let names = controllers().map(model::kernel::Controller::name);
    let set = |bits: u32| (0..names.len()).filter(move |at| bits & (1 << at) != 0);
    (1..1 << names.len()).map(|bits| set(bits).map(|at| names[at]).collect()).collect()
}

#[test]
fn no_position_of_transactional_leaves_a_trace_and_three_phase_stops_in_the_middle() {
    let mut traces = [0; 2];
    for mode in ["thread", "process", "all", "adopt"] {
        for set in sets() {
            let (positions, left) = tried("transactional", &set, mode);
            assert!(positions > 0 && left == 0, "{mode} {set:?}: {left} of {positions} left a trace");
            let which = usize::from(matches!(mode, "process" | "all"));
            traces[which] += tried("three-phase", &set, mode).1;
        }
    }
    assert_eq!(traces[0], 0, "one thread at a time is refused whole");
    assert!(traces[1] > 100, "{} positions left a process or all tasks moved in part", traces[1]);
}

#[test]
fn two_thousand_random_scenarios_hold_every_invariant_and_cover_everything() {
    let costs = Costs::default();
    let mut census = Census::new();
    for seed in 1..=2000 {
        let drawn = draw(seed, "transactional", &costs, &Interrupt::never());
        let drawn = drawn.expect("the generator writes what reads").expect("nothing interrupts it");
        assert!(
            drawn.violated.is_empty(),
            "{:?}; replay: attach-rig selftest --random 1 --seed {seed}",
            drawn.violated
        );
        drawn.census.into_iter().for_each(|(key, n)| *census.entry(key).or_insert(0) += n);
    }
    for mode in ["thread", "process", "all", "adopt"] {
        for controller in random::MOUNTED {
            for outcome in [Moved, Noop, Refused, Gone] {
                // A controller that joins never finds a task that is already charged.
                let possible = (mode, outcome) != ("adopt", Noop);
                let n = census.get(&(mode, controller, outcome)).copied().unwrap_or(0);
                assert!(n > 0 || !possible, "no attach of mode {mode} with {controller} was {outcome}");
            }
        }
    }
}
