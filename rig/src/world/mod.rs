//! The modelled kernel at work: plain data of [`crate::kernel`] put behind locks and Words, and who reaches what through
//! which.
//!
//! Every struct here is declared with [`shared!`](crate::shared), which lets in Words, locks, slots and things that
//! never change — nothing else. A raw shared field does not compile.
mod build;
pub mod css;
pub mod objects;
pub mod shared;
pub mod slots;
pub mod spec;
mod view;

pub use css::{Cpusets, CssSets, TaskList};
pub use objects::{Cgroup, Mm, Process, Task};
pub use shared::Fixed;
pub use slots::{Pin, Slots};
pub use spec::{CgroupSpec, Grace, Options, OwnerChange, ProcessSpec, SpecError, WorldSpec};

use crate::engine::Current;
use crate::kernel::{CgroupId, Controller, CssSetId, HierarchyId, MmId, ProcessId, TaskId};
use crate::locks::{Mutex, SpinLock};

crate::shared! {
    /// The whole modelled kernel.
    pub struct World {
        /// What it was built from.
        pub spec: Fixed<WorldSpec>,
        /// All task movement (`group_mutex` in the seed).
        pub cgroup_mutex: Mutex<()>,
        /// Cpusets.
        pub callback_mutex: Mutex<Cpusets>,
        /// Thread lists.
        pub tasklist_lock: SpinLock<TaskList>,
        /// Membership lists.
        pub css_set_lock: SpinLock<CssSets>,
        /// The cgroups of all hierarchies.
        pub cgroups: Fixed<Vec<Cgroup>>,
        /// Threads.
        pub tasks: Slots<Task>,
        /// Processes.
        pub processes: Slots<Process>,
        /// Address spaces.
        pub mms: Slots<Mm>,
    }
}

impl World {
    /// The options of this world.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.spec.options
    }

    /// The hierarchy where `controller` is mounted.
    #[must_use]
    pub fn hierarchy_of(&self, controller: Controller) -> Option<HierarchyId> {
        self.spec.hierarchy_of(controller)
    }

    /// Controllers of `hierarchy`, in the order of their callbacks.
    #[must_use]
    pub fn controllers(&self, hierarchy: HierarchyId) -> &[Controller] {
        &self.spec.hierarchies[hierarchy.index()]
    }

    /// A cgroup.
    #[must_use]
    pub fn cgroup(&self, id: CgroupId) -> &Cgroup {
        &self.cgroups[id.index()]
    }

    /// A thread. The slot may have been used again unless it is pinned.
    #[must_use]
    pub fn task(&self, id: TaskId) -> &Task {
        self.tasks.get(id.0)
    }

    /// A process, likewise.
    #[must_use]
    pub fn process(&self, id: ProcessId) -> &Process {
        self.processes.get(id.0)
    }

    /// An address space, likewise.
    #[must_use]
    pub fn mm(&self, id: MmId) -> &Mm {
        self.mms.get(id.0)
    }

    /// The cgroup of `task` in `hierarchy` now. One access; an RCU read section in the kernel.
    pub fn cgroup_of<C: Current>(&self, cur: &C, task: TaskId, hierarchy: HierarchyId) -> CgroupId {
        CssSetId(self.task(task).cgroups.load(cur)).cgroup(hierarchy)
    }

    /// The cgroup to which `mm` is charged in `hierarchy` now: that of its owner. Two accesses.
    pub fn owner_cgroup<C: Current>(&self, cur: &C, mm: &Mm, hierarchy: HierarchyId) -> CgroupId {
        let owner = TaskId::from_word(mm.owner.load(cur));
        self.cgroup_of(cur, owner, hierarchy)
    }

    /// The counter of `controller` at `cgroup`; every cgroup of a hierarchy has one for each counting controller of it.
    ///
    /// # Panics
    /// When `controller` does not count or is mounted elsewhere: a bug of ours.
    #[must_use]
    pub fn counter(&self, controller: Controller, cgroup: CgroupId) -> &SpinLock<crate::kernel::Counter> {
        self.cgroup(cgroup).counters[controller.index()].as_ref().expect("mounted here")
    }

    /// Cgroup, then its ancestors up to below the root, which counts nothing.
    pub fn upward(&self, cgroup: CgroupId) -> impl Iterator<Item = CgroupId> + '_ {
        std::iter::successors(Some(cgroup), |id| *self.cgroup(*id).parent)
    }

    /// Whether every lock is free: nobody holds one, nobody waits. Only while nobody runs.
    #[must_use]
    pub fn locks_free(&self) -> bool {
        self.cgroup_mutex.is_free()
            && self.callback_mutex.is_free()
            && self.tasklist_lock.is_free()
            && self.css_set_lock.is_free()
            && self.tasks.all(|t| t.alloc_lock.is_free())
            && self.processes.all(|p| p.threadgroup_rwsem.is_free())
            && self.mms.all(Mm::locks_free)
            && self.cgroups.iter().all(|c| c.counters.iter().flatten().all(SpinLock::is_free))
    }
}
