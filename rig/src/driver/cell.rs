//! Runs one cell on the simulator and hands back what was recorded, in the form of the schema.
use super::admin::Admin;
use super::mover::{self, Mover};
use super::plan::CellPlan;
use super::scenario::{Movers, Moves, Scenario};
use super::watch::Watch;
use super::worker::{self, Role, Stage};
use crate::engine::Costs;
use crate::engine::event::Target;
use crate::engine::sim::current::SimCurrent;
use crate::engine::sim::time::Time;
use crate::engine::sim::{End, Finished, Sim};
use crate::kernel::{CgroupId, ProcessId};
use crate::measure::cell::{Cell, Records, SimCounts};
use crate::measure::recorder::Census;
use crate::world::World;
use faults::Injector;
use std::sync::Arc;
use std::time::Instant;
use workloads::ActorKey;

/// `Current` of a cell.
pub type CellCurrent = SimCurrent<Time, Watch>;

/// What a cell gives.
pub struct CellResult {
    /// Everything for `run.json`.
    pub cell: Cell,
    /// Wall time of simulating it, in ns.
    pub wall_ns: u64,
    /// Prepare callbacks entered.
    pub asked: u64,
    /// Attaches by mode, controller and outcome.
    pub census: Census,
    /// Steps that went on in place, beside the dispatches of [`Cell::sim`].
    pub in_place: u64,
}

/// What a cell may take after its end, in virtual ns: an attach with its grace period, and exits of what is left.
const DRAIN_NS: u64 = 100_000_000;

/// Golden-ratio increment of splitmix64: keeps the seeds of workloads apart.
const SEED_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Runs a cell.
///
/// # Panics
/// When the world of a validated scenario cannot be built: a bug of ours.
#[must_use]
pub fn run_cell(scenario: &Scenario, plan: &CellPlan, costs: &Costs) -> CellResult {
    let started = Instant::now();
    let world = World::new(scenario.world()).expect("a validated scenario");
    let watch = Watch::with(Arc::clone(&world), scenario.warm_up_ns, plan.checks);
    let end_ns = scenario.warm_up_ns + scenario.duration_ns;
    let time = Time::new(scenario.cpus, costs.clone(), end_ns.saturating_mul(4) + DRAIN_NS);
    let injector = Injector::new(scenario.fault_plan::<CellCurrent>(plan), plan.seed);
    let mut sim = Sim::new(time, watch, injector);
    let stage = Arc::new(Stage {
        world: Arc::clone(&world),
        protocol: plan.protocol,
        seed: plan.seed,
        end_ns,
        evacuates: scenario.takes_cpus_away(),
    });
    spawn_workers(&mut sim, scenario, &stage);
    spawn_movers(&mut sim, scenario, &stage);
    spawn_admins(&mut sim, scenario, &stage);
    let finished = sim.run();
    record(scenario, plan, finished, started)
}

fn spawn_workers(sim: &mut Sim<Time, Watch>, scenario: &Scenario, stage: &Arc<Stage>) {
    let mut next = 0;
    for (at, workload) in scenario.workloads.iter().enumerate() {
        let plan = Arc::new(workload.plan.clone());
        let seed = stage.seed.wrapping_add(SEED_STEP.wrapping_mul(at as u64 + 1));
        for process in 0..plan.processes() {
            for (thread, task) in stage.world.threads(ProcessId(next)).into_iter().enumerate() {
                let stage = Arc::clone(stage);
                let key = ActorKey::root(process, thread as u32);
                let role = Role { plan: Arc::clone(&plan), seed, key };
                // The slots of the first threads are named by movers, and never used again.
                std::mem::forget(stage.world.tasks.pin(task.0));
                sim.spawn(move |cur| worker::work(cur, &stage, task, &role));
            }
            std::mem::forget(stage.world.processes.pin(next));
            next += 1;
        }
    }
}

