//! fork: a new thread of a process, or a new process.
//!
//! The lock that excludes an attach is held from before the cgroup is read until the child is charged and linked. The
//! child is charged before it is visible.
use super::charge::{Charge, charge};
use super::mm::mm_of;
use super::{net, numtasks, operation, threadgroup};
use crate::kernel::page::PageRecords;
use crate::kernel::{Controller, CssSetId, MaskId, MmId, ProcessId, TaskId};
use crate::seam::event::OpKind;
use crate::seam::{Current, Event, Work};
use crate::world::{Mm, Process, Task, World};
use faults::Errno;

/// Makes a thread of the caller's process. No actor runs it yet.
///
/// # Errors
/// `EAGAIN` when the caller has been killed by an exec, or when `numtasks` refuses.
pub fn fork_thread<C: Current>(cur: &C, world: &World, parent: TaskId) -> Result<TaskId, Errno> {
    let mm = mm_of(cur, world, parent);
    operation(cur, OpKind::ForkThread, mm, || {
        cur.work(Work::Syscall, 1);
        let process = world.task(parent).process_id();
        let _group = threadgroup::change(cur, world, process);
        cur.work(Work::ForkThread, 1);
        let child = copy_task(cur, world, parent, process);
        let charged = numtasks::charge(cur, world, child);
        let linked = charged.and_then(|place| {
            link(cur, world, parent, child).inspect_err(|_| numtasks::uncharge(cur, world, place))
        });
        if linked.is_err() {
            world.tasks.retire(child.0);
        }
        linked.map(|()| child)
    })
}

/// Makes a process with a copy of the caller's address space, of which no page is touched. No actor runs it yet.
///
/// # Errors
/// `ENOMEM` when `memrlimit` refuses, `EAGAIN` when `numtasks` does.
pub fn fork_process<C: Current>(cur: &C, world: &World, parent: TaskId) -> Result<TaskId, Errno> {
    let id = mm_of(cur, world, parent);
    operation(cur, OpKind::ForkProcess, id, || {
        cur.work(Work::Syscall, 1);
        let process = world.task(parent).process_id();
        let _group = threadgroup::change(cur, world, process);
        let _writing = world.mm(id).mmap_sem.write(cur);
        cur.work(Work::ForkProcess, 1);
        let pages = world.mm(id).total_vm.load(cur);
        world.gives_id(cur);
        let (new_process, _) = world.processes.take(Process::new);
        let child = copy_task(cur, world, parent, ProcessId(new_process));
        let charged = numtasks::charge(cur, world, child).and_then(|place| {
            charge_copy(cur, world, child, pages).inspect_err(|_| numtasks::uncharge(cur, world, place))
        });
        if let Err(errno) = charged {
            world.tasks.retire(child.0);
            world.processes.retire(new_process);
            return Err(errno);
        }
        let mm = new_mm(cur, world, child, pages);
        let made = world.process(ProcessId(new_process));
        made.leader.init(child.word());
        made.mm.init(mm.word());
        link(cur, world, parent, child)?;
        Ok(child)
    })
}

/// Makes a thread with the cgroups and the mask of `parent`. It is not linked yet.
fn copy_task<C: Current>(cur: &C, world: &World, parent: TaskId, process: ProcessId) -> TaskId {
    let from = world.task(parent);
    let cgroups = from.cgroups.load(cur);
    let mask = from.cpus_allowed.load(cur);
    world.gives_id(cur);
    let (id, task) = world.tasks.take(Task::new);
    task.process.init(process.word());
    task.cgroups.init(cgroups);
    task.cpus_allowed.init(mask);
    task.actor.init(0);
    task.state.init(Task::LIVE);
    for hierarchy in world.spec.hierarchy_ids() {
        let cgroup = CssSetId(cgroups).cgroup(hierarchy);
        cur.emit(Event::Place { task: TaskId(id), from: cgroup, to: cgroup });
    }
    cur.emit(Event::Mask { task: TaskId(id), mask: MaskId::from_word(mask) });
    TaskId(id)
}

fn charge_copy<C: Current>(cur: &C, world: &World, child: TaskId, pages: u64) -> Result<(), Errno> {
    let Some(hierarchy) = world.counting(cur, Controller::Memrlimit) else { return Ok(()) };
    let cgroup = CssSetId(world.task(child).cgroups.peek()).cgroup(hierarchy);
    charge(cur, world, Charge::new(Controller::Memrlimit, cgroup, pages))
}

/// Makes an address space of `pages`. No other actor has seen its owner yet.
pub(super) fn new_mm<C: Current>(cur: &C, world: &World, owner: TaskId, pages: u64) -> MmId {
    world.gives_id(cur);
    let (id, mm) = world.mms.take(Mm::new);
    mm.total_vm.init(pages);
    mm.owner.init(owner.word());
    mm.gone.init(0);
    mm.page_table_lock.quiet(|records| *records = PageRecords::default());
    pin_owner(world, owner);
    net::open(cur, world, MmId(id));
    cur.emit(Event::Owner { mm: MmId(id), task: owner });
    cur.emit(Event::TotalVm { mm: MmId(id), pages: pages as i64 });
    MmId(id)
}

/// Pins the slot of an mm's owner, because the cgroup of a dead owner is still read.
pub(super) fn pin_owner(world: &World, owner: TaskId) {
    std::mem::forget(world.tasks.pin(owner.0));
}

/// Makes the child visible. Like `copy_process`, it copies the parent's current mask, because an earlier write to the
/// cpuset could not find the child.
///
/// # Errors
/// `EAGAIN` when the parent has been killed. Then nothing has changed.
fn link<C: Current>(cur: &C, world: &World, parent: TaskId, child: TaskId) -> Result<(), Errno> {
    let task = world.task(child);
    let process = task.process_id();
    let mut list = world.tasklist_lock.lock(cur);
    let of_parent = world.task(parent);
    if process == of_parent.process_id() && of_parent.state.load(cur) != Task::LIVE {
        return Err(Errno::EAGAIN);
    }
    if world.counting(cur, Controller::Cpuset).is_some() && of_parent.cgroups.load(cur) == task.cgroups.peek()
    {
        let mask = of_parent.cpus_allowed.load(cur);
        if mask != task.cpus_allowed.peek() {
            task.cpus_allowed.init(mask);
            cur.emit(Event::Mask { task: child, mask: MaskId::from_word(mask) });
        }
    }
    list.link(process, child);
    cur.emit(Event::Born { task: child, process, parent: Some(parent) });
    Ok(())
}
