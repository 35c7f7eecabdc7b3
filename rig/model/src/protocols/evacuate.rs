//! Evacuation: tasks in a cpuset that has lost its last CPU are moved to the nearest ancestor with CPUs, by ordinary
//! attaches of the protocol (`cpuset_hotplug_workfn` and `remove_tasks_in_empty_cpuset` of the kernel). It is the same
//! under every protocol.
//!
//! The scan is repeated until it finds no further thread (`cgroup_scan_tasks` of 2.6.26): a thread that was found may
//! have forked before it moved or exited. A thread whose move was refused is not tried again.
use super::{Protocol, attach};
use crate::kernel::{CgroupId, ProcessId, TaskId};
use crate::paths::admin::take_emptied;
use crate::paths::attach::Request;
use crate::seam::Current;
use crate::seam::event::{Outcome, Target};
use crate::world::{Pin, Process, Task, World};
use smallvec::SmallVec;

type Inside<'w> = SmallVec<[(ProcessId, Pin<'w, Process>); 8]>;

/// The threads that were found so far. The pins keep their ids from being used again.
type Tried<'w> = SmallVec<[(TaskId, Pin<'w, Task>); 8]>;

/// Moves all tasks out of cpusets that lost their last CPU since the last call. Each process with a thread there moves
/// as a whole. Called without any lock.
pub fn evacuate<C: Current>(protocol: Protocol, cur: &C, world: &World) {
    for (cgroup, refuge) in take_emptied(cur, world) {
        let mut tried = Tried::new();
        while move_out(protocol, cur, world, (cgroup, refuge), &mut tried) {}
    }
}

/// Runs one scan and reports whether it has found a thread that had not been tried.
fn move_out<'w, C: Current>(
    protocol: Protocol,
    cur: &C,
    world: &'w World,
    (cgroup, refuge): (CgroupId, CgroupId),
    tried: &mut Tried<'w>,
) -> bool {
    let found = inside(cur, world, cgroup, tried);
    for (process, _pin) in &found {
        let request = Request { target: Target::Process(*process), dest: refuge, due_ns: None };
        if let Outcome::Partial { .. } = attach(protocol, cur, world, &request) {
            // The attach stopped at the first thread that was refused, before those behind it.
            tried.retain(|(task, _)| world.task(*task).process_id() != *process);
        }
    }
    !found.is_empty()
}

/// Returns the processes with a thread in `cgroup` that was not tried, and notes these threads.
fn inside<'w, C: Current>(cur: &C, world: &'w World, cgroup: CgroupId, tried: &mut Tried<'w>) -> Inside<'w> {
    let hierarchy = *world.cgroup(cgroup).hierarchy;
    let list = world.tasklist_lock.lock(cur);
    let mut found = Inside::new();
    for process in list.processes() {
        let before = tried.len();
        for task in list.of(process).iter().copied() {
            let known = tried.iter().any(|(known, _)| *known == task);
            if !known && world.cgroup_of(cur, task, hierarchy) == cgroup {
                tried.push((task, world.tasks.pin(task.0)));
            }
        }
        if tried.len() > before {
            found.push((process, world.processes.pin(process.0)));
        }
    }
    found
}
