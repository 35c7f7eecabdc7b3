//! Checks where events have no order of all of them: each actor's own are added up, and the world is looked at while everybody
//! rests.
//!
//! Then usage, ledger and truth stand still, and nothing is in flight: drift = usage − truth. What came and went between two
//! rests is not seen.
use super::Checks;
use super::shadow::Shadow;
use crate::kernel::{CgroupId, Controller, HierarchyId, MaskId, ProcessId, Snapshot};
use crate::seam::ActorId;

/// The world while all actors rest.
#[derive(Clone, Debug)]
pub struct AtRest {
    /// When, in ns.
    pub at_ns: u64,
    /// Everything.
    pub snapshot: Snapshot,
    /// The sum of all ledgers, by [`Shadow::index`].
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
        self.add(other);
    }

    /// Looks at the world while all actors rest.
    pub fn at_rest(&mut self, rest: &AtRest) {
        rest.adopted.iter().for_each(|controller| self.shadow.counts_now(*controller));
        for (controller, cgroup) in self.shadow.layout().counters().collect::<Vec<_>>() {
            if controller.counts() {
                let index = Shadow::index(controller, cgroup);
                let truth = super::ledger::truth(&self.shadow, &rest.snapshot, controller, cgroup);
                self.shadow.found(index, rest.books[index], truth);
            }
        }
        self.each_at_rest(rest);
        self.audit(rest.at_ns, &rest.snapshot);
    }

    /// The most that was reserved at a counter, as it was counted elsewhere, in pages.
    pub fn reserved_at_most(&mut self, controller: Controller, cgroup: CgroupId, pages: i64) {
        self.drift.reserved(Shadow::index(controller, cgroup), pages);
    }

    /// Adds attaches that have moved a part, as each mover has found them.
    pub fn moved_in_part(&mut self, found: &super::Tally) {
        self.partial_move.tally.add(found);
    }
}
