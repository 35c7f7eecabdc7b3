//! Which actor runs which task: an exec waits for threads that somebody runs, and ends the others itself.
use crate::kernel::TaskId;
use crate::seam::Current;
use crate::world::{Task, World};

/// The current actor runs `task` from now on. Returns whether it is still there to be run: who kills a task that nobody
/// runs ends it himself.
pub fn adopt<C: Current>(cur: &C, world: &World, task: TaskId) -> bool {
    let list = world.tasklist_lock.lock(cur);
    let of = world.task(task);
    let there = list.of(of.process_id()).contains(&task) && of.state.load(cur) == Task::LIVE;
    if there {
        of.actor.store(cur, u64::from(cur.actor().0) + 1);
    }
    there
}

/// The current actor stops running `task`, which lives on. Returns whether an exec has killed it meanwhile: then the
/// actor still has to exit for it.
pub fn disown<C: Current>(cur: &C, world: &World, task: TaskId) -> bool {
    let _list = world.tasklist_lock.lock(cur);
    let of = world.task(task);
    let killed = of.state.load(cur) == Task::KILLED;
    if !killed {
        of.actor.store(cur, 0);
    }
    killed
}
