//! cpuset under transactional: keeps `callback_mutex`, so that the CPUs it saw are still valid at the commit.
use super::{Callbacks, Half, Tx};
use crate::locks::Guard;
use crate::paths::moving::{have_cpus, set_masks};
use crate::seam::Current;
use crate::world::Cpusets;
use faults::Errno;

/// The cpusets, locked.
pub(super) type Slot<'a, C> = Guard<'a, Cpusets, false, C>;

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks { sleep: Some(Half { prepare, abort, commit }), nosleep: None }
}

fn prepare<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    let cpusets = tx.world.callback_mutex.lock(cur);
    have_cpus(cur, &cpusets, &tx.state)?;
    tx.cpuset = Some(cpusets);
    Ok(())
}

fn abort<'a, C: Current>(_: &'a C, tx: &mut Tx<'a, C>) {
    tx.cpuset = None;
}

fn commit<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(cpusets) = tx.cpuset.take() {
        set_masks(cur, tx.world, &cpusets, &tx.state.members);
    }
}
