//! Operations of net on the packets that move, for callbacks of every protocol. All under `net.lock`.
use super::attach::{AttachState, MovingMm};
use super::charge::{Charge, charge, uncharge};
use crate::kernel::{CgroupId, Controller};
use crate::seam::{Admitted, Current, Event, Work};
use crate::world::{Sockets, World};
use faults::Errno;
use smallvec::SmallVec;

/// The packets of an address space whose owner moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The address space, with the source and the destination.
    pub moving: MovingMm,
    /// The number of packets.
    pub packets: u64,
}

/// The packets of all address spaces that move.
pub type Queues = SmallVec<[Queued; 1]>;

impl Queued {
    fn of(moving: MovingMm, sockets: &Sockets) -> Self {
        Self { moving, packets: sockets.packets(moving.mm) }
    }

    fn charge(self, world: &World, cgroup: CgroupId, reserve: bool) -> Charge {
        let until = self.moving.until(world);
        Charge { controller: Controller::Net, cgroup, until, pages: self.packets, reserve }
    }

    /// Returns the charge to the destination.
    fn come(self, world: &World, reserve: bool) -> Charge {
        self.charge(world, self.moving.to, reserve)
    }

    /// Returns the charge that leaves the source.
    fn gone(self, world: &World) -> Charge {
        self.charge(world, self.moving.source(), false)
    }
}

/// Reserves room at the destinations for the packets that are queued now, for all or none of them, and adds them to
/// `queues`. Allocates nothing if `queues` has room for all address spaces that move.
///
/// # Errors
/// `ENOMEM` when a destination is full. Then `queues` is empty.
pub fn reserve<C: Current>(
    cur: &C,
    state: &AttachState<'_>,
    sockets: &Sockets,
    queues: &mut Queues,
) -> Result<(), Errno> {
    for moving in state.mms.iter().copied() {
        cur.work(Work::Check, 1);
        let queued = Queued::of(moving, sockets);
        if let Err(errno) = charge(cur, state.world, queued.come(state.world, true)) {
            release(cur, state.world, queues);
            return Err(errno);
        }
        queues.push(queued);
    }
    Ok(())
}

/// Uncharges the destinations of packets that do not come, and forgets them.
pub fn release<C: Current>(cur: &C, world: &World, queues: &mut Queues) {
    queues.drain(..).rev().for_each(|queued| uncharge(cur, world, queued.come(world, true)));
}

/// Uncharges the sources of the packets that moved, or the destinations of those whose owner did not. After the switch.
pub fn complete<C: Current>(cur: &C, state: &AttachState<'_>, queues: &mut Queues) {
    for queued in queues.drain(..).rev() {
        let moved = state.has_moved(cur, &queued.moving);
        let what = if moved { queued.gone(state.world) } else { queued.come(state.world, true) };
        uncharge(cur, state.world, what);
    }
}

/// Completes a move whose reservation may be out of date, because `net.lock` was released in between: moves the difference
/// to the packets that are queued now as well, as far as there is room.
///
/// This is right for packets that came or went before the switch. Those that came or went after it were charged or
/// uncharged at the destination, and are now counted twice. The number of packets does not show which is which.
pub fn catch_up<C: Current>(cur: &C, state: &AttachState<'_>, sockets: &Sockets, queues: &mut Queues) {
    let world = state.world;
    for at in 0..queues.len() {
        let reserved = queues[at];
        if !state.has_moved(cur, &reserved.moving) {
            continue;
        }
        let now = Queued::of(reserved.moving, sockets);
        if now.packets < reserved.packets {
            let fewer = Queued { packets: reserved.packets - now.packets, ..now };
            uncharge(cur, world, fewer.come(world, true));
            queues[at] = now;
        } else {
            let more = Queued { packets: now.packets - reserved.packets, ..now };
            if charge(cur, world, more.come(world, true)).is_ok() {
                queues[at] = now;
            }
        }
    }
    complete(cur, state, queues);
}

/// Checks that there is room for the packets that are queued now, without charging them.
///
/// # Errors
/// `ENOMEM` when a destination has no room.
pub fn have_room<C: Current>(cur: &C, state: &AttachState<'_>, sockets: &Sockets) -> Result<(), Errno> {
    for moving in state.mms.iter().copied() {
        cur.work(Work::Check, 1);
        let queued = Queued::of(moving, sockets);
        let what = queued.come(state.world, false);
        if !what.fits(cur, state.world) {
            return Err(Errno::ENOMEM);
        }
        let (controller, until) = (Controller::Net, what.until);
        let admitted = Admitted::RoomForPackets(queued.packets);
        cur.emit(Event::Admitted { controller, cgroup: moving.to, until, what: admitted });
    }
    Ok(())
}

/// Moves the charge of the packets that are queued now. If the destination is full, it silently stays at the source. After
/// the switch.
pub fn move_now<C: Current>(cur: &C, state: &AttachState<'_>, moving: MovingMm, sockets: &Sockets) {
    let queued = Queued::of(moving, sockets);
    if charge(cur, state.world, queued.come(state.world, false)).is_ok() {
        uncharge(cur, state.world, queued.gone(state.world));
    }
}
