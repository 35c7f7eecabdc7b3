//! memrlimit under prepare-undo: charges the total_vm of the time when it prepares, and uncharges the same amount at
//! the source when the tasks have moved.
use super::{Callbacks, Tx};
use crate::kernel::Controller;
use crate::paths::charge::{Charge, charge, uncharge};
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
        let room =
            charge(cur, tx.world, Charge::reservation(Controller::Memrlimit, tx.moving[at].mm.to, pages));
        if let Err(errno) = room {
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
            uncharge(cur, tx.world, Charge::reservation(Controller::Memrlimit, tx.moving[at].mm.to, pages));
            tx.put_mmap_sem(at);
        }
    }
}

fn attached<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    for at in 0..tx.moving.len() {
        if let Some(Slot { pages }) = tx.moving[at].memrlimit.take() {
            uncharge(cur, tx.world, Charge::new(Controller::Memrlimit, tx.moving[at].mm.source(), pages));
            tx.put_mmap_sem(at);
        }
    }
}
