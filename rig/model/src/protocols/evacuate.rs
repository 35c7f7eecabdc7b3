//! Evacuation: tasks in a cpuset that has lost its last CPU are moved to the nearest ancestor with CPUs, by ordinary
//! attaches of the protocol (`cpuset_hotplug_workfn` and `remove_tasks_in_empty_cpuset` of the kernel). It is the same
//! under every protocol.
use super::{Protocol, attach};
use crate::kernel::{CgroupId, ProcessId};
use crate::paths::admin::take_emptied;
use crate::paths::attach::Request;
use crate::seam::Current;
use crate::seam::event::{Outcome, Target};
use crate::world::{Pin, Process, World};
use smallvec::SmallVec;

type Inside<'w> = SmallVec<[(ProcessId, Pin<'w, Process>); 8]>;

/// Moves all tasks out of cpusets that lost their last CPU since the last call. Each process with a thread there moves
/// as a whole, until no task is left or nothing moves any more. Called without any lock.
pub fn evacuate<C: Current>(protocol: Protocol, cur: &C, world: &World) {
    for (cgroup, refuge) in take_emptied(cur, world) {
        while move_out(protocol, cur, world, cgroup, refuge) {}
    }
}

/// Runs one round and reports whether anything has moved.
fn move_out<C: Current>(
    protocol: Protocol,
    cur: &C,
    world: &World,
    cgroup: CgroupId,
    refuge: CgroupId,
) -> bool {
    let mut any = false;
    for (process, _pin) in inside(cur, world, cgroup) {
        let request = Request { target: Target::Process(process), dest: refuge, due_ns: None };
        let outcome = attach(protocol, cur, world, &request);
        any |= outcome.has_moved() || matches!(outcome, Outcome::Partial { .. });
    }
    any
}

/// Returns the processes with a thread in `cgroup`.
fn inside<'w, C: Current>(cur: &C, world: &'w World, cgroup: CgroupId) -> Inside<'w> {
    let hierarchy = *world.cgroup(cgroup).hierarchy;
    let list = world.tasklist_lock.lock(cur);
    let here = |process: &ProcessId| {
        list.of(*process).iter().any(|task| world.cgroup_of(cur, *task, hierarchy) == cgroup)
    };
    list.processes().filter(here).map(|process| (process, world.processes.pin(process.0))).collect()
}
