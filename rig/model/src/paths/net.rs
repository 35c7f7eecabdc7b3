//! Packets: interrupts bring them to a socket and take them out again, and charge and uncharge them at once, under
//! `net.lock`.
//!
//! - An address space has one socket, which is charged to the cgroup of the owner (`mm->owner`). It is closed when the
//!   address space ends, also by an exec (`SOCK_CLOEXEC`).
//! - The cgroup is looked up for each charge, not kept in the socket.
//! - An interrupt must not sleep, so no mutex and no semaphore keeps it out. Only `net.lock` does. Other paths take that lock
//!   with softirqs off, so the interrupt that waits for it is always on another CPU.
use super::charge::{Charge, charge, uncharge};
use super::observed;
use crate::kernel::{CgroupId, Controller, MmId, ProcessId};
use crate::locks::Guard;
use crate::seam::event::OpKind;
use crate::seam::{Current, Event, Work};
use crate::world::{Sockets, World};
use faults::Errno;

/// Runs `body` in softirq context, where nothing may sleep.
///
/// # Errors
/// Those of `body`.
pub fn interrupt<C: Current>(
    cur: &C,
    (kind, mm): (OpKind, MmId),
    body: impl FnOnce() -> Result<(), Errno>,
) -> Result<(), Errno> {
    observed(cur, Event::OpBegin { kind, mm: Some(mm) }, || {
        cur.preempt_disable();
        let result = body();
        cur.preempt_enable();
        result
    })
}

/// Brings packets to the socket of a process: all of them, or none if the limit of a cgroup refuses. A closed socket takes
/// none.
///
/// # Errors
/// `ENOMEM` when the packets are dropped. The process does not learn of it.
pub fn receive<C: Current>(cur: &C, world: &World, process: ProcessId, packets: u64) -> Result<(), Errno> {
    let id = MmId::from_word(world.process(process).mm.load(cur));
    interrupt(cur, (OpKind::Receive, id), || {
        let mut sockets = world.net_lock.lock(cur);
        let Some(queue) = sockets.queue(id) else { return Ok(()) };
        if let Some(cgroup) = place(cur, world, id) {
            charge(cur, world, Charge::new(Controller::Net, cgroup, packets))?;
        }
        cur.work(Work::WalkTask, packets);
        *queue += packets;
        cur.emit(Event::Packets { mm: id, packets: packets as i64 });
        Ok(())
    })
}

/// Takes up to that many packets out of the socket of a process.
///
/// # Errors
/// None. The signature is that of all operations.
pub fn drain<C: Current>(cur: &C, world: &World, process: ProcessId, packets: u64) -> Result<(), Errno> {
    let id = MmId::from_word(world.process(process).mm.load(cur));
    interrupt(cur, (OpKind::Drain, id), || {
        let mut sockets = world.net_lock.lock(cur);
        let Some(queue) = sockets.queue(id) else { return Ok(()) };
        let taken = packets.min(*queue);
        *queue -= taken;
        cur.work(Work::WalkTask, taken);
        take_off(cur, world, id, taken);
        Ok(())
    })
}

/// Opens the socket of an address space that no other actor has seen yet.
pub(super) fn open<C: Current>(cur: &C, world: &World, id: MmId) {
    if let Some(mut sockets) = lock(cur, world) {
        sockets.open(id, 0);
    }
}

/// Closes the socket of an address space that ends.
pub(super) fn close<C: Current>(cur: &C, world: &World, id: MmId) {
    if let Some(mut sockets) = lock(cur, world) {
        let packets = sockets.close(id);
        take_off(cur, world, id, packets);
    }
}

/// Takes `net.lock` where net is mounted. No packet is charged or uncharged while it is held.
pub(super) fn lock<'a, C: Current>(cur: &'a C, world: &'a World) -> Option<Guard<'a, Sockets, true, C>> {
    world.hierarchy_of(Controller::Net).map(|_| world.net_lock.lock(cur))
}

/// Uncharges packets that have left the queue. Under `net.lock`.
fn take_off<C: Current>(cur: &C, world: &World, id: MmId, packets: u64) {
    if packets == 0 {
        return;
    }
    cur.emit(Event::Packets { mm: id, packets: -(packets as i64) });
    if let Some(cgroup) = place(cur, world, id) {
        uncharge(cur, world, Charge::new(Controller::Net, cgroup, packets));
    }
}

/// Returns the cgroup to which the packets of `id` are charged now; `None` while net counts nothing.
fn place<C: Current>(cur: &C, world: &World, id: MmId) -> Option<CgroupId> {
    let hierarchy = world.counting(cur, Controller::Net)?;
    Some(world.owner_cgroup(cur, world.mm(id), hierarchy))
}
