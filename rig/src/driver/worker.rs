//! A modelled thread at work: takes operations from its stream and performs them until the end of the cell.
use model::kernel::TaskId;
use model::paths::{actors, exec, exit, fork, mm};
use model::protocols::Protocol;
use model::seam::event::Who;
use model::seam::{Current, Event};
use model::world::World;
use std::sync::Arc;
use workloads::{ActorKey, Op, WorkloadPlan};

/// Data that all actors of a cell share.
pub(super) struct WorkerContext {
    pub(super) world: Arc<World>,
    pub(super) protocol: Protocol,
    pub(super) seed: u64,
    /// Time at which operations stop, in ns.
    pub(super) end_ns: u64,
    /// True if CPUs may go offline, so that tasks may have to leave their cpusets.
    pub(super) evacuates: bool,
}

/// The source of a thread's stream.
#[derive(Clone)]
pub(super) struct Role {
    pub(super) plan: Arc<WorkloadPlan>,
    /// The seed of its workload; each workload has a different one.
    pub(super) seed: u64,
    pub(super) key: ActorKey,
}

/// The effect of an operation on its thread.
enum After {
    GoOn,
    Ended,
}

/// Runs `task` until its stream or the cell ends.
pub(super) fn work<C: Current>(cur: &C, stage: &Arc<WorkerContext>, task: TaskId, role: &Role) {
    cur.emit(Event::Start(Who::Task(task)));
    if !actors::adopt(cur, &stage.world, task) {
        return;
    }
    for op in role.plan.stream(role.seed, &role.key) {
        if cur.now() >= stage.end_ns {
            break;
        }
        if exec::killed(cur, &stage.world, task) {
            let _ = exit::exit(cur, &stage.world, task);
            return;
        }
        if let After::Ended = perform(cur, stage, task, role, op) {
            return;
        }
    }
    if actors::disown(cur, &stage.world, task) {
        let _ = exit::exit(cur, &stage.world, task);
    }
}

/// Performs one operation. A failure is recorded by its own events, and the thread goes on.
fn perform<C: Current>(cur: &C, stage: &Arc<WorkerContext>, task: TaskId, role: &Role, op: Op) -> After {
    let world = &stage.world;
    match op {
        Op::Mmap { pages } => drop(mm::mmap(cur, world, task, u64::from(pages))),
        Op::Munmap { pages } => drop(mm::munmap(cur, world, task, u64::from(pages))),
        Op::Touch { pages } => drop(mm::touch(cur, world, task, u64::from(pages))),
        Op::Release { pages } => drop(mm::release(cur, world, task, u64::from(pages))),
        Op::ForkThread { child } => start(cur, stage, fork::fork_thread(cur, world, task).ok(), role, child),
        Op::ForkProcess { child } => {
            start(cur, stage, fork::fork_process(cur, world, task).ok(), role, child);
        }
        Op::Exec => drop(exec::exec(cur, world, task)),
        Op::Exit => {
            let _ = exit::exit(cur, world, task);
            return After::Ended;
        }
        Op::Think { ns } => cur.sleep_until((cur.now() + ns).min(stage.end_ns)),
    }
    After::GoOn
}

/// Gives a new thread an actor. The thread's slot is reserved until the actor has adopted it.
fn start<C: Current>(cur: &C, stage: &Arc<WorkerContext>, task: Option<TaskId>, role: &Role, child: u32) {
    let Some(task) = task else { return };
    std::mem::forget(stage.world.tasks.pin(task.0));
    let stage = Arc::clone(stage);
    let role = Role { key: role.key.child(child), ..role.clone() };
    cur.spawn(move |cur: &C| {
        work(cur, &stage, task, &role);
        stage.world.tasks.retire(task.0);
    });
}
