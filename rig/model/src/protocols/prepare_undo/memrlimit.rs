//! memrlimit under prepare-undo: charges the total_vm of the time when it prepares, and uncharges the same amount at
//! the source when the tasks have moved.
use super::{Callbacks, Tx};
use crate::paths::charge::{charge, uncharge};
use crate::seam::Current;
use faults::Errno;

/// Pages charged to the destination.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pages: u64,
}

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks { prepare_attach, undo, attached }
}

fn prepare_attach<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    for at in 0..tx.moving.len() {
        tx.get_mmap_sem(cur, at);
        let pages = tx.world.mm(tx.moving[at].mm.mm).total_vm.load(cur);
        let what = tx.moving[at].mm.reserved(tx.world, pages);
        if let Err(errno) = charge(cur, tx.world, what) {
            tx.put_mmap_sem(at);
            undo(cur, tx);
            return Err(errno);
        }
        tx.moving[at].memrlimit = Some(Slot { pages });
    }
    Ok(())
}

fn undo<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    for at in 0..tx.moving.len() {
        if let Some(Slot { pages }) = tx.moving[at].memrlimit.take() {
            uncharge(cur, tx.world, tx.moving[at].mm.reserved(tx.world, pages));
            tx.put_mmap_sem(at);
        }
    }
}

fn attached<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    for at in 0..tx.moving.len() {
        if let Some(Slot { pages }) = tx.moving[at].memrlimit.take() {
            uncharge(cur, tx.world, tx.moving[at].mm.gone(tx.world, pages));
            tx.put_mmap_sem(at);
        }
    }
}
