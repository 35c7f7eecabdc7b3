//! Whole cells on OS threads: invariants that protocols hold and violate, enough attaches, and agreement with the
//! simulator.
use model::checks::{Check, CheckSet, Needs};
use model::protocols::{Mutant, Protocol};
use model::seam::Costs;
use rig::driver::parity::differences;
use rig::driver::threads::{self, CellResult};
use rig::driver::{CellPlan, run_cell};
use rig::measure::cell::Cell;
use scenario::{Overrides, Scenario, built_in};

/// Returns a built-in scenario of that duration, for each engine.
pub(crate) fn scenario(name: &str, duration: &str) -> Scenario {
    let text = built_in::find(name).or_else(|| built_in::find_mutant(name)).expect("built in");
    let overrides = Overrides { duration: Some(duration.to_owned()), ..Overrides::default() };
    Scenario::parse_with(name, text, &overrides, &workloads::BuiltIn)
        .unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn on_threads(scenario: &Scenario, plan: &CellPlan) -> CellResult {
    threads::run_cell(scenario, plan, &Costs::default(), false).expect("there are threads")
}

pub(crate) fn violated(cell: &Cell) -> Vec<String> {
    let violated = cell.invariants.iter().filter(|invariant| invariant.violated > 0);
    violated
        .map(|invariant| format!("{} {}: {:?}", invariant.name, invariant.violated, invariant.first))
        .collect()
}

/// Runs `name` on both engines: one seed each, every protocol and fault rate.
fn agree(name: &str, on_sim: &str, on_machine: &str) -> Vec<Cell> {
    let (short, long) = (scenario(name, on_sim), scenario(name, on_machine));
    let simulated: Vec<_> =
        CellPlan::all(&short).iter().map(|plan| run_cell(&short, plan, &Costs::default()).cell).collect();
    let measured: Vec<_> = CellPlan::all(&long).iter().map(|plan| on_threads(&long, plan).cell).collect();
    for cell in &measured {
        assert_eq!(cell.ended, None, "{} {:?}", cell.subject, violated(cell));
    }
    let differences = differences(&simulated, &measured, &long.expect);
    let unexplained: Vec<_> = differences.iter().filter(|difference| difference.reason.is_none()).collect();
    assert!(unexplained.is_empty(), "{name}: {unexplained:#?}");
    measured
}

#[test]
fn both_engines_agree_on_the_default_scenario() {
    let cells = agree("default", "40ms", "300ms");
    for protocol in ["three-phase", "transactional", "prepare-undo", "prepare-undo:hold=locks"] {
        let mine = || cells.iter().filter(|cell| cell.subject.label() == protocol);
        // A small number, because the machine may be busy with other work.
        assert!(mine().map(|cell| cell.attach.outcomes["moved"]).sum::<u64>() > 9, "{protocol}");
        assert!(mine().map(|cell| cell.attach.overlaps).sum::<u64>() > 9, "{protocol}");
        assert!(mine().all(|cell| !cell.bystanders.is_empty() && !cell.locks.is_empty()), "{protocol}");
        let violated: Vec<String> = mine().flat_map(violated).collect();
        if protocol == "transactional" || protocol == "prepare-undo:hold=locks" {
            assert_eq!(violated, [""; 0], "{protocol}");
        } else {
            assert!(violated.iter().any(|words| words.starts_with("drift")), "{protocol}: {violated:?}");
        }
    }
}

#[test]
fn both_engines_agree_on_smaller_scenarios() {
    for name in ["near-limit", "mmap-sem", "cpuset-race", "all-tasks", "thrown"] {
        agree(name, "20ms", "40ms");
    }
}

#[test]
fn figures_of_a_cell_fit_together() {
    let scenario = scenario("default", "300ms");
    let protocol = Protocol::parse("transactional").expect("in the table");
    let cell = on_threads(&scenario, &CellPlan::alone(protocol, 1)).cell;
    let moved = cell.attach.outcomes["moved"];
    let raw = cell.attach.latency.iter().find(|series| series.outcome == "moved").expect("some moved");
    assert_eq!(raw.hist.count, moved);
    for phase in ["lock", "prepare", "switch", "finish", "unlock"] {
        let series = cell.attach.phases.iter().find(|series| series.phase == phase).expect(phase);
        assert_eq!(series.hist.count, moved, "{phase}");
        assert!(series.hist.total_ns <= raw.hist.total_ns, "{phase}");
    }
    let cgroup_mutex = cell.locks.iter().find(|row| row.class == "cgroup_mutex").expect("it was held");
    assert!(cgroup_mutex.acquisitions >= moved);
    assert_eq!(cgroup_mutex.hold.count, cgroup_mutex.acquisitions);
    assert_eq!(cgroup_mutex.wait.count, cgroup_mutex.contentions);
    let in_prepare =
        cgroup_mutex.hold_by_phase.iter().find(|hold| hold.phase == "prepare").expect("it was held");
    assert!(in_prepare.holds >= moved && in_prepare.total_ns <= cgroup_mutex.hold.total_ns);
    assert!(!cell.longest_holds.is_empty());
    let longest = cell.timelines.last().expect("some moved");
    assert_eq!(longest.latency_ns, raw.hist.max_ns);
    assert!(cell.timelines.iter().all(|line| line.who.starts_with("mover ")), "{:?}", cell.timelines);
    for line in &cell.timelines {
        assert_eq!(line.phases.last().map(|phase| phase.to_ns), Some(line.latency_ns));
        assert!(line.holds.iter().any(|hold| hold.lock.starts_with("cgroup_mutex")), "{line:?}");
        assert!(line.holds.iter().all(|hold| hold.from_ns <= hold.to_ns && hold.held_ns <= line.latency_ns));
    }
    let drift = cell.drift.first().expect("counters are listed");
    assert_eq!((drift.peak_over, drift.peak_under, drift.integral_abs_us), (None, None, None));
    assert!(cell.drift.iter().flat_map(|drift| &drift.series).all(|point| point.quiescent));
}

#[test]
fn what_is_not_judged_is_not_among_the_invariants() {
    let scenario = scenario("default", "20ms");
    let cell = on_threads(&scenario, &CellPlan::all(&scenario)[0]).cell;
    let unjudged = threads::unjudged(&scenario);
    assert_eq!(unjudged, [Check::StaleDecision, Check::SpuriousRefusal, Check::WrongGroup]);
    for check in unjudged {
        assert!(cell.invariants.iter().all(|invariant| invariant.name != check.name()));
    }
    assert_eq!(cell.invariants.len(), Check::ALL.len() - 3);
    assert_eq!(cell.sim, None);
}

/// Mutants that another check finds here than on the simulator, or that need another scenario. Two need an order of
/// all events, one needs the masks before, and one needs to know which move should have included a thread. Their
/// effects are seen at rest.
const OTHERWISE: [(&str, &str, Check); 4] = [
    ("wrong-group", "mutant-spread", Check::Drift),
    ("check-only", "mutant-tight", Check::Drift),
    ("abort-sets-masks", "mutant-busy", Check::Drift),
    ("half-switched", "mutant-forks", Check::PartialMove),
];

/// Returns the scenario and the check of a mutant.
fn place(mutant: Mutant) -> (&'static str, Check) {
    let otherwise = OTHERWISE.iter().find(|(name, ..)| *name == mutant.name());
    otherwise.map_or((mutant.scenario(), mutant.check()), |(_, scenario, check)| (*scenario, *check))
}

/// Reports whether that check, alone, finds a violation in a cell of that length.
fn finds((name, check): (&str, Check), mutant: Option<Mutant>, duration: &str) -> bool {
    let transactional = Protocol::parse("transactional").expect("in the table");
    let scenario = scenario(name, duration);
    let plan = CellPlan {
        fault_rate: scenario.fault_rates.first().copied(),
        checks: CheckSet::of(&[check]),
        ..CellPlan::alone(transactional.with_mutant(mutant), 1)
    };
    let cell = on_threads(&scenario, &plan).cell;
    assert!(cell.invariants.iter().all(|invariant| invariant.name == check.name()), "no other check is on");
    assert_eq!(cell.invariants.len(), 1, "{check} is judged in {name}");
    !violated(&cell).is_empty()
}

#[test]
fn every_mutant_that_leaves_a_trace_at_rest_is_caught() {
    let judged = |mutant: &&Mutant| place(**mutant).1.about().needs != Needs::TotalOrder;
    let unjudged: Vec<_> =
        Mutant::ALL.iter().filter(|mutant| !judged(mutant)).map(|mutant| mutant.name()).collect();
    assert_eq!(unjudged, ["reserved-in-sleep"], "a refused fork leaves every counter right");
    // The mutant is caught sooner or later: the machine decides which schedules occur.
    let is_caught = |mutant: &&Mutant| {
        let mut durations = ["20ms", "100ms", "300ms", "1s", "3s"].into_iter();
        durations.any(|duration| finds(place(**mutant), Some(**mutant), duration))
    };
    let missed: Vec<_> = Mutant::ALL
        .iter()
        .filter(judged)
        .filter(|mutant| !is_caught(mutant))
        .map(|mutant| mutant.name())
        .collect();
    assert_eq!(missed, [""; 0]);
}

#[test]
fn without_a_mutant_the_same_checks_find_nothing() {
    for (name, scenario, check) in OTHERWISE {
        assert!(!finds((scenario, check), None, "100ms"), "{name}: {check} in {scenario}");
    }
}

#[test]
fn real_pages_hold_the_same_invariants() {
    let scenario = scenario("default", "60ms");
    let transactional = Protocol::parse("transactional").expect("in the table");
    let result = threads::run_cell(&scenario, &CellPlan::alone(transactional, 1), &Costs::default(), true);
    let cell = result.expect("there is memory").cell;
    assert_eq!((cell.ended.as_deref(), violated(&cell)), (None, vec![]));
    let touches = cell.bystanders.iter().filter(|bystander| bystander.op == "touch");
    assert!(touches.map(|touch| touch.hist.count).sum::<u64>() > 0);
}
