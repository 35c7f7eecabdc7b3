//! numtasks under prepare-undo: charges the tasks it counts when it prepares. When they have moved, it uncharges the
//! sources of those that have, and the destinations of those that exited. With `hold=none` it does not look.
//!
//! With `move=early` it uncharges the sources in prepare, and charges them again for tasks that do not move.
//!
//! Spinlocks are not kept. `spin=keep` keeps `numtasks.lock`,
//! which shows the effect when a later controller sleeps.
use super::{Callbacks, Hold, Moment, Spin, Tx};
use crate::locks::Guard;
use crate::paths::moving::{Moves, charge_tasks, return_tasks, uncharge_after, uncharge_tasks};
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
    if tx.moment == Moment::Early {
        uncharge_tasks(cur, tx.world, &moves.gone, false);
    }
    let books = (tx.spin == Spin::Keep).then_some(books);
    tx.numtasks = Some(Slot { moves, books });
    Ok(())
}

fn undo<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(Slot { moves, books }) = tx.numtasks.take() {
        let books = books.unwrap_or_else(|| tx.world.numtasks_lock.lock(cur));
        match tx.moment {
            Moment::Late => uncharge_tasks(cur, tx.world, &moves.come, true),
            Moment::Early => return_tasks(cur, tx.world, &moves, tx.state.dest),
        }
        drop(books);
    }
}

fn attached<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(Slot { mut moves, books }) = tx.numtasks.take() {
        let books = books.unwrap_or_else(|| tx.world.numtasks_lock.lock(cur));
        match (tx.hold, tx.moment) {
            (Hold::None, Moment::Late) => uncharge_tasks(cur, tx.world, &moves.gone, false),
            (_, Moment::Late) => uncharge_after(cur, tx.world, &mut moves, &tx.state.members),
            (Hold::None, Moment::Early) => {}
            (_, Moment::Early) => {
                moves.stayed(tx.world, &tx.state.members);
                return_tasks(cur, tx.world, &moves, tx.state.dest);
            }
        }
        drop(books);
    }
}
