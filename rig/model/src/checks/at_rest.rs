//! Checks where events have no order of all of them: each actor's own are added up, and the world is looked at while everybody
//! rests.
//!
//! Then usage, ledger and truth stand still, and nothing is in flight: drift = usage − truth. What came and went between two
//! rests is not seen.
use super::names::Name;
use super::{Checks, Shadow, ledger};
use crate::kernel::{CgroupId, Controller, HierarchyId, MaskId, ProcessId, Snapshot};
use crate::seam::ActorId;

/// The world while everybody rests.
#[derive(Clone, Debug)]
pub struct AtRest {
    /// When, in ns.
    pub at_ns: u64,
    /// Everything.
    pub snapshot: Snapshot,
    /// What everybody's ledger adds up to, by [`Shadow::index`].
    pub books: Vec<i64>,
    /// Controllers that have joined since the start.
    pub adopted: Vec<Controller>,
    /// Masks of cpusets, by cgroup.
    pub masks: Vec<MaskId>,
    /// Processes whose threads sit in different cgroups of a hierarchy where only whole processes move.
    pub torn: Vec<(ProcessId, HierarchyId)>,
}

/// The number that an actor has in checks of its own.
const ME: ActorId = ActorId(0);

impl Checks {
    /// Adds what the checks of `actor` alone have found.
    pub fn join(&mut self, actor: ActorId, other: &Self) {
        self.shadow.take_over(actor, &other.shadow, ME);
        self.lock_order.join(&other.lock_order);
        let tallies = [
            (&mut self.overrun, &other.overrun),
            (&mut self.underflow, &other.underflow),
            (&mut self.rollback.tally, &other.rollback.tally),
            (&mut self.leaked_reservation, &other.leaked_reservation),
            (&mut self.contract.tally, &other.contract.tally),
            (&mut self.lock_shared.tally, &other.lock_shared.tally),
            (&mut self.sleep_in_atomic, &other.sleep_in_atomic),
        ];
        for (mine, theirs) in tallies {
            mine.add(theirs);
        }
    }

    /// Looks at the world while everybody rests.
    pub fn at_rest(&mut self, rest: &AtRest) {
        rest.adopted.iter().for_each(|controller| self.shadow.counts_now(*controller));
        let counters: Vec<_> = self.shadow.layout().counters().collect();
        for (controller, cgroup) in counters {
            let index = Shadow::index(controller, cgroup);
            let drift = if controller.counts() {
                let truth = ledger::truth(&self.shadow, &rest.snapshot, controller, cgroup);
                self.shadow.found(index, rest.books[index], truth);
                rest.books[index] - truth
            } else {
                self.wrong_masks(rest, controller, cgroup)
            };
            self.drift.found(&self.shadow, rest.at_ns, index, drift);
        }
        if self.on.has(Name::LeftBehind) {
            self.left_behind(rest);
        }
        if self.on.has(Name::PartialMove) {
            self.torn(rest);
        }
        self.audit(rest.at_ns, &rest.snapshot);
    }

    /// Tasks of the cpuset that have another mask.
    fn wrong_masks(&self, rest: &AtRest, controller: Controller, cgroup: CgroupId) -> i64 {
        let Some(hierarchy) = self.shadow.counting(controller) else { return 0 };
        if controller != Controller::Cpuset {
            return 0;
        }
        let here = rest.snapshot.tasks.iter().filter(|task| task.css.cgroup(hierarchy) == cgroup);
        here.filter(|task| task.mask != rest.masks[cgroup.index()]).count() as i64
    }

    fn left_behind(&mut self, rest: &AtRest) {
        let Some(hierarchy) = self.shadow.counting(Controller::Memory) else { return };
        for mm in &rest.snapshot.mms {
            let place = mm.owner.cgroup(hierarchy);
            let pages = mm.records.elsewhere(place);
            self.left_behind.examine();
            if pages > 0 {
                let name = self.shadow.cgroup_name(place);
                self.left_behind.broken(|| {
                    let (at_ns, id) = (rest.at_ns, mm.mm.0);
                    format!("at {at_ns} ns, at rest, mm {id} sits in {name}, but {pages} of its pages do not")
                });
            }
        }
    }

    fn torn(&mut self, rest: &AtRest) {
        let tally = self.partial_move.tally_mut();
        tally.examine();
        for (process, hierarchy) in &rest.torn {
            tally.broken(|| {
                let (at_ns, process, hierarchy) = (rest.at_ns, process.0, hierarchy.0);
                format!("at {at_ns} ns, at rest, threads of process {process} sit in several cgroups of hierarchy {hierarchy}")
            });
        }
    }

    /// The most that was reserved at a counter, as it was counted elsewhere, in pages.
    pub fn reserved_at_most(&mut self, controller: Controller, cgroup: CgroupId, pages: i64) {
        self.drift.reserved(Shadow::index(controller, cgroup), pages);
    }

    /// Adds attaches that have moved a part, as each mover has found them.
    pub fn moved_in_part(&mut self, found: &super::Tally) {
        self.partial_move.tally_mut().add(found);
    }
}
