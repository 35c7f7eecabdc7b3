//! What tasks and movers do to the modelled kernel, each path written once for every protocol and engine.
//!
//! [`charge`] walks counters; [`admin`] is what is written to cgroups' files; [`mm`] maps, touches and gives back; [`fork`], [`exit`] and [`exec`] make and end tasks;
//! [`attach`] is what all protocols have in common, [`moving`] what their
//! controllers do to tasks and pages. Every path tells the ledger what it charges and the truth what it
//! changes, so that checks can add both up.
pub mod actors;
pub mod admin;
pub mod attach;
pub mod charge;
pub mod exec;
pub mod exit;
pub mod fork;
pub mod mm;
pub mod moving;
mod numtasks;

use crate::kernel::MmId;
use crate::seam::event::OpKind;
use crate::seam::{Current, Event};
use faults::Errno;

/// Runs an operation of the workload and tells when it begins and ends.
fn operation<C: Current, T>(
    cur: &C,
    kind: OpKind,
    mm: MmId,
    body: impl FnOnce() -> Result<T, Errno>,
) -> Result<T, Errno> {
    told(cur, Event::OpBegin { kind, mm: Some(mm) }, body)
}

/// The same for one that works on no address space.
fn operation_without_mm<C: Current, T>(
    cur: &C,
    kind: OpKind,
    body: impl FnOnce() -> Result<T, Errno>,
) -> Result<T, Errno> {
    told(cur, Event::OpBegin { kind, mm: None }, body)
}

fn told<C: Current, T>(cur: &C, begin: Event, body: impl FnOnce() -> Result<T, Errno>) -> Result<T, Errno> {
    cur.emit(begin);
    let result = body();
    cur.emit(Event::OpEnd { result: result.as_ref().map(|_| ()).map_err(|errno| *errno) });
    result
}
