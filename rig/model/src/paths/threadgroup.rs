//! The lock between an attach and the fork, exit and exec of the threads that it moves. The protocol's option
//! `threadgroup` decides which lock that is, the same for movers and for threads ([`Threadgroup`]).
use super::attach::process_of;
use crate::kernel::{ProcessId, Threadgroup};
use crate::locks::{ReadGuard, WriteGuard};
use crate::seam::event::Target;
use crate::seam::{Current, Work};
use crate::world::World;
use smallvec::SmallVec;

/// The locks that a mover holds for writing.
pub type Threadgroups<'a, C> = SmallVec<[WriteGuard<'a, (), C>; 1]>;

/// Lets a thread of `process` fork, exit or exec until the guard is dropped: no attach that excludes it is under way.
pub(super) fn change<'a, C: Current>(
    cur: &'a C,
    world: &'a World,
    process: ProcessId,
) -> Option<ReadGuard<'a, (), C>> {
    match world.spec.threadgroup {
        Threadgroup::None => None,
        Threadgroup::Process => Some(world.process(process).threadgroup_rwsem.read(cur)),
        Threadgroup::Global => Some(world.threadgroup_rwsem.read(cur)),
    }
}

/// Excludes fork, exit and exec until the guards are dropped: of the target's process, or of every process if the
/// target is all tasks. Holding the locks of more than one process requires `cgroup_mutex`.
pub(super) fn exclude<'a, C: Current>(
    cur: &'a C,
    world: &'a World,
    threadgroup: Threadgroup,
    target: Target,
) -> Threadgroups<'a, C> {
    match (threadgroup, process_of(world, target)) {
        (Threadgroup::None, _) => SmallVec::new(),
        (Threadgroup::Global, _) => SmallVec::from_iter([world.threadgroup_rwsem.write(cur)]),
        (Threadgroup::Process, Some(process)) => SmallVec::from_iter([exclude_one(cur, world, process)]),
        (Threadgroup::Process, None) => exclude_each(cur, world),
    }
}

fn exclude_one<'a, C: Current>(cur: &'a C, world: &'a World, process: ProcessId) -> WriteGuard<'a, (), C> {
    let process = world.process(process);
    loop {
        let leader = process.leader.load(cur);
        let guard = process.threadgroup_rwsem.write(cur);
        if process.leader.load(cur) == leader {
            return guard;
        }
    }
}

/// Locks every process. A locked process forks no other, so the loop ends.
fn exclude_each<'a, C: Current>(cur: &'a C, world: &'a World) -> Threadgroups<'a, C> {
    let mut locked: SmallVec<[ProcessId; 8]> = SmallVec::new();
    let mut guards = SmallVec::new();
    loop {
        let next = {
            let list = world.tasklist_lock.lock(cur);
            cur.work(Work::WalkTask, 1);
            list.processes().find(|process| !locked.contains(process))
        };
        let Some(process) = next else { return guards };
        locked.push(process);
        guards.push(exclude_one(cur, world, process));
    }
}
