//! mmap, munmap, touch and release.
//!
//! mmap charges before `total_vm` rises, and munmap uncharges after it has fallen, both under `mmap_sem`. The cgroup is
//! found through `mm->owner`. touch charges before it marks the page, and release unmarks before it uncharges, both
//! under `mmap_sem` and `move_lock` for reading.
use super::charge::{Charge, charge, uncharge};
use super::operation;
use crate::kernel::{CgroupId, Controller, MmId, TaskId};
use crate::seam::event::OpKind;
use crate::seam::{Current, Event, Work};
use crate::world::{Mm, MmapError, World};
use faults::{Errno, Fault, Site};

/// Returns the address space of `task`.
pub(super) fn mm_of<C: Current>(cur: &C, world: &World, task: TaskId) -> MmId {
    let process = world.process(world.task(task).process_id());
    MmId::from_word(process.mm.load(cur))
}

/// Maps `pages` more.
///
/// # Errors
/// `ENOMEM` when `memrlimit` refuses.
pub fn mmap<C: Current>(cur: &C, world: &World, task: TaskId, pages: u64) -> Result<(), Errno> {
    let id = mm_of(cur, world, task);
    operation(cur, OpKind::Mmap, id, || {
        cur.work(Work::Syscall, 1);
        let mm = world.mm(id);
        let _writing = mm.mmap_sem.write(cur);
        cur.work(Work::Mmap, 1);
        if let Some(hierarchy) = world.counting(cur, Controller::Memrlimit) {
            let cgroup = world.owner_cgroup(cur, mm, hierarchy);
            charge(cur, world, Charge::new(Controller::Memrlimit, cgroup, pages))?;
            later_steps(cur, world, Charge::new(Controller::Memrlimit, cgroup, pages))?;
        }
        mm.total_vm.add(cur, pages);
        cur.emit(Event::TotalVm { mm: id, pages: pages as i64 });
        Ok(())
    })
}

/// Runs the steps of mmap after the charge. They may fail; then the charge is undone, unless the options say otherwise.
fn later_steps<C: Current>(cur: &C, world: &World, charged: Charge) -> Result<(), Errno> {
    match cur.fault(Site::CoreMmap) {
        Some(Fault::Errno(errno)) => {
            if world.options().mmap_error == MmapError::Uncharges {
                uncharge(cur, world, charged);
            }
            return Err(errno);
        }
        Some(Fault::Delay { ns }) => cur.work(Work::Delay, ns),
        // The reader of rules refuses a throw here, since there is no attach to throw it at.
        Some(Fault::Throw(_)) | None => {}
    }
    Ok(())
}

/// Unmaps up to `pages`, fewer if fewer are mapped. Releases touched pages beyond those that stay mapped.
///
/// # Errors
/// None. The signature is that of all operations.
pub fn munmap<C: Current>(cur: &C, world: &World, task: TaskId, pages: u64) -> Result<(), Errno> {
    let id = mm_of(cur, world, task);
    operation(cur, OpKind::Munmap, id, || {
        cur.work(Work::Syscall, 1);
        let mm = world.mm(id);
        let _writing = mm.mmap_sem.write(cur);
        cur.work(Work::Munmap, 1);
        unmap(cur, world, id, pages);
        let left = mm.total_vm.load(cur);
        let touched = mm.page_table_lock.lock(cur).total();
        if touched > left {
            give_back(cur, world, id, touched - left);
        }
        Ok(())
    })
}

/// Lowers `total_vm` by up to `pages`, then uncharges the owner's cgroup. Under `mmap_sem` for writing.
pub(super) fn unmap<C: Current>(cur: &C, world: &World, id: MmId, pages: u64) {
    let mm = world.mm(id);
    let taken = mm.total_vm.take(cur, pages);
    if taken == 0 {
        return;
    }
    cur.emit(Event::TotalVm { mm: id, pages: -(taken as i64) });
    if let Some(hierarchy) = world.counting(cur, Controller::Memrlimit) {
        let cgroup = world.owner_cgroup(cur, mm, hierarchy);
        uncharge(cur, world, Charge::new(Controller::Memrlimit, cgroup, taken));
    }
}

/// Touches up to `pages` pages that are mapped and untouched, one fault-around at a time.
///
/// # Errors
/// `ENOMEM` when `memory` refuses. The pages of earlier faults of the operation stay.
pub fn touch<C: Current>(cur: &C, world: &World, task: TaskId, pages: u64) -> Result<(), Errno> {
    let id = mm_of(cur, world, task);
    operation(cur, OpKind::Touch, id, || {
        let mut left = pages;
        while left > 0 {
            let brought = fault(cur, world, world.mm(id), id, left.min(world.options().fault_around_pages))?;
            if brought == 0 {
                break;
            }
            left -= brought;
        }
        Ok(())
    })
}

/// Takes one page fault, which brings in up to `pages`, and returns their number.
fn fault<C: Current>(cur: &C, world: &World, mm: &Mm, id: MmId, pages: u64) -> Result<u64, Errno> {
    let _reading = mm.mmap_sem.read(cur);
    cur.work(Work::Fault, 1);
    let mapped = mm.total_vm.load(cur);
    if world.hierarchy_of(Controller::Memory).is_none() {
        cur.work(Work::PageZero, pages);
        return Ok(pages);
    }
    let _kept = mm.move_lock.read(cur);
    let touched = mm.page_table_lock.lock(cur).total();
    let pages = pages.min(mapped.saturating_sub(touched));
    if pages == 0 {
        return Ok(0);
    }
    let counting = world.counting(cur, Controller::Memory);
    let cgroup = counting.map_or(CgroupId::NONE, |hierarchy| world.owner_cgroup(cur, mm, hierarchy));
    charge(cur, world, Charge::new(Controller::Memory, cgroup, pages))?;
    cur.work(Work::PageZero, pages);
    let marked = {
        let mut records = mm.page_table_lock.lock(cur);
        // Another thread may have touched the same pages in the meantime.
        let marked = pages.min(mapped.saturating_sub(records.total()));
        records.mark(cgroup, marked);
        cur.emit(Event::Record { mm: id, cgroup, pages: marked as i64 });
        marked
    };
    uncharge(cur, world, Charge::new(Controller::Memory, cgroup, pages - marked));
    Ok(pages)
}

/// Releases up to `pages` of the pages touched last, fewer if fewer are touched.
///
/// # Errors
/// None. The signature is that of all operations.
pub fn release<C: Current>(cur: &C, world: &World, task: TaskId, pages: u64) -> Result<(), Errno> {
    let id = mm_of(cur, world, task);
    operation(cur, OpKind::Release, id, || {
        cur.work(Work::Syscall, 1);
        let _reading = world.mm(id).mmap_sem.read(cur);
        give_back(cur, world, id, pages);
        Ok(())
    })
}

/// Unmarks up to `pages` records, those of the pages touched last, then uncharges the cgroups that they named. Under
/// `mmap_sem`.
pub(super) fn give_back<C: Current>(cur: &C, world: &World, id: MmId, pages: u64) {
    let mm = world.mm(id);
    let _kept = mm.move_lock.read(cur);
    let mut left = pages;
    while left > 0 {
        let (cgroup, taken) = {
            let mut records = mm.page_table_lock.lock(cur);
            let Some((cgroup, taken)) = records.pop(left) else { return };
            cur.emit(Event::Record { mm: id, cgroup, pages: -(taken as i64) });
            (cgroup, taken)
        };
        cur.work(Work::PageFree, taken);
        uncharge(cur, world, Charge::new(Controller::Memory, cgroup, taken));
        left -= taken;
    }
}
