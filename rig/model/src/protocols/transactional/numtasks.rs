//! numtasks under transactional: lists the distinct sources and destinations while it may sleep, then counts and
//! charges under its spinlock, which it keeps until the commit uncharges the source of every task that moved.
use super::{Callbacks, Half, Tx};
use crate::locks::Guard;
use crate::paths::moving::{Moves, charge_tasks, uncharge_after, uncharge_tasks};
use crate::seam::{Current, Work};
use faults::Errno;

/// The tasks by source and by destination, with the guard of `numtasks.lock` once they are charged.
pub(super) struct Slot<'a, C: Current> {
    pub(super) moves: Moves,
    pub(super) books: Option<Guard<'a, (), true, C>>,
}

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks {
        sleep: Some(Half { prepare: list_sources, abort: forget, commit: forget }),
        nosleep: Some(Half { prepare: charge, abort: give_back, commit: uncharge }),
    }
}

/// Allocates an entry for every source and destination, since the later callbacks must not allocate.
fn list_sources<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    cur.work(Work::Check, 1);
    let mut moves = Moves::of(tx.world, &tx.state.members);
    moves.forget();
    tx.numtasks = Some(Slot { moves, books: None });
    Ok(())
}

fn forget<'a, C: Current>(_: &'a C, tx: &mut Tx<'a, C>) {
    tx.numtasks = None;
}

fn charge<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    let Some(slot) = &mut tx.numtasks else { return Ok(()) };
    let books = tx.world.numtasks_lock.lock(cur);
    slot.moves.count(tx.world, &tx.state.members);
    charge_tasks(cur, tx.world, &slot.moves.come, true)?;
    slot.books = Some(books);
    Ok(())
}

fn give_back<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(slot) = &mut tx.numtasks {
        uncharge_tasks(cur, tx.world, &slot.moves.come, true);
        slot.books = None;
    }
}

fn uncharge<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(slot) = &mut tx.numtasks {
        uncharge_after(cur, tx.world, &mut slot.moves, &tx.state.members);
        slot.books = None;
    }
}
