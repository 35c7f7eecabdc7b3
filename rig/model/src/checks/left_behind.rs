//! left-behind: after a move, the record of a touched page does not name the owner's cgroup.
use super::at_rest::AtRest;
use super::check::{About, Checker, Needs, RARE, RECORDS, Seen};
use super::unit::UnitKind;
use super::{Shadow, Tally};
use crate::kernel::{Controller, MmId};
use crate::seam::{Event, Stamp};

/// The check.
#[derive(Debug, Default)]
pub(super) struct LeftBehind {
    pub(super) tally: Tally,
}

impl Checker for LeftBehind {
    const ABOUT: About = About {
        name: "left-behind",
        needs: Needs::Rest,
        by_final_state: true,
        without_locks: true,
        events: RECORDS | RARE,
    };

    fn observe(&mut self, Seen { shadow, stamp, .. }: Seen<'_>, event: &Event) {
        match *event {
            Event::TxEnd { moved: true } => {
                let Some(unit) = shadow.unit(stamp.actor) else { return };
                let UnitKind::Tx(dest) = unit.kind else { return };
                if shadow.counting(Controller::Memory)
                    != Some(shadow.layout().cgroups[dest.index()].hierarchy)
                {
                    return;
                }
                for mm in &unit.mms {
                    self.tally.examine();
                    judge(&mut self.tally, shadow, stamp, *mm);
                }
            }
            Event::Record { mm, cgroup, pages } if pages > 0 && marks(shadow, stamp) => {
                let owner = shadow.mm(mm).and_then(|mm| mm.owner);
                let place = owner.and_then(|owner| shadow.place(owner, shadow.counting(Controller::Memory)?));
                if place.is_some_and(|place| place != cgroup) {
                    let name = shadow.cgroup_name(cgroup);
                    let at_ns = stamp.at_ns;
                    self.tally.violated(|| format!("at {at_ns} ns {pages} pages of mm {} were charged to {name}, which its owner has left", mm.0));
                }
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
