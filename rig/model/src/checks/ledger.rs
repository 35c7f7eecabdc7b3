//! ledger: the ledger that the paths wrote agrees with the counters, and the truth followed from events agrees with the
//! truth recomputed from tasks and pages. A violation is a charge without a ledger entry, or a change without an event.
use super::check::{About, Checker, Excuse, NONE, Needs};
use super::{Shadow, Tally};
use crate::kernel::layout::Snapshot;
use crate::kernel::{CgroupId, Controller};

/// The check.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) tally: Tally,
}

impl Checker for Ledger {
    const ABOUT: About = About {
        name: "ledger",
        needs: Needs::Rest,
        by_final_state: false,
        excuse: Excuse::None,
        events: NONE,
    };
}

impl Ledger {
    /// Compares ledger and truth with a snapshot, at a quiescent moment.
    pub(super) fn audit(&mut self, shadow: &Shadow, snapshot: &Snapshot) {
        self.tally.examine();
        for (controller, cgroup, usage) in &snapshot.usage {
            let index = Shadow::index(*controller, *cgroup);
            let written = shadow.usage(index);
            if written != *usage as i64 {
                self.tally.violated(|| {
                    format!("{} reads {usage}, but the ledger adds up to {written}", shadow.name(index))
                });
            }
        }
        for (controller, cgroup) in shadow.layout().counters() {
            let index = Shadow::index(controller, cgroup);
            let (followed, recomputed) = (shadow.truth(index), truth(shadow, snapshot, controller, cgroup));
            if controller.counts() && followed != recomputed {
                let name = shadow.name(index);
                self.tally.violated(|| {
                    format!(
                        "{name} should read {recomputed} by tasks and pages, but changes add up to {followed}"
                    )
                });
            }
        }
    }
}

/// Returns the correct value of a counter, computed from tasks and pages. For `cpuset`, which counts tasks with a wrong
/// mask, that is 0.
#[must_use]
pub(super) fn truth(shadow: &Shadow, snapshot: &Snapshot, controller: Controller, cgroup: CgroupId) -> i64 {
    let layout = shadow.layout();
    let Some(hierarchy) = shadow.counting(controller) else { return 0 };
    let within =
        |place: CgroupId| place != CgroupId::NONE && layout.upward(place).any(|level| level == cgroup);
    let sum = match controller {
        Controller::Memrlimit => {
            let here = snapshot.mms.iter().filter(|mm| within(mm.owner.cgroup(hierarchy)));
            here.map(|mm| mm.total_vm).sum()
        }
        Controller::Memory => {
            let records = snapshot.mms.iter().flat_map(|mm| mm.records.by_cgroup());
            records.filter(|(named, _)| within(*named)).map(|(_, pages)| pages).sum()
        }
        Controller::Net => {
            let here = snapshot.mms.iter().filter(|mm| within(mm.owner.cgroup(hierarchy)));
            here.map(|mm| mm.packets).sum()
        }
        Controller::Numtasks => {
            snapshot.tasks.iter().filter(|task| within(task.css.cgroup(hierarchy))).count() as u64
        }
        Controller::Cpuset | Controller::Freezer => 0,
    };
    sum as i64
}
