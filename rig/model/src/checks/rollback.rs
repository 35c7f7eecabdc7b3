//! rollback: a failed transaction has changed nothing — charges, places, masks, limits, frozen states — and holds no
//! lock.
//!
//! `max_usage` and failcnt are exempt, as in the kernel. Only its own changes count; those of other actors stay.
use super::check::{About, Checker, Excuse, Needs, RARE, Seen};
use super::shadow::at;
use super::unit::{Unit, UnitKind};
use super::{Shadow, Tally};
use crate::kernel::{CgroupId, Controller, Snapshot, TaskId};
use crate::locks::held::HeldTable;
use crate::seam::{ActorId, Event, Stamp};
use smallvec::SmallVec;

/// A state that is set, not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Mask(TaskId),
    Limit(Controller, CgroupId),
    Frozen(CgroupId),
}

/// The value that a transaction found, and the value it set last.
#[derive(Clone, Copy, Debug)]
struct Change {
    what: What,
    before: u64,
    after: u64,
}

type Changes = SmallVec<[Change; 8]>;

/// The check.
#[derive(Debug, Default)]
pub(super) struct Rollback {
    /// The changes of the open transaction, by actor.
    changes: Vec<Changes>,
    /// The frozen state, by cgroup.
    frozen: Vec<bool>,
    pub(super) tally: Tally,
}

impl Checker for Rollback {
    const ABOUT: About = About {
        name: "rollback",
        needs: Needs::OwnEvents,
        by_final_state: false,
        // A counter that has drifted too low has less than an undo uncharges, and the missing part stays as a trace.
        excuse: Excuse::KeepsNoLocks,
        events: RARE,
    };

    fn observe(&mut self, Seen { held, shadow, stamp }: Seen<'_>, event: &Event) {
        match *event {
            Event::TxBegin { .. } => at(&mut self.changes, stamp.actor.index()).clear(),
            Event::Mask { task, mask } => {
                let before = shadow.task(task).mask;
                self.set(shadow, stamp.actor, What::Mask(task), (before.word(), mask.word()));
            }
            Event::Limit { controller, cgroup, limit, .. } => {
                let before = shadow.limit(Shadow::index(controller, cgroup));
                self.set(shadow, stamp.actor, What::Limit(controller, cgroup), (before, limit));
            }
            Event::Frozen { cgroup, frozen } => {
                let before = std::mem::replace(at(&mut self.frozen, cgroup.index()), frozen);
                let (before, after) = (u64::from(before), u64::from(frozen));
                self.set(shadow, stamp.actor, What::Frozen(cgroup), (before, after));
            }
            Event::SlotKept { controller } => self.tally.violated(|| {
                format!(
                    "at {} ns {controller} kept its private state of an attach that did not happen",
                    stamp.at_ns
                )
            }),
            Event::TxEnd { moved: false } => self.judge(held, shadow, stamp),
            _ => {}
        }
    }
}

impl Rollback {
    /// Compares the state before a failed attach with the state after it.
    pub(super) fn compare(&mut self, at_ns: u64, before: &Snapshot, after: &Snapshot) {
        self.tally.examine();
        if before != after {
            let part = if before.tasks != after.tasks {
                "tasks, their places or masks"
            } else if before.mms != after.mms {
                "address spaces or page records"
            } else {
                "counters"
            };
            self.tally.violated(|| {
                format!("at {at_ns} ns an attach that did not happen, with no other actor at work, has changed {part}")
            });
        }
    }

    fn set(&mut self, shadow: &Shadow, actor: ActorId, what: What, (before, after): (u64, u64)) {
        if !shadow.unit(actor).is_some_and(|unit| matches!(unit.kind, UnitKind::Tx(_))) {
            return;
        }
        let changes = at(&mut self.changes, actor.index());
        match changes.iter_mut().find(|change| change.what == what) {
            Some(change) => change.after = after,
            None => changes.push(Change { what, before, after }),
        }
    }

    fn judge(&mut self, held: &HeldTable, shadow: &Shadow, stamp: Stamp) {
        let Some(unit) = shadow.unit(stamp.actor) else { return };
        self.tally.examine();
        let changes = self.changes.get(stamp.actor.index());
        let trace = charges(shadow, unit)
            .or_else(|| places(shadow, unit))
            .or_else(|| settings(shadow, changes?))
            .or_else(|| Some(format!("{} is still held", held.of(stamp.actor).first()?.object)));
        if let Some(trace) = trace {
            let UnitKind::Tx(dest) = unit.kind else { return };
            let at_ns = stamp.at_ns;
            let name = shadow.cgroup_name(dest);
            self.tally.violated(|| {
                format!("at {at_ns} ns an attach to {name} that did not happen left a trace: {trace}")
            });
        }
    }
}

fn charges(shadow: &Shadow, unit: &Unit) -> Option<String> {
    let net = unit.nets.iter().find(|net| net.charged != 0 || net.truth != 0)?;
    let (name, charged, truth, missing) = (shadow.name(net.index), net.charged, net.truth, net.missing);
    let why = if missing == 0 {
        String::new()
    } else {
        format!(": {missing} that it should have uncharged were no longer there")
    };
    Some(format!("{name} changed by {charged:+} and its truth by {truth:+}{why}"))
}

fn places(shadow: &Shadow, unit: &Unit) -> Option<String> {
    let (task, _, to) = unit.moved.first()?;
    Some(format!("task {} is in {}", task.0, shadow.cgroup_name(*to)))
}

fn settings(shadow: &Shadow, changes: &Changes) -> Option<String> {
    let Change { what, before, after } = *changes.iter().find(|change| change.before != change.after)?;
    Some(match what {
        What::Mask(task) => format!("task {} keeps another CPU mask", task.0),
        What::Limit(controller, cgroup) => {
            let name = shadow.name(Shadow::index(controller, cgroup));
            format!("the limit of {name} is {after}, and was {before}")
        }
        What::Frozen(cgroup) => {
            let state = if after == 1 { "frozen" } else { "thawed" };
            format!("{} stays {state}", shadow.cgroup_name(cgroup))
        }
    })
}
