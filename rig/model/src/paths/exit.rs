//! exit of one thread: under `threadgroup_rwsem` it is unlinked and its address space gets a new owner. If it was the
//! last thread, its address space is torn down after that.
//!
//! Without `threadgroup_rwsem`, an attach that lists the threads in between would find an owner that is gone, and would
//! move no charges.
use super::charge::{Charge, charge, charge_forced, uncharge};
use super::fork::pin_owner;
use super::mm::{give_back, mm_of, unmap};
use super::{net, numtasks, operation, threadgroup};
use crate::kernel::{CgroupId, Controller, MmId, ProcessId, TaskId};
use crate::seam::event::OpKind;
use crate::seam::{Current, Event, Work};
use crate::world::{OwnerChange, Task, World};
use faults::Errno;

/// Ends a thread. The caller is that thread, or acts for a thread that no actor runs.
///
/// # Errors
/// None. The signature is that of all operations.
pub fn exit<C: Current>(cur: &C, world: &World, task: TaskId) -> Result<(), Errno> {
    let id = mm_of(cur, world, task);
    operation(cur, OpKind::Exit, id, || {
        cur.work(Work::Exit, 1);
        let process = world.task(task).process_id();
        let _mm = world.mms.pin(id.0);
        let _process = world.processes.pin(process.0);
        let (left, place) = {
            let _group = threadgroup::change(cur, world, process);
            let (left, place) = unlink(cur, world, process, task);
            if left > 0 && world.mm(id).owner.load(cur) == task.word() {
                hand_on(cur, world, id, process, task);
            }
            (left, place)
        };
        numtasks::uncharge(cur, world, place);
        if left == 0 {
            tear_down(cur, world, id);
            world.processes.retire(process.0);
        }
        world.tasks.retire(task.0);
        Ok(())
    })
}

/// Unlinks the thread from the lists. Returns the number of threads left and the cgroup where `numtasks` has charged
/// it, which is read once no attach can switch it any more. Under `threadgroup_rwsem`.
fn unlink<C: Current>(cur: &C, world: &World, process: ProcessId, task: TaskId) -> (usize, Option<CgroupId>) {
    {
        let _alloc = world.task(task).alloc_lock.lock(cur);
        world.task(task).state.store(cur, Task::EXITING);
        cur.emit(Event::Exiting { task });
    }
    let place = numtasks::place(cur, world, task);
    let (left, waiters) = {
        let mut list = world.tasklist_lock.lock(cur);
        let left = list.unlink(process, task);
        cur.emit(Event::Exited { task });
        let leader = &world.process(process).leader;
        if let Some(next) = list.of(process).first()
            && leader.load(cur) == task.word()
        {
            leader.store(cur, next.word());
        }
        (left, list.take_waiters(process))
    };
    for who in waiters {
        cur.wake(who);
    }
    (left, place)
}

/// Ends an address space that no thread uses any more.
pub(super) fn tear_down<C: Current>(cur: &C, world: &World, id: MmId) {
    let mm = world.mm(id);
    {
        let _writing = mm.mmap_sem.write(cur);
        mm.gone.store(cur, 1);
        give_back(cur, world, id, u64::MAX);
        unmap(cur, world, id, u64::MAX);
        net::close(cur, world, id);
    }
    world.tasks.retire(mm.owner.peek() as u32);
    world.mms.retire(id.0);
}

/// Makes another thread the owner of the address space. The charges follow if it is in another cgroup.
fn hand_on<C: Current>(cur: &C, world: &World, id: MmId, process: ProcessId, old: TaskId) {
    let mm = world.mm(id);
    let _writing = mm.mmap_sem.write(cur);
    if mm.gone.load(cur) == 1 {
        return;
    }
    let sockets = net::lock(cur, world);
    let owned = [Controller::Memrlimit, Controller::Net];
    let before = owned.map(|controller| {
        let hierarchy = world.counting(cur, controller)?;
        Some((controller, hierarchy, world.cgroup_of(cur, old, hierarchy)))
    });
    let new = {
        let list = world.tasklist_lock.lock(cur);
        let Some(new) = list.of(process).iter().min().copied() else { return };
        pin_owner(world, new);
        mm.owner.store(cur, new.word());
        cur.emit(Event::Owner { mm: id, task: new });
        new
    };
    world.tasks.retire(old.0);
    for (controller, hierarchy, from) in before.into_iter().flatten() {
        let to = world.cgroup_of(cur, new, hierarchy);
        if to != from {
            let amount = match controller {
                Controller::Net => sockets.as_ref().map_or(0, |sockets| sockets.packets(id)),
                _ => mm.total_vm.load(cur),
            };
            let until = world.common_ancestor(from, to);
            follow(cur, world, from, Charge::new(controller, to, amount).until(until));
        }
    }
}

fn follow<C: Current>(cur: &C, world: &World, from: CgroupId, to: Charge) {
    match world.options().owner_change {
        OwnerChange::Forced => charge_forced(cur, world, to),
        OwnerChange::Silent if charge(cur, world, to).is_err() => return,
        OwnerChange::Silent => {}
    }
    uncharge(cur, world, Charge { cgroup: from, ..to });
}
