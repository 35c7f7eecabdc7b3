//! Built-in scenarios over several seeds: the invariants that are kept and violated, and enough attaches for a
//! verdict.
use model::checks::Check;
use model::seam::Costs;
use reports::axis::Axis;
use rig::driver::{CellPlan, run_cell};
use rig::measure::cell::Cell;
use scenario::{Scenario, built_in};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;

pub(crate) fn scenario(name: &str) -> Scenario {
    let text = built_in::find(name).expect("built in");
    Scenario::parse(name, text, &workloads::BuiltIn).unwrap_or_else(|error| panic!("{error}"))
}

/// Runs every cell of `scenario` on two threads.
pub(crate) fn cells(scenario: &Scenario) -> Vec<Cell> {
    let plans = Mutex::new(CellPlan::all(scenario).into_iter());
    let done = Mutex::new(BTreeMap::new());
    let costs = Costs::default();
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(plan) = plans.lock().expect("no panic").next() else { return };
                    let cell = run_cell(scenario, &plan, &costs).cell;
                    done.lock().expect("no panic").insert(plan.index, cell);
                }
            });
        }
    });
    done.into_inner().expect("no panic").into_values().collect()
}

fn violated(cell: &Cell) -> Vec<&str> {
    cell.invariants
        .iter()
        .filter(|invariant| invariant.violated > 0 && !is_the_price_of_reserving(&invariant.name))
        .map(|invariant| invariant.name.as_str())
        .collect()
}

fn is_the_price_of_reserving(invariant: &str) -> bool {
    Check::parse(invariant).is_some_and(Check::is_price_of_reserving)
}

fn keeps_everything(protocol: &str) -> bool {
    let locked = !protocol.contains("threadgroup=none") && !protocol.contains("net=sleep");
    locked && protocol.starts_with("transactional") || protocol == "prepare-undo:hold=locks"
}

/// Checks all seeds of a cell of `name`: protocols that reserve and lock keep every invariant, the others drift.
fn judge(name: &str, change: impl FnOnce(&mut Scenario)) -> Vec<Cell> {
    let mut scenario = scenario(name);
    change(&mut scenario);
    let cells = cells(&scenario);
    for cell in &cells {
        let which = format!("{name} {} {:?} seed {}", cell.subject, cell.point, cell.seed);
        assert_eq!(cell.ended, None, "{which}");
        // hold=locks keeps no spinlock, and what comes in an interrupt waits for no other lock.
        let interrupted = name == "net" && cell.subject.parts().family() == "prepare-undo";
        if keeps_everything(&cell.subject.parts().protocol) && !interrupted {
            assert_eq!(violated(cell), [""; 0], "{which}: {:?}", cell.invariants);
        }
        assert!(!violated(cell).contains(&"ledger"), "{which}: the books are wrong, whatever the protocol");
    }
    cells
}

#[test]
fn churn_violates_those_that_do_not_reserve_at_every_fault_rate() {
    let cells = judge("churn", |scenario| (scenario.seeds, scenario.duration_ns) = (4, 100_000_000));
    assert_eq!(cells.len(), 4 * 4 * 4);
    for cell in cells.iter().filter(|cell| !keeps_everything(&cell.subject.parts().protocol)) {
        let which = format!("{} {:?} seed {}", cell.subject, cell.point, cell.seed);
        assert!(violated(cell).contains(&"drift"), "{which}");
        if cell.subject.label() == "three-phase" {
            assert!(cell.drift.iter().any(|drift| drift.clamps > 0), "{which} clamps");
            assert!(cell.drift.iter().any(|drift| drift.drift_final != 0), "{which} ends with drift");
        }
    }
}

#[test]
fn a_longer_window_means_more_drift() {
    let cells = judge("window", |scenario| scenario.seeds = 2);
    let events = |delay_ns: u64| -> u64 {
        let of = cells.iter().filter(|cell| {
            cell.subject.label() == "three-phase" && cell.point.get(Axis::Delay) == Some(delay_ns)
        });
        of.flat_map(|cell| &cell.drift).map(|drift| drift.events).sum()
    };
    let steps = [0, 1000, 10_000, 100_000].map(events);
    assert!(steps.is_sorted_by(|a, b| a < b), "drift events at 0, 1, 10 and 100 us: {steps:?}");
}

#[test]
fn more_seeds_of_every_scenario_keep_what_is_to_be_kept() {
    for (name, _) in built_in::ALL {
        judge(name, |scenario| {
            (scenario.seed, scenario.seeds) = (1000, 2);
            scenario.duration_ns = scenario.duration_ns.min(60_000_000);
        });
    }
}

#[test]
fn any_number_of_cpus_works_and_more_of_them_get_more_done() {
    let mut done = Vec::new();
    for cpus in [1, 8, 64, 256] {
        let cells = judge("churn", |scenario| {
            scenario.duration_ns = 30_000_000;
            scenario.fault_rates = vec![10];
            for cgroup in &mut scenario.cgroups {
                cgroup.cpus = None;
            }
            scenario.cpus = cpus;
        });
        done.push(cells.iter().filter_map(|cell| cell.sim.as_ref()).map(|sim| sim.operations).sum::<u64>());
    }
    assert!(done[1] > 3 * done[0], "operations on 1, 8, 64 and 256 CPUs: {done:?}");
}

#[test]
fn the_plain_reader_deadlock_is_reported_and_never_hangs_the_tool() {
    let mut scenario = scenario("churn");
    scenario.protocols =
        vec![model::protocols::Protocol::parse("transactional:mmap-sem=plain").expect("known")];
    scenario.fault_rates = vec![0];
    let cells = cells(&scenario);
    assert_eq!(cells[0].ended.as_deref(), Some("deadlock"));
    assert_eq!(violated(&cells[0]), ["lock-order", "deadlock"], "because of the second read");
}
