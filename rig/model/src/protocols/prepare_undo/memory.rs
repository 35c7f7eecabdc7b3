//! memory under prepare-undo: charges for the pages it counted, moves that many records when the owner has moved, and
//! uncharges the rest. Without `hold=locks`, pages touched after the count are left behind.
use super::{Callbacks, Hold, Tx};
use crate::locks::WriteGuard;
use crate::paths::attach::MovingMm;
use crate::paths::moving::{Records, count_records, move_records, release_records, reserve_records};
use crate::seam::Current;
use faults::Errno;

/// The pages counted and charged to the destination; with `hold=locks`, also the lock that keeps the count valid.
pub(super) struct Slot<'a, C: Current> {
    pages: Records,
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
        let _within = tx.get_mmap_sem(cur, at);
        let id = tx.moving[at].mm.mm;
        let world = tx.world;
        let records = (tx.hold != Hold::None).then(|| world.mm(id).move_lock.write(cur));
        let dest = tx.moving[at].mm.to;
        let pages = count_records(cur, world, id, dest);
        if let Err(errno) = reserve_records(cur, world, dest, &pages) {
            drop(records);
            tx.put_mmap_sem(at);
            undo(cur, tx);
            return Err(errno);
        }
        let records = records.filter(|_| tx.hold == Hold::Locks);
        tx.moving[at].memory = Some(Slot { pages, records });
    }
    Ok(())
}

fn undo<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    finish(cur, tx, |_, _, pages| pages);
}

fn attached<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    finish(cur, tx, |tx, at, pages| {
        let MovingMm { mm, to, .. } = tx.moving[at].mm;
        let _within = tx.again_mmap_sem(cur, at);
        let _records = (tx.hold == Hold::Callback).then(|| tx.world.mm(mm).move_lock.write(cur));
        if tx.has_moved(cur, at) { move_records(cur, tx.world, mm, to, &pages) } else { pages }
    });
}

/// Moves pages with `all_but`, and uncharges those that it returns.
fn finish<'a, C: Current>(
    cur: &'a C,
    tx: &mut Tx<'a, C>,
    all_but: impl Fn(&Tx<'a, C>, usize, Records) -> Records,
) {
    for at in 0..tx.moving.len() {
        if let Some(Slot { pages, records }) = tx.moving[at].memory.take() {
            let left = all_but(tx, at, pages);
            release_records(cur, tx.world, tx.moving[at].mm.to, &left);
            drop(records);
            tx.put_mmap_sem(at);
        }
    }
}
