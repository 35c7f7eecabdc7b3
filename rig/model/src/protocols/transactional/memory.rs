//! memory under transactional: keeps `move_lock` for writing from counting the pages until the commit or abort.
use super::{Callbacks, Half, Tx};
use crate::locks::WriteGuard;
use crate::paths::moving::{Records, count_records, move_records, release_records, reserve_records};
use crate::seam::Current;
use faults::Errno;

/// The pages counted and charged to the destination, and the lock that keeps the count valid.
pub(super) struct Slot<'a, C: Current> {
    pub(super) pages: Records,
    pub(super) records: WriteGuard<'a, (), C>,
}

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks { sleep: Some(Half { prepare, abort, commit }), nosleep: None }
}

fn prepare<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    if !tx.world.options().memory_move {
        return Ok(());
    }
    for at in 0..tx.moving.len() {
        let moving = &mut tx.moving[at];
        let mm = tx.world.mm(moving.mm.mm);
        moving.mmap_sem.get(cur, mm);
        let records = mm.move_lock.write(cur);
        let pages = count_records(cur, tx.world, moving.mm.mm, moving.mm.to);
        if let Err(errno) = reserve_records(cur, tx.world, moving.mm.to, &pages) {
            drop(records);
            moving.mmap_sem.put();
            abort(cur, tx);
            return Err(errno);
        }
        moving.memory = Some(Slot { pages, records });
    }
    Ok(())
}

/// Uncharges the pages charged so far.
fn abort<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    for moving in tx.moving.iter_mut().rev() {
        if let Some(Slot { pages, records }) = moving.memory.take() {
            release_records(cur, tx.world, moving.mm.to, &pages);
            drop(records);
            moving.mmap_sem.put();
        }
    }
}

fn commit<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    for moving in tx.moving.iter_mut().rev() {
        if let Some(Slot { pages, records }) = moving.memory.take() {
            if tx.state.has_moved(cur, &moving.mm) {
                move_records(cur, tx.world, moving.mm.mm, moving.mm.to, &pages);
            } else {
                release_records(cur, tx.world, moving.mm.to, &pages);
            }
            drop(records);
            moving.mmap_sem.put();
        }
    }
}
