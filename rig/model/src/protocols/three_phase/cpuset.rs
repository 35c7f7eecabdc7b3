//! cpuset under three-phase: refuses a cpuset without CPUs, and sets masks after the switch.
use super::Callbacks;
use crate::paths::moving::{have_cpus, set_masks};
use crate::seam::Current;

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks {
        can_attach: Some(|cur, world, state| have_cpus(cur, &world.callback_mutex.lock(cur), state)),
        attach: Some(|cur, world, state| {
            let cpusets = world.callback_mutex.lock(cur);
            set_masks(cur, world, &cpusets, &state.members);
        }),
    }
}