fn spawn_movers(sim: &mut Sim<Time, Watch>, scenario: &Scenario, stage: &Arc<Stage>) {
    let each = scenario.movers.iter().flat_map(|movers| (0..movers.count).map(move |_| movers));
    for (number, movers) in each.enumerate() {
        let task = match movers.moves {
            Moves::Adopt(controller) => mover::Task::Adopt(controller, stage.world.root(movers.hierarchy)),
            _ => {
                let between = movers.between.clone();
                mover::Task::Move { between, targets: targets(scenario, movers, &stage.world) }
            }
        };
        let mover = Mover { number: number as u32, pacing: movers.pacing, task };
        let stage = Arc::clone(stage);
        sim.spawn(move |cur| mover.work(cur, &stage));
    }
}

/// What movers move: everybody, or processes or threads of workloads that say so, and where in the list of destinations
/// they are at the start.
fn targets(scenario: &Scenario, movers: &Movers, world: &World) -> Vec<(Target, usize)> {
    let position = |cgroup: CgroupId| {
        movers.between.iter().position(|at| *at == cgroup).unwrap_or(movers.between.len() - 1)
    };
    if movers.moves == Moves::Everybody {
        return vec![(Target::All, movers.between.len() - 1)];
    }
    let mut targets = Vec::new();
    let mut next = 0;
    for workload in &scenario.workloads {
        let places = scenario.places(workload, movers.hierarchy);
        for process in (0..workload.plan.processes()).map(|p| ProcessId(next + p)) {
            if !workload.moved || places.is_empty() {
                continue;
            }
            if movers.moves == Moves::Processes {
                targets.push((Target::Process(process), position(places[0])));
            } else {
                let threads = world.threads(process).into_iter().zip(places.iter().cycle());
                targets.extend(threads.map(|(task, place)| (Target::Thread(task), position(*place))));
            }
        }
        next += workload.plan.processes();
    }
    targets
}

fn spawn_admins(sim: &mut Sim<Time, Watch>, scenario: &Scenario, stage: &Arc<Stage>) {
    for (number, admin) in scenario.admins.iter().enumerate() {
        let admin = Admin { number: number as u32, pacing: admin.pacing, act: admin.act.clone() };
        let stage = Arc::clone(stage);
        sim.spawn(move |cur| admin.work(cur, &stage));
    }
}

fn record(
    scenario: &Scenario,
    plan: &CellPlan,
    finished: Finished<Time, Watch>,
    started: Instant,
) -> CellResult {
    let Finished { end, policy, observer: mut watch, injector, accesses, actors, .. } = finished;
    let counts = policy.counts();
    let now = crate::engine::sim::Policy::now(&policy);
    let last = watch.finish(now, &end);
    let ended = match end {
        End::Done => None,
        End::Deadlock(_) => Some("deadlock".to_owned()),
        End::Abandoned => Some("no end: given up after four times its duration".to_owned()),
    };
    let records = Records {
        recorder: &watch.recorder,
        locks: &watch.locks,
        timelines: &watch.timelines,
        checks: &watch.judge.checks,
        injector: &injector,
        last: last.as_ref(),
    };
    let undoing = plan.protocol.undoing::<CellCurrent>(&scenario.controllers());
    let cell = Cell {
        protocol: plan.protocol.to_string(),
        fault_rate_percent: plan.fault_rate.map(u32::from),
        rate_per_s: scenario.rate_per_s(),
        delay_ns: plan.delay_ns,
        resident_pages: None,
        began_ns: None,
        seed: plan.seed,
        duration_ns: scenario.duration_ns,
        attach: records.attach(undoing),
        bystanders: records.bystanders(),
        locks: records.locks(),
        longest_holds: records.longest_holds(|actor| watch.judge.checks.shadow().who(actor)),
        drift: records.drift(),
        promises: records.promises(),
        faults: records.faults(),
        sim: Some(SimCounts {
            dispatches: counts.dispatches,
            accesses,
            context_switches: counts.context_switches,
            threads: actors,
            operations: watch.recorder.operations(),
        }),
        timelines: records.timelines(),
        ended,
    };
    let wall_ns = started.elapsed().as_nanos() as u64;
    CellResult {
        cell,
        wall_ns,
        in_place: counts.in_place,
        asked: watch.recorder.asked,
        census: watch.recorder.census,
    }
}
