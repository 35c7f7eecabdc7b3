//! rollback: a transaction that came to nothing has changed nothing — charges, places, masks — and holds no lock.
//!
//! `max_usage` and failcnt are exempt, as in the kernel.
use super::unit::{Kind, Unit};
use super::{Shadow, Tally};
use crate::engine::{Event, Stamp};
use crate::locks::held::HeldTable;

/// `shadow` has not seen the event yet.
pub(super) fn observe(tally: &mut Tally, held: &HeldTable, shadow: &Shadow, stamp: Stamp, event: &Event) {
    if *event != (Event::TxEnd { moved: false }) {
        return;
    }
    let Some(unit) = shadow.unit(stamp.actor) else { return };
    tally.examine();
    let trace = charges(shadow, unit).or_else(|| places(shadow, unit)).or_else(|| {
        let hold = held.of(stamp.actor).first()?;
        Some(format!("{} is still held", hold.object))
    });
    if let Some(trace) = trace {
        let Kind::Tx(dest) = unit.kind else { return };
        let at_ns = stamp.at_ns;
        let name = shadow.cgroup_name(dest);
        tally.broken(|| {
            format!("at {at_ns} ns an attach to {name} that did not happen left a trace: {trace}")
        });
    }
}

fn charges(shadow: &Shadow, unit: &Unit) -> Option<String> {
    let net = unit.nets.iter().find(|net| net.charged != 0 || net.truth != 0)?;
    Some(format!("{} changed by {:+} and its truth by {:+}", shadow.name(net.index), net.charged, net.truth))
}

fn places(shadow: &Shadow, unit: &Unit) -> Option<String> {
    let (task, _, to) = unit.moved.first()?;
    Some(format!("task {} sits in {}", task.0, shadow.cgroup_name(*to)))
}
