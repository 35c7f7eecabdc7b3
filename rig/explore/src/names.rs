//! Names of kernel objects in terms of a litmus test: processes for address spaces, cgroups and controllers for
//! counters.
use super::litmus::Litmus;
use model::kernel::{CgroupId, Controller, CssSetId, TaskId};
use model::seam::{Class, Object};
use model::world::{Task, World};

/// Returns `p.0`, `p.1` and so on for every thread that was ever visible, by id. A forked thread has the next number of
/// its process; a forked process is named after the first process of the test, whichever process forked it: `p+1`.
#[must_use]
pub fn threads(litmus: &Litmus, world: &World) -> Vec<(TaskId, String)> {
    let mut processes: Vec<String> =
        litmus.spec.processes.iter().map(|process| process.name.clone()).collect();
    let mut next: Vec<usize> = litmus.spec.processes.iter().map(|process| process.cgroups.len()).collect();
    let mut named = Vec::new();
    let mut forked = 0;
    for id in (0..world.tasks.used()).map(TaskId) {
        if let Some(name) = litmus.thread(id.index()) {
            named.push((id, name.to_owned()));
        } else if was_born(world, id) {
            let process = world.task(id).process_id().index();
            if process >= processes.len() || next[process] == usize::MAX {
                while processes.len() <= process {
                    processes.push(String::new());
                    next.push(usize::MAX);
                }
                forked += 1;
                processes[process] = format!("{}+{forked}", litmus.spec.processes[0].name);
                next[process] = 0;
            }
            named.push((id, format!("{}.{}", processes[process], next[process])));
            next[process] += 1;
        }
    }
    named
}

/// Reports whether a thread was ever visible: it is in the list, or has been removed from it.
fn was_born(world: &World, id: TaskId) -> bool {
    is_live(world, id) || world.task(id).state.peek() == Task::EXITING
}

/// Reports whether a thread is visible.
#[must_use]
pub fn is_live(world: &World, id: TaskId) -> bool {
    world.threads(world.task(id).process_id()).contains(&id)
}

/// Returns the place of a thread: its cgroup in every hierarchy.
#[must_use]
pub fn place(world: &World, id: TaskId) -> String {
    let css = CssSetId(world.task(id).cgroups.peek());
    let names = world.spec.hierarchy_ids().map(|hierarchy| world.cgroup(css.cgroup(hierarchy)).name.as_str());
    names.collect::<Vec<_>>().join(",")
}

/// Returns the counter with that object number.
#[must_use]
pub fn counter(owner: u32) -> (CgroupId, Controller) {
    let count = Controller::COUNT as u32;
    (CgroupId(owner / count), Controller::ALL[(owner % count) as usize])
}

/// Names an object: `mmap_sem(p)`, `counter.lock(b.memrlimit)`.
#[must_use]
pub fn object(litmus: &Litmus, object: Object) -> String {
    let at = object.owner as usize;
    let process = litmus.spec.processes.get(at).map(|process| process.name.clone());
    let cgroup = |id: CgroupId| Some(litmus.spec.tree().name(id).to_owned());
    let whose = match object.class {
        Class::CounterLock => {
            let (id, controller) = counter(object.owner);
            cgroup(id).map(|name| format!("{name}.{controller}"))
        }
        Class::AllocLock | Class::TaskCgroups | Class::TaskState | Class::TaskCpus => {
            litmus.thread(at).map(str::to_owned)
        }
        Class::Frozen | Class::Removed => cgroup(CgroupId(object.owner)),
        Class::ThreadgroupRwsem
        | Class::ProcessMm
        | Class::ProcessLeader
        | Class::ExecWait
        | Class::MmapSem
        | Class::MoveLock
        | Class::PageTableLock
        | Class::TotalVm
        | Class::MmOwner => process,
        _ => None,
    };
    whose.map_or_else(|| object.to_string(), |whose| format!("{}({whose})", object.class.name()))
}
