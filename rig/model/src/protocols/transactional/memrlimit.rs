//! memrlimit under transactional: keeps `mmap_sem` for reading, so that total_vm stays at the amount that it charged.
use super::{Callbacks, Half, Tx};
use crate::paths::charge::{charge, uncharge};
use crate::seam::Current;
use faults::Errno;

/// Pages charged to the destination.
pub(super) struct Slot {
    pub(super) pages: u64,
}

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks { sleep: Some(Half { prepare, abort, commit }), nosleep: None }
}

fn prepare<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    for at in 0..tx.moving.len() {
        let moving = &mut tx.moving[at];
        let mm = tx.world.mm(moving.mm.mm);
        moving.mmap_sem.get(cur, mm);
        let pages = mm.total_vm.load(cur);
        if let Err(errno) = charge(cur, tx.world, moving.mm.reserved(tx.world, pages)) {
            moving.mmap_sem.put();
            abort(cur, tx);
            return Err(errno);
        }
        moving.memrlimit = Some(Slot { pages });
    }
    Ok(())
}

/// Uncharges the pages charged so far.
fn abort<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    for moving in tx.moving.iter_mut().rev() {
        if let Some(Slot { pages }) = moving.memrlimit.take() {
            uncharge(cur, tx.world, moving.mm.reserved(tx.world, pages));
            moving.mmap_sem.put();
        }
    }
}

fn commit<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    for moving in tx.moving.iter_mut().rev() {
        if let Some(Slot { pages }) = moving.memrlimit.take() {
            uncharge(cur, tx.world, tx.state.after(cur, &moving.mm, pages));
            moving.mmap_sem.put();
        }
    }
}
