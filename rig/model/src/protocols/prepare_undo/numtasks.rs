//! numtasks under prepare-undo: charges the tasks it counts when it prepares, and uncharges their sources when they
//! have moved.
//!
//! Spinlocks are not kept, so tasks that fork or exit in between are not counted. `spin=keep` keeps `numtasks.lock`,
//! which shows the effect when a later controller sleeps.
use super::{Callbacks, Spin, Tx};
use crate::locks::Guard;
use crate::paths::moving::{Moves, charge_tasks, uncharge_tasks};
use crate::seam::Current;
use faults::Errno;

/// The tasks charged and those to uncharge; with `spin=keep`, also the guard of `numtasks.lock`.
pub(super) struct Slot<'a, C: Current> {
    moves: Moves,
    books: Option<Guard<'a, (), true, C>>,
}

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks { prepare_attach, undo, attached }
}

fn prepare_attach<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    let moves = Moves::of(tx.world, &tx.state.members);
    let books = tx.world.numtasks_lock.lock(cur);
    charge_tasks(cur, tx.world, &moves.come, true)?;
    let books = (tx.spin == Spin::Keep).then_some(books);
    tx.numtasks = Some(Slot { moves, books });
    Ok(())
}

fn undo<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(Slot { moves, books }) = tx.numtasks.take() {
        let books = books.unwrap_or_else(|| tx.world.numtasks_lock.lock(cur));
        uncharge_tasks(cur, tx.world, &moves.come, true);
        drop(books);
    }
}

fn attached<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(Slot { moves, books }) = tx.numtasks.take() {
        let books = books.unwrap_or_else(|| tx.world.numtasks_lock.lock(cur));
        uncharge_tasks(cur, tx.world, &moves.gone, false);
        drop(books);
    }
}
