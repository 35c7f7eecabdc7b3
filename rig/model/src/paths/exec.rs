//! exec: the other threads exit, and the caller leads the process, with a new and empty address space.
//!
//! The other threads exit as usual, before the caller takes `threadgroup_rwsem`. Waiting for them under it would
//! deadlock with a mover that queues for writing, because they read it to exit.
use super::exit::{exit, tear_down};
use super::fork::new_mm;
use super::mm::mm_of;
use super::{operation, threadgroup};
use crate::kernel::{ProcessId, TaskId};
use crate::seam::event::OpKind;
use crate::seam::{Class, Current, Object, Wait, Work};
use crate::world::{Task, World};
use faults::Errno;
use smallvec::SmallVec;

/// Replaces the caller's program.
///
/// # Errors
/// `EAGAIN` when another thread's exec came first; the caller has been killed.
pub fn exec<C: Current>(cur: &C, world: &World, task: TaskId) -> Result<(), Errno> {
    let old = mm_of(cur, world, task);
    let process = world.task(task).process_id();
    // Threads without an actor end before the operation begins, because their exits are operations of their own.
    for thread in kill_others(cur, world, process, task)? {
        exit(cur, world, thread)?;
    }
    operation(cur, OpKind::Exec, old, || {
        cur.work(Work::Syscall, 1);
        wait_alone(cur, world, process, task)?;
        let group = threadgroup::change(cur, world, process);
        cur.work(Work::Exec, 1);
        tear_down(cur, world, old);
        let new = new_mm(cur, world, task, 0);
        world.process(process).mm.store(cur, new.word());
        world.process(process).leader.store(cur, task.word());
        world.task(task).state.store(cur, Task::LIVE);
        drop(group);
        Ok(())
    })
}

/// Marks the other threads killed and returns those that no actor runs.
fn kill_others<C: Current>(
    cur: &C,
    world: &World,
    process: ProcessId,
    task: TaskId,
) -> Result<SmallVec<[TaskId; 8]>, Errno> {
    let mut list = world.tasklist_lock.lock(cur);
    if world.task(task).state.load(cur) != Task::LIVE {
        return Err(Errno::EAGAIN);
    }
    world.task(task).state.store(cur, Task::EXECING);
    let mut without_actor = SmallVec::new();
    for other in list.of(process).iter().copied().filter(|other| *other != task) {
        world.task(other).state.store(cur, Task::KILLED);
        if world.task(other).actor.load(cur) == 0 {
            without_actor.push(other);
        }
    }
    let waiters = list.take_waiters(process);
    drop(list);
    for who in waiters {
        cur.wake(who);
    }
    Ok(without_actor)
}

/// Waits until the caller is the only thread.
fn wait_alone<C: Current>(cur: &C, world: &World, process: ProcessId, task: TaskId) -> Result<(), Errno> {
    loop {
        {
            let mut list = world.tasklist_lock.lock(cur);
            if world.task(task).state.load(cur) != Task::EXECING {
                return Err(Errno::EAGAIN);
            }
            if list.of(process).len() == 1 {
                return Ok(());
            }
            list.wait(process, cur.actor());
        }
        cur.wait(Object { class: Class::ExecWait, owner: process.0 }, Wait::Sleep);
    }
}

/// Reports whether an exec of another thread has killed `task`, which then has to exit.
pub fn killed<C: Current>(cur: &C, world: &World, task: TaskId) -> bool {
    world.task(task).state.load(cur) == Task::KILLED
}
