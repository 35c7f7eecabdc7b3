//! net under three-phase: checks for room without reserving it. attach looks again whether the task owns its address space,
//! and moves the charge of the packets of that time; if the destination is full, it silently does nothing.
//!
//! Packets that came after the switch are charged at the destination already, so attach charges them twice.
use super::Callbacks;
use crate::paths::attach::AttachState;
use crate::paths::packets::{have_room, move_now};
use crate::seam::Current;
use crate::world::World;

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks {
        can_attach: Some(|cur, world, state| {
            let sockets = world.net_lock.lock(cur);
            have_room(cur, state, &sockets)
        }),
        attach: Some(attach),
    }
}

fn attach<C: Current>(cur: &C, world: &World, state: &AttachState<'_>) {
    let again = state.mms_again(cur);
    let sockets = world.net_lock.lock(cur);
    for moving in again {
        if state.has_moved(cur, &moving) {
            move_now(cur, state, moving, &sockets);
        }
    }
}
