//! memrlimit under prepare-undo: charges the total_vm of the time when it prepares, and uncharges the same amount at
//! the source when the owner has moved, or at the destination when it has not.
use super::{Callbacks, Moment, Tx};
use crate::paths::attach::MovingMm;
use crate::paths::charge::{charge, charge_back, uncharge};
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
        let _within = tx.get_mmap_sem(cur, at);
        let pages = tx.world.mm(tx.moving[at].mm.mm).total_vm.load(cur);
        let what = tx.moving[at].mm.reserved(tx.world, pages);
        if let Err(errno) = charge(cur, tx.world, what) {
            tx.put_mmap_sem(at);
            undo(cur, tx);
            return Err(errno);
        }
        if tx.moment == Moment::Early {
            uncharge(cur, tx.world, tx.moving[at].mm.gone(tx.world, pages));
        }
        tx.moving[at].memrlimit = Some(Slot { pages });
    }
    Ok(())
}

fn undo<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    for at in 0..tx.moving.len() {
        if let Some(Slot { pages }) = tx.moving[at].memrlimit.take() {
            give_back(cur, tx, &tx.moving[at].mm, pages);
            tx.put_mmap_sem(at);
        }
    }
}

fn attached<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    for at in 0..tx.moving.len() {
        if let Some(Slot { pages }) = tx.moving[at].memrlimit.take() {
            let _within = tx.again_mmap_sem(cur, at);
            let moving = &tx.moving[at].mm;
            match (tx.has_moved(cur, at), tx.moment) {
                (true, Moment::Late) => uncharge(cur, tx.world, moving.gone(tx.world, pages)),
                (true, Moment::Early) => {}
                (false, _) => give_back(cur, tx, moving, pages),
            }
            tx.put_mmap_sem(at);
        }
    }
}

/// Returns the charge of an address space that does not move to its source. With `move=early` the source may be full.
fn give_back<C: Current>(cur: &C, tx: &Tx<'_, C>, moving: &MovingMm, pages: u64) {
    let back = (tx.moment == Moment::Early).then(|| moving.gone(tx.world, pages));
    charge_back(cur, tx.world, back, moving.reserved(tx.world, pages));
}
