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
pub use shared::Immutable;
pub use slots::{Pin, Slots};
pub use spec::{
    CgroupSpec, Grace, Invalidate, MmapError, OwnerChange, ProcessSpec, Scope, SpecError, WorldOptions,
    WorldSpec,
};

use crate::kernel::{CgroupId, Controller, CpuMask, CssSetId, HierarchyId, MmId, ProcessId, TaskId};
use crate::locks::{Mutex, RwSem, SpinLock};
use crate::seam::{Current, SharedCell};
use smallvec::SmallVec;
use std::sync::{Arc, Weak};

/// The bit of a controller in [`World::adopted`].
#[must_use]
pub fn bit(controller: Controller) -> u64 {
    1 << controller.index()
}

crate::shared! {
    /// The whole modelled kernel.
    pub struct World {
        /// What it was built from.
        pub spec: Immutable<WorldSpec>,
        /// Itself, for whoever starts an actor.
        pub myself: Immutable<Weak<World>>,
        /// CPUs that are there.
        pub cpu_hotplug: RwSem<CpuMask>,
        /// All task movement (`group_mutex` in the seed).
        pub cgroup_mutex: Mutex<()>,
        /// Cpusets.
        pub callback_mutex: Mutex<Cpusets>,
        /// Thread lists.
        pub tasklist_lock: SpinLock<TaskList>,
        /// Membership lists.
        pub css_set_lock: SpinLock<CssSets>,
        /// Books of numtasks against fork and exit.
        pub numtasks_lock: SpinLock<()>,
        /// Controllers of [`WorldSpec::late`] that have joined their hierarchy, a bit each. Written under
        /// `cgroup_mutex`.
        pub adopted: SharedCell,
        /// How many ids have been given out; counted where [`WorldSpec::keeps_ids`].
        pub pidmap: SharedCell,
        /// The cgroups of all hierarchies, those of the spec first and then a root for each hierarchy.
        pub cgroups: Immutable<Vec<Cgroup>>,
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
    pub fn options(&self) -> &WorldOptions {
        &self.spec.options
    }

    /// The hierarchy where `controller` is mounted.
    #[must_use]
    pub fn hierarchy_of(&self, controller: Controller) -> Option<HierarchyId> {
        self.spec.hierarchy_of(controller)
    }

    /// Itself, to be handed to another actor.
    ///
    /// # Panics
    /// While it is being built or dropped.
    #[must_use]
    pub fn shared(&self) -> Arc<Self> {
        self.myself.upgrade().expect("alive while somebody reaches it")
    }

    /// Controllers of `hierarchy` that take part in an attach, in the order of their callbacks. One access where
    /// controllers may join late.
    pub fn controllers<C: Current>(&self, cur: &C, hierarchy: HierarchyId) -> SmallVec<[Controller; 5]> {
        let mounted = &self.spec.hierarchies[hierarchy.index()];
        if !mounted.iter().any(|controller| self.spec.late.contains(controller)) {
            return mounted.iter().copied().collect();
        }
        let adopted = self.adopted.load(cur);
        let here = |c: &Controller| !self.spec.late.contains(c) || adopted & bit(*c) != 0;
        mounted.iter().copied().filter(here).collect()
    }

    /// The hierarchy where `controller` counts now; `None` where it is not mounted or has not joined yet. One access if
    /// it may join late.
    pub fn counting<C: Current>(&self, cur: &C, controller: Controller) -> Option<HierarchyId> {
        let hierarchy = self.hierarchy_of(controller)?;
        let late = self.spec.late.contains(&controller);
        (!late || self.adopted.load(cur) & bit(controller) != 0).then_some(hierarchy)
    }

    /// An id is about to be given out. One access where ids depend on the order in which that happens.
    pub fn gives_id<C: Current>(&self, cur: &C) {
        if self.spec.keeps_ids {
            self.pidmap.add(cur, 1);
        }
    }

    /// The root of `hierarchy`, which is nobody's child and counts nothing.
    #[must_use]
    pub fn root(&self, hierarchy: HierarchyId) -> CgroupId {
        CgroupId(self.spec.cgroups.len() as u32 + hierarchy.0)
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

    /// The cgroup of `task` in `hierarchy` now. One access, in an RCU read section.
    pub fn cgroup_of<C: Current>(&self, cur: &C, task: TaskId, hierarchy: HierarchyId) -> CgroupId {
        cur.rcu_read(|| CssSetId(self.task(task).cgroups.load(cur)).cgroup(hierarchy))
    }

    /// The cgroup to which `mm` is charged in `hierarchy` now: that of its owner. Two accesses, in an RCU read
    /// section.
    pub fn owner_cgroup<C: Current>(&self, cur: &C, mm: &Mm, hierarchy: HierarchyId) -> CgroupId {
        cur.rcu_read(|| {
            let owner = TaskId::from_word(mm.owner.load(cur));
            self.cgroup_of(cur, owner, hierarchy)
        })
    }

    /// The counter of `controller` at `cgroup`; every cgroup of a hierarchy has one for each counting controller of it.
    ///
    /// # Panics
    /// When `controller` does not count or is mounted elsewhere: a bug of ours.
    #[must_use]
    pub fn counter(&self, controller: Controller, cgroup: CgroupId) -> &SpinLock<crate::kernel::Counter> {
        self.cgroup(cgroup).counters[controller.index()].as_ref().expect("mounted here")
    }

    /// Cgroup, then its ancestors up to below the root, which counts nothing: from the root there is no way up.
    pub fn upward(&self, cgroup: CgroupId) -> impl Iterator<Item = CgroupId> + '_ {
        let counted = Some(cgroup).filter(|id| id.index() < self.spec.cgroups.len());
        std::iter::successors(counted, |id| *self.cgroup(*id).parent)
    }

    /// Whether every lock is free: nobody holds one, nobody waits. Only while nobody runs.
    #[must_use]
    pub fn locks_free(&self) -> bool {
        self.cgroup_mutex.is_free()
            && self.cpu_hotplug.is_free()
            && self.numtasks_lock.is_free()
            && self.callback_mutex.is_free()
            && self.tasklist_lock.is_free()
            && self.css_set_lock.is_free()
            && self.tasks.all(|t| t.alloc_lock.is_free())
            && self.processes.all(|p| p.threadgroup_rwsem.is_free())
            && self.mms.all(Mm::locks_free)
            && self.cgroups.iter().all(|c| c.counters.iter().flatten().all(SpinLock::is_free))
    }
}
