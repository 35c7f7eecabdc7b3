//! cpuset under prepare-undo: refuses a cpuset without CPUs, and sets masks when the tasks have moved.
use super::{Callbacks, Hold, Tx};
use crate::locks::Guard;
use crate::paths::moving::{have_cpus, set_masks};
use crate::seam::Current;
use crate::world::Cpusets;
use faults::Errno;

/// The cpusets, locked. Empty without `hold=locks`, where each callback locks them anew.
pub(super) type Slot<'a, C> = Option<Guard<'a, Cpusets, false, C>>;

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks { prepare_attach, undo: |_, tx| tx.cpuset = None, attached }
}

fn prepare_attach<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    let cpusets = tx.world.callback_mutex.lock(cur);
    have_cpus(cur, &cpusets, &tx.state)?;
    tx.cpuset = (tx.hold == Hold::Locks).then_some(cpusets);
    Ok(())
}

fn attached<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    let cpusets = tx.cpuset.take().unwrap_or_else(|| tx.world.callback_mutex.lock(cur));
    set_masks(cur, tx.world, &cpusets, &tx.state.members);
}
