//! Queries of checks and reports to the shadow. They change nothing.
use super::{MmShadow, Shadow, TaskShadow, Unit};
use crate::kernel::{CgroupId, Controller, HierarchyId, Layout, MmId, TaskId};
use crate::seam::ActorId;
use crate::seam::event::{Callback, Who};

impl Shadow {
    /// Returns the hierarchy where `controller` counts now.
    #[must_use]
    pub fn counting(&self, controller: Controller) -> Option<HierarchyId> {
        self.counting[controller.index()]
    }

    /// Returns the current limit of a counter.
    #[must_use]
    pub fn limit(&self, index: usize) -> u64 {
        self.limits[index]
    }

    /// Reports whether the cpuset has no CPU now.
    #[must_use]
    pub fn without_cpus(&self, cgroup: CgroupId) -> bool {
        self.cpus[cgroup.index()].1
    }

    /// Reports whether the cgroup is frozen now.
    #[must_use]
    pub fn is_frozen(&self, cgroup: CgroupId) -> bool {
        self.frozen[cgroup.index()]
    }

    /// Returns the layout.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns the index of the counter of `controller` at `cgroup`.
    #[must_use]
    pub fn index(controller: Controller, cgroup: CgroupId) -> usize {
        cgroup.index() * Controller::COUNT + controller.index()
    }

    /// Returns the (controller, cgroup) of an index.
    #[must_use]
    pub fn counter(index: usize) -> (Controller, CgroupId) {
        (Controller::ALL[index % Controller::COUNT], CgroupId((index / Controller::COUNT) as u32))
    }

    /// Returns the name of a counter, such as `a.memrlimit`.
    #[must_use]
    pub fn name(&self, index: usize) -> String {
        let (controller, cgroup) = Self::counter(index);
        format!("{}.{controller}", self.cgroup_name(cgroup))
    }

    /// Returns the name of a cgroup.
    #[must_use]
    pub fn cgroup_name(&self, cgroup: CgroupId) -> &str {
        self.layout.cgroups.get(cgroup.index()).map_or("no cgroup", |node| &node.name)
    }

    /// Returns the number of operations and transactions in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Returns the value of a counter according to the ledger and the clamps.
    #[must_use]
    pub fn usage(&self, index: usize) -> i64 {
        self.usage[index]
    }

    /// Returns the value that a counter should have.
    #[must_use]
    pub fn truth(&self, index: usize) -> i64 {
        self.truth[index]
    }

    /// Returns the reservations at a counter: those of open transactions, and those that were never released.
    #[must_use]
    pub fn reserved(&self, index: usize) -> i64 {
        self.reserved[index]
    }

    /// Returns the number of times a counter clamped.
    #[must_use]
    pub fn clamps(&self, index: usize) -> u64 {
        self.clamps[index]
    }

    /// Returns a thread.
    #[must_use]
    pub fn task(&self, task: TaskId) -> TaskShadow {
        self.tasks.get(task.index()).copied().unwrap_or_default()
    }

    /// Returns the visible threads.
    pub fn live_tasks(&self) -> impl Iterator<Item = (TaskId, &TaskShadow)> {
        let tasks = self.tasks.iter().enumerate();
        tasks.filter(|(_, task)| task.live).map(|(at, task)| (TaskId(at as u32), task))
    }

    /// Returns the cgroup of `task` in `hierarchy`.
    #[must_use]
    pub fn place(&self, task: TaskId, hierarchy: HierarchyId) -> Option<CgroupId> {
        self.task(task).css.map(|css| css.cgroup(hierarchy))
    }

    /// Returns an address space.
    #[must_use]
    pub fn mm(&self, mm: MmId) -> Option<&MmShadow> {
        self.mms.get(mm.index())
    }

    /// Returns the unit that `actor` has in flight.
    #[must_use]
    pub fn unit(&self, actor: ActorId) -> Option<&Unit> {
        self.actors.get(actor.index()).map(|actor| &actor.unit)
    }

    /// Returns the callback that `actor` is running.
    #[must_use]
    pub fn callback(&self, actor: ActorId) -> Option<(Controller, Callback)> {
        self.unit(actor).and_then(|unit| unit.callback)
    }

    /// Returns the modelled thread that `actor` runs.
    #[must_use]
    pub fn runs(&self, actor: ActorId) -> Option<TaskId> {
        match self.actors.get(actor.index())?.who {
            Some(Who::Task(task)) => Some(task),
            _ => None,
        }
    }

    /// Returns all actors, also those that have ended.
    pub fn actors(&self) -> impl Iterator<Item = ActorId> {
        (0..self.actors.len() as u32).map(ActorId)
    }

    /// Returns the name of `actor`, for display.
    #[must_use]
    pub fn who(&self, actor: ActorId) -> String {
        let who: Option<Who> = self.actors.get(actor.index()).and_then(|actor| actor.who);
        who.map_or_else(|| actor.to_string(), |who| who.to_string())
    }
}
