//! Runs one cell on the simulator, and returns the records in the form of the schema.
use super::observer::Watch;
use super::plan::CellPlan;
use super::spawn::{self, Starts};
use crate::measure::cell::{Cell, Records, SimCounts};
use crate::measure::recorder::Census;
use engines::Interrupt;
use engines::sim::current::SimCurrent;
use engines::sim::time::Time;
use engines::sim::{Finished, Sim};
use faults::Injector;
use model::seam::{ActorId, Costs, End};
use model::world::World;
use scenario::Scenario;
use std::sync::Arc;
use std::time::Instant;

/// `Current` of a cell.
pub type CellCurrent = SimCurrent<Time, Watch>;

/// The outcome of a cell.
pub struct CellResult {
    /// Everything for `run.json`.
    pub cell: Cell,
    /// Wall time of simulating it, in ns.
    pub wall_ns: u64,
    /// Prepare callbacks entered.
    pub asked: u64,
    /// Attaches by mode, controller and outcome.
    pub census: Census,
    /// Steps that continued in place, not counted in the dispatches of [`Cell::sim`].
    pub in_place: u64,
}

/// Virtual time that a cell may take after its end, in ns: an attach with its grace period, and the exits of remaining
/// threads.
const DRAIN_NS: u64 = 100_000_000;

/// Runs a cell.
///
/// # Panics
/// If the world of a validated scenario cannot be built, which is a bug.
#[must_use]
pub fn run_cell(scenario: &Scenario, plan: &CellPlan, costs: &Costs) -> CellResult {
    run_cell_until(scenario, plan, costs, &Interrupt::never()).expect("nothing interrupts it")
}

/// Runs a cell; `None` when `interrupt` came before its end, because a partial cell does not count.
///
/// # Panics
/// As [`run_cell`].
#[must_use]
pub fn run_cell_until(
    scenario: &Scenario,
    plan: &CellPlan,
    costs: &Costs,
    interrupt: &Interrupt,
) -> Option<CellResult> {
    let started = Instant::now();
    let world = World::new(plan.protocol.fit(scenario.world())).expect("a validated scenario");
    let watch = Watch::with(Arc::clone(&world), scenario.warm_up_ns, plan.checks);
    let end_ns = scenario.warm_up_ns + scenario.duration_ns;
    let time =
        Time::new(scenario.cpus, costs.clone(), end_ns.saturating_mul(4) + DRAIN_NS).until(interrupt.clone());
    let injector = Injector::new(plan.faults::<CellCurrent>(scenario), plan.seed);
    let mut sim = Sim::new(time, watch, injector);
    spawn::start(&mut sim, scenario, plan, &world);
    let finished = sim.run();
    (!finished.policy.is_interrupted()).then(|| record(scenario, plan, finished, started))
}

fn record(
    scenario: &Scenario,
    plan: &CellPlan,
    finished: Finished<Time, Watch>,
    started: Instant,
) -> CellResult {
    let Finished { end, policy, observer: mut watch, injector, accesses, actors, .. } = finished;
    let counts = policy.counts();
    let now = engines::sim::Policy::now(&policy);
    let last = watch.finish(now, &end);
    let records = Records {
        recorder: &watch.recorder,
        locks: &watch.locks,
        checks: &watch.judge.checks,
        injector: &injector,
        last: last.as_ref(),
    };
    let sim = SimCounts {
        dispatches: counts.dispatches,
        accesses,
        context_switches: counts.context_switches,
        threads: actors,
        operations: watch.recorder.operations(),
    };
    let who = |actor| watch.judge.checks.shadow().who(actor);
    let timelines = records.timelines(&watch.timelines);
    let cell = Cell { sim: Some(sim), timelines, ..fill(scenario, plan, &records, who, &end) };
    let wall_ns = started.elapsed().as_nanos() as u64;
    CellResult {
        cell,
        wall_ns,
        in_place: counts.in_place,
        asked: watch.recorder.asked,
        census: watch.recorder.census,
    }
}

/// Builds the cell from these records, on any engine.
pub(super) fn fill(
    scenario: &Scenario,
    plan: &CellPlan,
    records: &Records<'_>,
    who: impl Fn(ActorId) -> String,
    end: &End,
) -> Cell {
    let undoing = plan.protocol.undoing::<CellCurrent>(&scenario.controllers());
    Cell {
        subject: plan.subject(),
        point: plan.point(scenario),
        began_ns: None,
        seed: plan.seed,
        duration_ns: scenario.duration_ns,
        attach: records.attach(undoing),
        bystanders: records.bystanders(),
        locks: records.locks(),
        longest_holds: records.longest_holds(who),
        drift: records.drift(),
        invariants: records.invariants(),
        faults: records.faults(),
        sim: None,
        timelines: Vec::new(),
        ended: match end {
            End::Done => None,
            End::Deadlock(_) => Some("deadlock".to_owned()),
            End::Abandoned => Some("no end: given up after four times its duration".to_owned()),
        },
    }
}

impl Starts<CellCurrent> for Sim<Time, Watch> {
    fn start<F: FnOnce(&CellCurrent) + Send + 'static>(&mut self, body: F) {
        self.spawn(body);
    }
}
