//! What checks and reports ask the shadow: it answers from what it has followed, and changes nothing.
use super::{MmShadow, Shadow, TaskShadow, Unit};
use crate::kernel::{CgroupId, Controller, HierarchyId, Layout, MmId, TaskId};
use crate::seam::ActorId;
use crate::seam::event::{Callback, Who};

impl Shadow {
    /// The hierarchy where `controller` counts by now.
    #[must_use]
    pub fn counting(&self, controller: Controller) -> Option<HierarchyId> {
        self.counting[controller.index()]
    }

    /// The limit of a counter now.
    #[must_use]
    pub fn limit(&self, index: usize) -> u64 {
        self.limits[index]
    }

    /// Whether the cpuset has no CPU now.
    #[must_use]
    pub fn without_cpus(&self, cgroup: CgroupId) -> bool {
        self.cpus[cgroup.index()].1
    }

    /// Whether the cgroup is frozen now.
    #[must_use]
    pub fn is_frozen(&self, cgroup: CgroupId) -> bool {
        self.frozen[cgroup.index()]
    }

    /// The layout.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Index of the counter of `controller` at `cgroup`.
    #[must_use]
    pub fn index(controller: Controller, cgroup: CgroupId) -> usize {
        cgroup.index() * Controller::COUNT + controller.index()
    }

    /// (controller, cgroup) of an index.
    #[must_use]
    pub fn counter(index: usize) -> (Controller, CgroupId) {
        (Controller::ALL[index % Controller::COUNT], CgroupId((index / Controller::COUNT) as u32))
    }

    /// `a.memrlimit`.
    #[must_use]
    pub fn name(&self, index: usize) -> String {
        let (controller, cgroup) = Self::counter(index);
        format!("{}.{controller}", self.cgroup_name(cgroup))
    }

    /// Name of a cgroup.
    #[must_use]
    pub fn cgroup_name(&self, cgroup: CgroupId) -> &str {
        self.layout.cgroups.get(cgroup.index()).map_or("nobody", |node| &node.name)
    }

    /// Operations and transactions in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// What the ledger and the clamps say a counter reads.
    #[must_use]
    pub fn usage(&self, index: usize) -> i64 {
        self.usage[index]
    }

    /// What a counter should read.
    #[must_use]
    pub fn truth(&self, index: usize) -> i64 {
        self.truth[index]
    }

    /// What open transactions have reserved at a counter, and what was never given back.
    #[must_use]
    pub fn reserved(&self, index: usize) -> i64 {
        self.reserved[index]
    }

    /// How often a counter clamped.
    #[must_use]
    pub fn clamps(&self, index: usize) -> u64 {
        self.clamps[index]
    }

    /// A thread.
    #[must_use]
    pub fn task(&self, task: TaskId) -> TaskShadow {
        self.tasks.get(task.index()).copied().unwrap_or_default()
    }

    /// Threads that can be seen.
    pub fn live_tasks(&self) -> impl Iterator<Item = (TaskId, &TaskShadow)> {
        let tasks = self.tasks.iter().enumerate();
        tasks.filter(|(_, task)| task.live).map(|(at, task)| (TaskId(at as u32), task))
    }

    /// The cgroup of `task` in `hierarchy`.
    #[must_use]
    pub fn place(&self, task: TaskId, hierarchy: HierarchyId) -> Option<CgroupId> {
        self.task(task).css.map(|css| css.cgroup(hierarchy))
    }

    /// An address space.
    #[must_use]
    pub fn mm(&self, mm: MmId) -> Option<&MmShadow> {
        self.mms.get(mm.index())
    }

    /// What `actor` has in flight.
    #[must_use]
    pub fn unit(&self, actor: ActorId) -> Option<&Unit> {
        self.actors.get(actor.index()).map(|actor| &actor.unit)
    }

    /// The callback of `actor` that is running.
    #[must_use]
    pub fn callback(&self, actor: ActorId) -> Option<(Controller, Callback)> {
        self.unit(actor).and_then(|unit| unit.callback)
    }

    /// The modelled thread that `actor` runs.
    #[must_use]
    pub fn runs(&self, actor: ActorId) -> Option<TaskId> {
        match self.actors.get(actor.index())?.who {
            Some(Who::Task(task)) => Some(task),
            _ => None,
        }
    }

    /// Every actor that ever was.
    pub fn actors(&self) -> impl Iterator<Item = ActorId> {
        (0..self.actors.len() as u32).map(ActorId)
    }

    /// Who `actor` is, for people.
    #[must_use]
    pub fn who(&self, actor: ActorId) -> String {
        let who: Option<Who> = self.actors.get(actor.index()).and_then(|actor| actor.who);
        who.map_or_else(|| actor.to_string(), |who| who.to_string())
    }
}
