//! Events that a fault throws into the middle of an attach, as they happen on a real system. Each is an actor of its
//! own, which waits for the locks that the attach holds.
use super::Subject;
use crate::kernel::{CgroupId, Controller, TaskId};
use crate::paths::{actors, admin, exit, fork};
use crate::seam::event::Who;
use crate::seam::{Current, Event};
use crate::world::{Task, World};
use faults::{Site, Thrown};
use std::sync::Arc;

/// The time until a CPU, a limit or a cgroup is restored, in ns.
const AWAY_NS: u64 = 50_000;

/// Starts the actor that does `what`.
pub(super) fn throw<C: Current>(cur: &C, site: Site, subject: &Subject<'_>, what: Thrown) {
    let world = subject.world.shared();
    let dest = subject.dest;
    match (what, subject.task) {
        (Thrown::Exit | Thrown::Fork, None) => {}
        (Thrown::Exit | Thrown::Fork, Some(task)) => on_task(cur, site, world, task, what == Thrown::Exit),
        (Thrown::OfflineCpu, _) => start(cur, site, move |cur| cpu_away(cur, &world, dest)),
        (Thrown::LowerLimit, _) => start(cur, site, move |cur| limit_away(cur, &world, dest)),
        (Thrown::Rmdir, _) => start(cur, site, move |cur| cgroup_away(cur, &world, dest)),
    }
}

fn start<C: Current>(cur: &C, site: Site, body: impl FnOnce(&C) + Send + 'static) {
    cur.spawn(move |cur: &C| {
        cur.emit(Event::Start(Who::Fault(site)));
        body(cur);
    });
}

/// Starts an actor that ends `task` or lets it fork, and that pins its slots until then.
fn on_task<C: Current>(cur: &C, site: Site, world: Arc<World>, task: TaskId, ends: bool) {
    let process = world.task(task).process_id();
    std::mem::forget(world.tasks.pin(task.0));
    std::mem::forget(world.processes.pin(process.0));
    start(cur, site, move |cur: &C| {
        if ends {
            kill(cur, &world, task);
        } else {
            fork_once(cur, &world, task);
        }
        world.tasks.retire(task.0);
        world.processes.retire(process.0);
    });
}

/// Makes the task exit: at once if no actor runs it, else as soon as its operation ends.
fn kill<C: Current>(cur: &C, world: &World, task: TaskId) {
    let of = world.task(task);
    let unattended = {
        let list = world.tasklist_lock.lock(cur);
        if !list.of(of.process_id()).contains(&task) || of.state.load(cur) != Task::LIVE {
            return;
        }
        of.state.store(cur, Task::KILLED);
        of.actor.load(cur) == 0
    };
    if unattended {
        let _ = exit::exit(cur, world, task);
    }
}

/// Makes the task fork a thread, which exits.
fn fork_once<C: Current>(cur: &C, world: &World, task: TaskId) {
    if let Ok(child) = fork::fork_thread(cur, world, task)
        && actors::adopt(cur, world, child)
    {
        let _ = exit::exit(cur, world, child);
    }
}

fn cpu_away<C: Current>(cur: &C, world: &World, dest: CgroupId) {
    let cpusets = world.callback_mutex.lock(cur);
    let Some(cpu) = cpusets.written[dest.index()].last() else { return };
    let named = cpusets.naming(cpu);
    drop(cpusets);
    if admin::offline_cpu(cur, world, cpu).is_ok() {
        cur.sleep_until(cur.now() + AWAY_NS);
        let _ = admin::online_cpu(cur, world, cpu);
        admin::write_back(cur, world, named);
    }
}

/// Lowers the limits of the destination to its usage, and restores them later.
fn limit_away<C: Current>(cur: &C, world: &World, dest: CgroupId) {
    let here = |controller: &Controller| world.cgroup(dest).counters[controller.index()].is_some();
    let limited = || Controller::ALL.into_iter().filter(here);
    for controller in limited() {
        let usage = world.counter(controller, dest).lock(cur).usage;
        let _ = admin::set_limit(cur, world, (controller, dest), usage, false);
    }
    cur.sleep_until(cur.now() + AWAY_NS);
    for controller in limited() {
        let limit = world.spec.limit(dest, controller);
        let _ = admin::set_limit(cur, world, (controller, dest), limit, false);
    }
}

fn cgroup_away<C: Current>(cur: &C, world: &World, dest: CgroupId) {
    if admin::rmdir(cur, world, dest).is_ok() {
        cur.sleep_until(cur.now() + AWAY_NS);
        let _ = admin::mkdir(cur, world, dest);
    }
}
