//! memory under prepare-undo: charges for the pages it counted, moves that many records when the tasks have moved, and
//! uncharges the rest. Without `hold=locks`, pages touched after the count are left behind.
use super::{Callbacks, Hold, Tx};
use crate::kernel::Controller;
use crate::locks::WriteGuard;
use crate::paths::charge::{Charge, charge, uncharge};
use crate::paths::moving::{count_records, move_records};
use crate::seam::Current;
use faults::Errno;

/// The pages counted and charged to the destination; with `hold=locks`, also the lock that keeps the count valid.
pub(super) struct Slot<'a, C: Current> {
    pages: u64,
    records: Option<WriteGuard<'a, (), C>>,
}

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks { prepare_attach, undo, attached }
}

fn prepare_attach<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    if !tx.world.options().memory_move {
        return Ok(());
    }
    for at in 0..tx.moving.len() {
        tx.get_mmap_sem(cur, at);
        let id = tx.moving[at].mm.mm;
        let world = tx.world;
        let records = (tx.hold == Hold::Locks).then(|| world.mm(id).move_lock.write(cur));
        let pages = count_records(cur, world, id, tx.moving[at].mm.to);
        let room = charge(cur, world, Charge::reservation(Controller::Memory, tx.moving[at].mm.to, pages));
        if let Err(errno) = room {
            drop(records);
            tx.put_mmap_sem(at);
            undo(cur, tx);
            return Err(errno);
        }
        tx.moving[at].memory = Some(Slot { pages, records });
    }
    Ok(())
}

fn undo<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    finish(cur, tx, |_, _| 0);
}

fn attached<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    finish(cur, tx, |tx, (at, pages)| {
        let mm = tx.moving[at].mm.mm;
        move_records(cur, tx.world, mm, tx.moving[at].mm.to, pages)
    });
}

/// Moves pages with `move_up_to`, and uncharges those that it did not move.
fn finish<'a, C: Current>(
    cur: &'a C,
    tx: &mut Tx<'a, C>,
    move_up_to: impl Fn(&mut Tx<'a, C>, (usize, u64)) -> u64,
) {
    for at in 0..tx.moving.len() {
        if let Some(Slot { pages, records }) = tx.moving[at].memory.take() {
            let moved = move_up_to(tx, (at, pages));
            uncharge(
                cur,
                tx.world,
                Charge::reservation(Controller::Memory, tx.moving[at].mm.to, pages - moved),
            );
            drop(records);
            tx.put_mmap_sem(at);
        }
    }
}
