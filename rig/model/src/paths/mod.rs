//! Kernel paths: the operations of tasks and movers, each written once for every protocol and engine.
//!
//! - [`charge`] walks counters.
//! - [`admin`] writes to files of cgroups and takes CPUs offline.
//! - [`mm`] maps, touches and releases pages.
//! - [`fork`], [`exit`] and [`exec`] make and end tasks; [`actors`] maps tasks to actors.
//! - [`threadgroup`] is the lock that excludes these three during an attach.
//! - [`net`] is what interrupts do.
//! - [`attach`] is the part of an attach that protocols share, [`moving`] and [`packets`] the part
//!   that their controllers share.
//!
//! Every path emits its charges to the ledger and its changes to the truth, so that checks can add both up.
pub mod actors;
pub mod admin;
pub mod attach;
pub mod charge;
pub mod exec;
pub mod exit;
pub mod fork;
pub mod mm;
pub mod moving;
pub mod net;
mod numtasks;
pub mod packets;
pub mod threadgroup;

use crate::kernel::MmId;
use crate::seam::event::OpKind;
use crate::seam::{Current, Event};
use faults::Errno;

/// Runs an operation of the workload and emits events when it begins and ends.
fn operation<C: Current, T>(
    cur: &C,
    kind: OpKind,
    mm: MmId,
    body: impl FnOnce() -> Result<T, Errno>,
) -> Result<T, Errno> {
    observed(cur, Event::OpBegin { kind, mm: Some(mm) }, body)
}

/// Runs an operation that works on no address space, and emits events when it begins and ends.
fn operation_without_mm<C: Current, T>(
    cur: &C,
    kind: OpKind,
    body: impl FnOnce() -> Result<T, Errno>,
) -> Result<T, Errno> {
    observed(cur, Event::OpBegin { kind, mm: None }, body)
}

fn observed<C: Current, T>(
    cur: &C,
    begin: Event,
    body: impl FnOnce() -> Result<T, Errno>,
) -> Result<T, Errno> {
    cur.emit(begin);
    let result = body();
    cur.emit(Event::OpEnd { result: result.as_ref().map(|_| ()).map_err(|errno| *errno) });
    result
}
