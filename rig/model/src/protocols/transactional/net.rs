//! net under transactional: allocates while it may sleep, then counts the packets and charges the destination under
//! `net.lock`, which it keeps until the commit uncharges the source. No interrupt charges or uncharges in between.
//!
//! `net=sleep` does all of it in the sleep phase. It has to release `net.lock` at the end of each callback, as the later
//! callbacks may sleep, so packets come and go before the switch and between the switch and the commit.
use super::{Callbacks, Half, NetPhase, Tx};
use crate::locks::Guard;
use crate::paths::packets::{Queues, catch_up, complete, release, reserve};
use crate::seam::Current;
use crate::world::Sockets;
use faults::Errno;

/// The packets charged to the destination, with the guard of `net.lock` while it is kept.
pub(super) struct Slot<'a, C: Current> {
    queues: Queues,
    sockets: Option<Guard<'a, Sockets, true, C>>,
}

pub(super) fn callbacks<C: Current>(phase: NetPhase) -> Callbacks<C> {
    match phase {
        NetPhase::Nosleep => Callbacks {
            sleep: Some(Half { prepare: allocate, abort: forget, commit: forget }),
            nosleep: Some(Half { prepare: charge, abort: give_back, commit: uncharge }),
        },
        NetPhase::Sleep => Callbacks {
            sleep: Some(Half { prepare: charge_early, abort: give_back_late, commit: uncharge_late }),
            nosleep: None,
        },
    }
}

/// Allocates an entry for every address space, since the later callbacks must not allocate.
#[expect(clippy::unnecessary_wraps, reason = "the signature is that of all prepares")]
fn allocate<'a, C: Current>(_: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    tx.net = Some(Slot { queues: Queues::with_capacity(tx.state.mms.len()), sockets: None });
    Ok(())
}

fn forget<'a, C: Current>(_: &'a C, tx: &mut Tx<'a, C>) {
    tx.net = None;
}

fn charge<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    let Some(slot) = &mut tx.net else { return Ok(()) };
    let sockets = tx.world.net_lock.lock(cur);
    reserve(cur, &tx.state, &sockets, &mut slot.queues)?;
    slot.sockets = Some(sockets);
    Ok(())
}

fn give_back<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(slot) = &mut tx.net {
        release(cur, tx.world, &mut slot.queues);
        slot.sockets = None;
    }
}

fn uncharge<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(slot) = &mut tx.net {
        complete(cur, &tx.state, &mut slot.queues);
        slot.sockets = None;
    }
}

fn charge_early<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    let mut queues = Queues::with_capacity(tx.state.mms.len());
    let sockets = tx.world.net_lock.lock(cur);
    reserve(cur, &tx.state, &sockets, &mut queues)?;
    tx.net = Some(Slot { queues, sockets: None });
    Ok(())
}

fn give_back_late<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(mut slot) = tx.net.take() {
        let _sockets = tx.world.net_lock.lock(cur);
        release(cur, tx.world, &mut slot.queues);
    }
}

fn uncharge_late<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(mut slot) = tx.net.take() {
        let sockets = tx.world.net_lock.lock(cur);
        catch_up(cur, &tx.state, &sockets, &mut slot.queues);
    }
}
