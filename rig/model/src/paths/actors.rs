//! The actors that run tasks. An exec waits for threads that an actor runs, and ends the others itself.
use crate::kernel::TaskId;
use crate::seam::Current;
use crate::world::{Task, World};

/// Makes the current actor run `task` from now on. Returns false if the task was killed or is gone: a task that no
/// actor runs is ended by the actor that kills it.
pub fn adopt<C: Current>(cur: &C, world: &World, task: TaskId) -> bool {
    let list = world.tasklist_lock.lock(cur);
    let of = world.task(task);
    let there = list.of(of.process_id()).contains(&task) && of.state.load(cur) == Task::LIVE;
    if there {
        of.actor.store(cur, u64::from(cur.actor().0) + 1);
    }
    there
}

/// Makes the current actor stop running `task`, which lives on. Returns true if an exec has killed the task: then the
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
