//! net under prepare-undo: charges the packets it counts when it prepares. When their owner has moved, it counts again and
//! moves the difference as far as there is room. With `hold=none` it completes what prepare has counted.
//!
//! No option of sleeping locks changes it: an interrupt waits for none of them, and `net.lock` cannot be kept while a later
//! controller sleeps. `spin=keep` keeps it, which shows the effect.
use super::{Callbacks, Hold, Spin, Tx};
use crate::locks::Guard;
use crate::paths::packets::{Queues, catch_up, complete, release, reserve};
use crate::seam::Current;
use crate::world::Sockets;
use faults::Errno;

/// The packets charged to the destination; with `spin=keep`, also the guard of `net.lock`.
pub(super) struct Slot<'a, C: Current> {
    queues: Queues,
    sockets: Option<Guard<'a, Sockets, true, C>>,
}

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks { prepare_attach, undo, attached }
}

fn prepare_attach<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    let mut queues = Queues::with_capacity(tx.state.mms.len());
    let sockets = tx.world.net_lock.lock(cur);
    reserve(cur, &tx.state, &sockets, &mut queues)?;
    let sockets = (tx.spin == Spin::Keep).then_some(sockets);
    tx.net = Some(Slot { queues, sockets });
    Ok(())
}

fn undo<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(Slot { mut queues, sockets }) = tx.net.take() {
        let _sockets = sockets.unwrap_or_else(|| tx.world.net_lock.lock(cur));
        release(cur, tx.world, &mut queues);
    }
}

fn attached<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(Slot { mut queues, sockets }) = tx.net.take() {
        let sockets = sockets.unwrap_or_else(|| tx.world.net_lock.lock(cur));
        if tx.hold == Hold::None {
            complete(cur, &tx.state, &mut queues);
        } else {
            catch_up(cur, &tx.state, &sockets, &mut queues);
        }
    }
}
