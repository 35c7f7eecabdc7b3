//! Checks on engines without a total order of events: the findings of each actor's own checks are added up, and the
//! world is read while all actors are at rest.
//!
//! At rest, usage, ledger and truth do not change and nothing is in flight, so drift = usage − truth. A violation that
//! comes and goes between two rests is not seen.
use super::Checks;
use super::shadow::Shadow;
use crate::kernel::{CgroupId, Controller, HierarchyId, MaskId, ProcessId, Snapshot};
use crate::seam::ActorId;

/// The world while all actors are at rest.
#[derive(Clone, Debug)]
pub struct AtRest {
    /// The time, in ns.
    pub at_ns: u64,
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The sum of all ledgers, by [`Shadow::index`].
    pub books: Vec<i64>,
    /// Controllers that have joined since the start.
    pub adopted: Vec<Controller>,
    /// Masks of cpusets, by cgroup.
    pub masks: Vec<MaskId>,
    /// Processes whose threads are in different cgroups of a hierarchy where only whole processes move.
    pub torn: Vec<(ProcessId, HierarchyId)>,
}

/// The id that an actor has in checks of its own.
const ME: ActorId = ActorId(0);

impl Checks {
    /// Adds the findings of the checks of one actor, `actor`.
    pub fn join(&mut self, actor: ActorId, other: &Self) {
        self.shadow.take_over(actor, &other.shadow, ME);
        self.add(other);
    }

    /// Checks the world while all actors are at rest.
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

    /// Takes the peak of the reservations at a counter, in pages, which was measured elsewhere.
    pub fn reserved_at_most(&mut self, controller: Controller, cgroup: CgroupId, pages: i64) {
        self.drift.reserved(Shadow::index(controller, cgroup), pages);
    }

    /// Adds the attaches that moved only some of their tasks, as counted by the movers.
    pub fn moved_in_part(&mut self, found: &super::Tally) {
        self.partial_move.tally.add(found);
    }
}
