//! What controllers do to the tasks and pages that move, whichever callback it happens in.
use super::attach::Member;
use super::charge::{Charge, charge, uncharge};
use crate::engine::{Current, Event, Work};
use crate::kernel::{CgroupId, Controller, MmId};
use crate::world::{Cpusets, World};
use faults::Errno;

/// Touched pages of `mm` whose record does not name `dest`; walks the page table.
pub fn count_records<C: Current>(cur: &C, world: &World, mm: MmId, dest: CgroupId) -> u64 {
    let (total, elsewhere) = {
        let records = world.mm(mm).page_table_lock.lock(cur);
        (records.total(), records.elsewhere(dest))
    };
    cur.work(Work::CountPage, total);
    elsewhere
}

/// Moves up to `pages` records of `mm` to `dest`, which has been charged for them, and uncharges where they were;
/// returns how many there were.
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

/// Moves one page's record to `dest`, charging it first. `Ok(false)` when there is none left to move.
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
pub fn set_masks<C: Current>(cur: &C, world: &World, cpusets: &Cpusets, dest: CgroupId, members: &[Member]) {
    let mask = cpusets.of_cgroup[dest.index()];
    for member in members {
        cur.work(Work::SetCpus, 1);
        world.task(member.task).cpus_allowed.store(cur, mask.word());
        cur.emit(Event::Mask { task: member.task, mask });
    }
}

/// Whether tasks may come to the cpuset.
///
/// # Errors
/// `ENOSPC` when it has no CPU.
pub fn has_cpus(cpusets: &Cpusets, dest: CgroupId) -> Result<(), Errno> {
    if cpusets.is_empty(dest) { Err(Errno::ENOSPC) } else { Ok(()) }
}
