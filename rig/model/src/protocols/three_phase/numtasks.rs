//! numtasks under three-phase: checks for room without reserving it, and charges and uncharges after the switch. If the
//! charge fails, it silently does neither.
use super::Callbacks;
use crate::paths::attach::AttachState;
use crate::paths::moving::{Moves, charge_tasks, have_room_for_tasks, uncharge_tasks};
use crate::seam::Current;
use crate::world::World;

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks {
        can_attach: Some(|cur, world, state| {
            let Moves { come, .. } = Moves::of(world, &state.members);
            let _books = world.numtasks_lock.lock(cur);
            have_room_for_tasks(cur, world, &come)
        }),
        attach: Some(attach),
    }
}

fn attach<C: Current>(cur: &C, world: &World, state: &AttachState<'_>) {
    let Moves { come, gone } = Moves::of(world, &state.members);
    let _books = world.numtasks_lock.lock(cur);
    if charge_tasks(cur, world, &come, false).is_ok() {
        uncharge_tasks(cur, world, &gone, false);
    }
}
