//! Operations of controllers on the tasks and pages that move, for callbacks of every protocol.
use super::attach::{AttachState, Member, distinct};
use super::charge::{Charge, charge, uncharge};
use crate::kernel::{CgroupId, Controller, MmId};
use crate::seam::{Current, Event, Work};
use crate::world::{Cpusets, World};
use faults::Errno;
use smallvec::SmallVec;

/// Returns the number of touched pages of `mm` whose record does not name `dest`. Walks the page table.
pub fn count_records<C: Current>(cur: &C, world: &World, mm: MmId, dest: CgroupId) -> u64 {
    let (total, elsewhere) = {
        let records = world.mm(mm).page_table_lock.lock(cur);
        (records.total(), records.elsewhere(dest))
    };
    cur.work(Work::CountPage, total);
    elsewhere
}

/// Moves up to `pages` records of `mm` to `dest`, which has been charged for them, and uncharges their old cgroups.
/// Returns the number of records moved.
pub fn move_records<C: Current>(cur: &C, world: &World, mm: MmId, dest: CgroupId, pages: u64) -> u64 {
    let mut moved = 0;
    while moved < pages {
        let Some((from, taken)) = move_some(cur, world, mm, dest, pages - moved) else { break };
        cur.work(Work::MovePage, taken);
        uncharge(cur, world, Charge::new(Controller::Memory, from, taken));
        moved += taken;
    }
    moved
}

/// Charges `dest` for one page and moves a record to it. Returns `Ok(false)` if there is no record left to move.
///
/// # Errors
/// `ENOMEM` when `dest` is full.
pub fn charge_and_move_one<C: Current>(
    cur: &C,
    world: &World,
    mm: MmId,
    dest: CgroupId,
) -> Result<bool, Errno> {
    if world.mm(mm).page_table_lock.lock(cur).elsewhere(dest) == 0 {
        return Ok(false);
    }
    charge(cur, world, Charge::new(Controller::Memory, dest, 1))?;
    let moved = move_records(cur, world, mm, dest, 1);
    if moved == 0 {
        uncharge(cur, world, Charge::new(Controller::Memory, dest, 1));
    }
    Ok(moved == 1)
}

fn move_some<C: Current>(
    cur: &C,
    world: &World,
    mm: MmId,
    dest: CgroupId,
    pages: u64,
) -> Option<(CgroupId, u64)> {
    let mut records = world.mm(mm).page_table_lock.lock(cur);
    let (from, _) = records.first_elsewhere(dest)?;
    let taken = records.unmark(from, pages);
    records.mark(dest, taken);
    cur.emit(Event::Record { mm, cgroup: from, pages: -(taken as i64) });
    cur.emit(Event::Record { mm, cgroup: dest, pages: taken as i64 });
    Some((from, taken))
}

/// Gives every member the mask of its new cpuset. Under `callback_mutex`.
pub fn set_masks<C: Current>(cur: &C, world: &World, cpusets: &Cpusets, members: &[Member]) {
    for member in members {
        let mask = cpusets.of_cgroup[member.to.index()];
        cur.work(Work::SetCpus, 1);
        world.task(member.task).cpus_allowed.store(cur, mask.word());
        cur.emit(Event::Mask { task: member.task, mask });
    }
}

/// Checks that all destination cpusets have CPUs.
///
/// # Errors
/// `ENOSPC` when one has no CPU.
pub fn have_cpus<C: Current>(cur: &C, cpusets: &Cpusets, state: &AttachState<'_>) -> Result<(), Errno> {
    for cgroup in state.destinations() {
        if cpusets.is_empty(cgroup) {
            return Err(Errno::ENOSPC);
        }
        cur.emit(Event::Admitted { controller: Controller::Cpuset, cgroup, mm: None });
    }
    Ok(())
}

/// Checks that no source and no destination is frozen. A controller that joins moves no task.
///
/// # Errors
/// `EBUSY` when one of these cgroups is frozen.
pub fn is_thawed<C: Current>(cur: &C, state: &AttachState<'_>) -> Result<(), Errno> {
    let world = state.world;
    let moving = || state.members.iter().filter(|member| member.from.is_some());
    let places = moving().flat_map(|member| member.from.into_iter().chain([member.to]));
    for cgroup in distinct(places) {
        cur.work(Work::Check, 1);
        if world.cgroup(cgroup).frozen.load(cur) == 1 {
            return Err(Errno::EBUSY);
        }
        cur.emit(Event::Admitted { controller: Controller::Freezer, cgroup, mm: None });
    }
    Ok(())
}

/// Numbers of tasks, by cgroup.
pub type Tasks = SmallVec<[(CgroupId, u64); 4]>;

/// Returns the number of tasks of each cgroup in a list of the tasks' cgroups.
pub fn count_tasks(cgroups: impl Iterator<Item = CgroupId>) -> Tasks {
    let mut tasks = Tasks::new();
    for cgroup in cgroups {
        match tasks.iter_mut().find(|(known, _)| *known == cgroup) {
            Some((_, n)) => *n += 1,
            None => tasks.push((cgroup, 1)),
        }
    }
    tasks
}

/// Charges tasks to their cgroups, all or none of them. `reserve`: as a reservation. Under `numtasks.lock`.
///
/// # Errors
/// `EAGAIN` when one is full.
pub fn charge_tasks<C: Current>(cur: &C, world: &World, tasks: &Tasks, reserve: bool) -> Result<(), Errno> {
    for (at, (cgroup, n)) in tasks.iter().copied().enumerate() {
        let what = Charge { controller: Controller::Numtasks, cgroup, pages: n, reserve };
        if charge(cur, world, what).is_err() {
            uncharge_tasks(cur, world, &tasks[..at], reserve);
            return Err(Errno::EAGAIN);
        }
    }
    Ok(())
}

/// Uncharges tasks. Under `numtasks.lock`.
pub fn uncharge_tasks<C: Current>(cur: &C, world: &World, tasks: &[(CgroupId, u64)], reserve: bool) {
    for (cgroup, n) in tasks.iter().copied() {
        uncharge(cur, world, Charge { controller: Controller::Numtasks, cgroup, pages: n, reserve });
    }
}
