//! left-behind: when a move is over, the record of a touched page does not name the owner's cgroup.
//!
//! The move of an address space is over when its transaction has run its last callback, before it gives up its locks. A
//! page that is charged to a cgroup which its owner has left counts as well, unless a move under way may still take it
//! along.
use super::at_rest::AtRest;
use super::check::{About, Checker, Excuse, Needs, RARE, RECORDS, Seen};
use super::shadow::at;
use super::unit::UnitKind;
use super::{Shadow, Tally};
use crate::kernel::{CgroupId, Controller, MmId};
use crate::seam::event::Phase;
use crate::seam::{ActorId, Event, Stamp};
use smallvec::SmallVec;

/// A transaction that has not run its last callback.
#[derive(Clone, Debug, Default)]
struct Move {
    /// The address spaces whose charges move.
    mms: SmallVec<[MmId; 1]>,
    /// True once the tasks are switched.
    switched: bool,
}

/// The check.
#[derive(Debug, Default)]
pub(super) struct LeftBehind {
    /// By actor.
    moves: Vec<Move>,
    pub(super) tally: Tally,
}

impl Checker for LeftBehind {
    const ABOUT: About = About {
        name: "left-behind",
        needs: Needs::Rest,
        by_final_state: false,
        excuse: Excuse::KeepsNoLocks,
        events: RECORDS | RARE,
    };

    fn observe(&mut self, Seen { shadow, stamp, .. }: Seen<'_>, event: &Event) {
        let mine = stamp.actor.index();
        match *event {
            Event::TxBegin { .. } => *at(&mut self.moves, mine) = Move::default(),
            Event::TxMoves { mm, .. } => at(&mut self.moves, mine).mms.push(mm),
            Event::Switched => at(&mut self.moves, mine).switched = true,
            Event::Phase(Phase::Unlock) => self.over(shadow, stamp),
            Event::Record { mm, cgroup, pages } if pages > 0 && marks(shadow, stamp) => {
                self.marked(shadow, stamp, (mm, cgroup, pages));
            }
            _ => {}
        }
    }

    fn at_rest(&mut self, shadow: &Shadow, rest: &AtRest) {
        let Some(hierarchy) = shadow.counting(Controller::Memory) else { return };
        for mm in &rest.snapshot.mms {
            let place = mm.owner.cgroup(hierarchy);
            let pages = mm.records.elsewhere(place);
            self.tally.examine();
            if pages > 0 {
                let name = shadow.cgroup_name(place);
                self.tally.violated(|| {
                    let (at_ns, id) = (rest.at_ns, mm.mm.0);
                    format!("at {at_ns} ns, at rest, mm {id} is in {name}, but {pages} of its pages are not")
                });
            }
        }
    }
}

/// Reports whether the record is marked by an operation of the workload, not moved by a transaction.
fn marks(shadow: &Shadow, stamp: Stamp) -> bool {
    shadow.unit(stamp.actor).is_some_and(|unit| matches!(unit.kind, UnitKind::Op(_)))
}

impl LeftBehind {
    /// Judges the address spaces of the actor's transaction, which has run its last callback.
    fn over(&mut self, shadow: &Shadow, stamp: Stamp) {
        let Move { mms, switched } = std::mem::take(at(&mut self.moves, stamp.actor.index()));
        if !switched || !moves_pages(shadow, stamp.actor) {
            return;
        }
        for mm in mms {
            self.tally.examine();
            judge(&mut self.tally, shadow, stamp, mm);
        }
    }

    /// Judges a page that was charged, unless a move under way may still take it along.
    fn marked(&mut self, shadow: &Shadow, stamp: Stamp, (mm, cgroup, pages): (MmId, CgroupId, i64)) {
        let owner = shadow.mm(mm).and_then(|mm| mm.owner);
        let place = owner.and_then(|owner| shadow.place(owner, shadow.counting(Controller::Memory)?));
        let moving = self.moves.iter().any(|other| other.mms.contains(&mm));
        if !moving && place.is_some_and(|place| place != cgroup) {
            let (name, at_ns) = (shadow.cgroup_name(cgroup), stamp.at_ns);
            self.tally.violated(|| {
                format!(
                    "at {at_ns} ns {pages} pages of mm {} were charged to {name}, which its owner has left",
                    mm.0
                )
            });
        }
    }
}

/// Reports whether the actor's transaction is in the hierarchy where memory counts.
fn moves_pages(shadow: &Shadow, actor: ActorId) -> bool {
    let Some(UnitKind::Tx(dest)) = shadow.unit(actor).map(|unit| unit.kind) else { return false };
    shadow.counting(Controller::Memory) == Some(shadow.layout().cgroups[dest.index()].hierarchy)
}

fn judge(tally: &mut Tally, shadow: &Shadow, stamp: Stamp, id: MmId) {
    let Some(hierarchy) = shadow.counting(Controller::Memory) else { return };
    let Some(mm) = shadow.mm(id) else { return };
    let Some(place) = mm.owner.and_then(|owner| shadow.place(owner, hierarchy)) else { return };
    let pages = mm.records.elsewhere(place);
    if pages > 0 {
        let at_ns = stamp.at_ns;
        tally.violated(|| {
            let name = shadow.cgroup_name(place);
            format!("at {at_ns} ns mm {} is in {name}, but {pages} of its pages were left behind", id.0)
        });
    }
}
