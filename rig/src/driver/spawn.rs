//! The actors of a cell: workers, movers, admins and interrupts of a scenario, started on whichever engine runs it.
use super::admin::Admin;
use super::interrupt::Interrupt;
use super::mover::{self, Mover};
use super::plan::CellPlan;
use super::worker::{self, Role, WorkerContext};
use model::kernel::{CgroupId, ProcessId};
use model::seam::Current;
use model::seam::event::Target;
use model::world::World;
use scenario::{Movers, Moves, Scenario};
use std::sync::Arc;
use workloads::ActorKey;

/// An engine on which actors can be started before it runs.
pub(super) trait Starts<C> {
    /// Starts one actor.
    fn start<F: FnOnce(&C) + Send + 'static>(&mut self, body: F);
}

/// Golden-ratio increment of splitmix64: makes the seeds of workloads independent.
const SEED_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Starts all actors. None of them runs yet.
pub(super) fn start<C: Current>(
    starts: &mut impl Starts<C>,
    scenario: &Scenario,
    plan: &CellPlan,
    world: &Arc<World>,
) {
    let stage = Arc::new(WorkerContext {
        world: Arc::clone(world),
        protocol: plan.protocol,
        seed: plan.seed,
        end_ns: scenario.warm_up_ns + scenario.duration_ns,
        evacuates: scenario.takes_cpus_away(),
    });
    workers(starts, scenario, &stage);
    movers(starts, scenario, &stage);
    admins(starts, scenario, &stage);
    interrupts(starts, scenario, &stage);
}

fn workers<C: Current>(starts: &mut impl Starts<C>, scenario: &Scenario, stage: &Arc<WorkerContext>) {
    let mut next = 0;
    for (at, workload) in scenario.workloads.iter().enumerate() {
        let plan = Arc::new(workload.plan.clone());
        let seed = stage.seed.wrapping_add(SEED_STEP.wrapping_mul(at as u64 + 1));
        for process in 0..plan.processes() {
            for (thread, task) in stage.world.threads(ProcessId(next)).into_iter().enumerate() {
                let stage = Arc::clone(stage);
                let key = ActorKey::root(process, thread as u32);
                let role = Role { plan: Arc::clone(&plan), seed, key };
                // Movers name the slots of the first threads, so these slots are never reused.
                std::mem::forget(stage.world.tasks.pin(task.0));
                starts.start(move |cur| worker::work(cur, &stage, task, &role));
            }
            std::mem::forget(stage.world.processes.pin(next));
            next += 1;
        }
    }
}

fn movers<C: Current>(starts: &mut impl Starts<C>, scenario: &Scenario, stage: &Arc<WorkerContext>) {
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
        starts.start(move |cur| mover.work(cur, &stage));
    }
}

/// Returns the targets of movers: all tasks, or the processes or threads of workloads with `move = true`, each with its
/// initial position in the list of destinations.
fn targets(scenario: &Scenario, movers: &Movers, world: &World) -> Vec<(Target, usize)> {
    let position = |cgroup: CgroupId| {
        movers.between.iter().position(|at| *at == cgroup).unwrap_or(movers.between.len() - 1)
    };
    if movers.moves == Moves::All {
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

fn admins<C: Current>(starts: &mut impl Starts<C>, scenario: &Scenario, stage: &Arc<WorkerContext>) {
    for (number, admin) in scenario.admins.iter().enumerate() {
        let admin = Admin { number: number as u32, pacing: admin.pacing, act: admin.act.clone() };
        let stage = Arc::clone(stage);
        starts.start(move |cur| admin.work(cur, &stage));
    }
}

fn interrupts<C: Current>(starts: &mut impl Starts<C>, scenario: &Scenario, stage: &Arc<WorkerContext>) {
    for (number, source) in scenario.interrupts.iter().enumerate() {
        let scenario::Interrupt { what, packets, processes, pacing } = source.clone();
        let interrupt = Interrupt { number: number as u32, what, packets, processes, pacing };
        let stage = Arc::clone(stage);
        starts.start(move |cur| interrupt.work(cur, &stage));
    }
}
