//! Runs one cell on OS threads, for its duration by the machine's clock.
//!
//! The actors are the same as on the simulator. Each has its own `listener`. Whenever all threads rest, and at the end,
//! an `audit` checks the world. Checks that this engine cannot make are named by [`unjudged`] and are not among the
//! invariants of the cell. No two runs are the same.
mod audit;
mod listener;

use super::cell::{CellCurrent, fill};
use super::plan::CellPlan;
use super::spawn::{self, Starts};
use crate::measure::cell::{Cell, Records};
use crate::measure::{Recorder, Timelines};
use audit::Audit;
use engines::Interrupt;
use engines::threads::current::ThreadCurrent;
use engines::threads::{Counts, Finished, Refused, Setting, Threads};
use faults::Injector;
use listener::{Hub, Listener, ME};
use model::locks::held::HeldTable;
use model::locks::stats::LockStats;
use model::seam::{Costs, End};
use model::world::World;
use scenario::Scenario;
use std::sync::Arc;

/// Checks at rest in every cell, in addition to one at the end.
const LOOKS: u64 = 16;
/// Bounds of the time between two checks at rest, in ns.
const LOOK_EVERY_NS: std::ops::RangeInclusive<u64> = 2_000_000..=100_000_000;
/// Time that a cell may take after four times its length, in ns: thousands of threads may have to exit.
const DRAIN_NS: u64 = 3_000_000_000;

/// The outcome of a cell.
pub struct CellResult {
    /// Everything for `run.json`.
    pub cell: Cell,
    /// Operations of the workload.
    pub operations: u64,
    /// Numbers of threads, waits and rests.
    pub counts: Counts,
}

/// Returns the invariants that cells of `scenario` cannot judge on this engine.
#[must_use]
pub fn unjudged(scenario: &Scenario) -> Vec<model::checks::Check> {
    audit::unjudged(scenario)
}

/// Runs a cell.
///
/// # Errors
/// If the system refuses a thread or memory.
///
/// # Panics
/// If the world of a validated scenario cannot be built, which is a bug.
pub fn run_cell(
    scenario: &Scenario,
    plan: &CellPlan,
    costs: &Costs,
    real_pages: bool,
) -> Result<CellResult, Refused> {
    let result = run_cell_until(scenario, plan, (costs, real_pages), &Interrupt::never())?;
    Ok(result.expect("nothing interrupts it"))
}

/// Runs a cell; `None` when `interrupt` came before its end, because a partial cell does not count.
///
/// # Errors
/// As [`run_cell`].
///
/// # Panics
/// As [`run_cell`].
pub fn run_cell_until(
    scenario: &Scenario,
    plan: &CellPlan,
    (costs, real_pages): (&Costs, bool),
    interrupt: &Interrupt,
) -> Result<Option<CellResult>, Refused> {
    let world = World::new(plan.protocol.fit(scenario.world())).expect("a validated scenario");
    let hub = Hub::new(world.layout(), &world.opening(), plan.checks, scenario.warm_up_ns);
    let hub = Arc::new(hub);
    let mut audit = Audit::new(&world, &hub, scenario, plan.checks);
    let end_ns = scenario.warm_up_ns + scenario.duration_ns;
    let makes = Arc::clone(&hub);
    let mut threads = Threads::new(Setting {
        costs: costs.clone(),
        injector: Injector::new(plan.faults::<CellCurrent>(scenario), plan.seed),
        give_up_ns: end_ns.saturating_mul(4) + DRAIN_NS,
        rest_every_ns: (end_ns / LOOKS).clamp(*LOOK_EVERY_NS.start(), *LOOK_EVERY_NS.end()),
        real_pages,
        listener: Box::new(move || makes.listener()),
    })
    .until(interrupt.clone());
    spawn::start(&mut threads, scenario, plan, &world);
    let finished = threads.run(|at_ns| drop(audit.look(at_ns)))?;
    Ok((!finished.is_interrupted).then(|| record(scenario, plan, finished, audit, &hub)))
}

fn record(
    scenario: &Scenario,
    plan: &CellPlan,
    finished: Finished<Listener>,
    mut audit: Audit,
    hub: &Hub,
) -> CellResult {
    let Finished { end, now_ns, injector, listeners, counts, .. } = finished;
    let (mut locks, mut held) = (LockStats::default(), HeldTable::default());
    let mut recorder = Recorder::new(Arc::clone(hub.around()), scenario.warm_up_ns);
    for (actor, listener) in &listeners {
        recorder.merge(&listener.recorder);
        locks.merge(&listener.locks, *actor);
        held.take_over(*actor, &listener.held, ME);
        audit.checks.join(*actor, &listener.checks);
        audit.checks.moved_in_part(&listener.in_part);
    }
    let counters: Vec<_> = audit.checks.shadow().layout().counters().collect();
    for (controller, cgroup) in counters {
        let peak = hub.around().reserved_peak(controller, cgroup);
        audit.checks.reserved_at_most(controller, cgroup, peak);
    }
    let last = match &end {
        End::Done => Some(audit.look(now_ns)),
        End::Deadlock(waiting) => {
            audit.name_threads(&held);
            audit.checks.stuck(&held, waiting);
            None
        }
        End::Abandoned => {
            audit.checks.gave_up(&held, now_ns);
            None
        }
    };
    audit.checks.finish(now_ns);
    let records = Records {
        recorder: &recorder,
        locks: &locks,
        checks: &audit.checks,
        injector: &injector,
        last: last.as_ref(),
    };
    let mut cell = fill(scenario, plan, &records, |actor| audit.checks.shadow().who(actor), &end);
    for drift in &mut cell.drift {
        // Between two checks at rest the drift is unknown.
        (drift.peak_over, drift.peak_under, drift.integral_abs_us) = (None, None, None);
    }
    let of_threads: Vec<_> =
        listeners.iter().map(|(actor, listener)| (*actor, &listener.timelines)).collect();
    cell.timelines = records.timelines(&Timelines::of_all(&of_threads));
    cell.attach.lateness = records.lateness();
    CellResult { cell, operations: recorder.operations(), counts }
}

impl Starts<ThreadCurrent<Listener>> for Threads<Listener> {
    fn start<F: FnOnce(&ThreadCurrent<Listener>) + Send + 'static>(&mut self, body: F) {
        self.spawn(body);
    }
}
