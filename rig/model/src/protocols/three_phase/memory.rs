//! memory under three-phase: moves records page by page after the switch, and leaves the rest behind when the
//! destination is full.
use super::Callbacks;
use crate::paths::attach::AttachState;
use crate::paths::moving::charge_and_move_one;
use crate::seam::{Current, Work};
use crate::world::World;

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks {
        can_attach: Some(|cur, _, _| {
            cur.work(Work::Check, 1);
            Ok(())
        }),
        attach: Some(attach),
    }
}

fn attach<C: Current>(cur: &C, world: &World, state: &AttachState<'_>) {
    if !world.options().memory_move {
        return;
    }
    for moving in &state.mms {
        let _reading = world.mm(moving.mm).mmap_sem.read(cur);
        while charge_and_move_one(cur, world, moving.mm, moving.to) == Ok(true) {}
    }
}
