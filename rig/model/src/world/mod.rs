//! The modelled kernel at work: the plain data of [`crate::kernel`] behind locks and shared cells, which are the only
//! way to reach it.
//!
//! Every struct here is declared with [`shared!`](crate::shared), which admits only shared cells, locks, slots and
//! values that never change. A raw shared field does not compile.
mod build;
pub mod css;
pub mod objects;
pub mod shared;
pub mod slots;
pub mod spec;
mod tree;
mod view;

pub use css::{Cpusets, CssSets, Sockets, TaskList};
pub use objects::{Cgroup, Mm, Process, Task};
pub use shared::Immutable;
pub use slots::{Pin, Slots};
pub use spec::{
    Ancestors, CgroupSpec, Grace, Invalidate, MmapError, OwnerChange, ProcessSpec, Scope, SpecError,
    WorldOptions, WorldSpec,
};
pub use tree::Tree;

use crate::kernel::{CgroupId, Controller, CpuMask, CssSetId, HierarchyId, MmId, ProcessId, TaskId};
use crate::locks::{Mutex, RwSem, SpinLock};
use crate::seam::{Current, SharedCell};
use smallvec::SmallVec;
use std::sync::{Arc, Weak};

/// Returns the bit of a controller in [`World::adopted`].
#[must_use]
pub fn bit(controller: Controller) -> u64 {
    1 << controller.index()
}

crate::shared! {
    /// The whole modelled kernel.
    pub struct World {
        /// The spec that it was built from.
        pub spec: Immutable<WorldSpec>,
        /// A pointer to the world itself, for starting actors.
        pub myself: Immutable<Weak<World>>,
        /// Online CPUs.
        pub cpu_hotplug: RwSem<CpuMask>,
        /// Guards all task movement (`group_mutex` in the seed).
        pub cgroup_mutex: Mutex<()>,
        /// Excludes fork, exit and exec of every process during an attach, with [`Threadgroup::Global`].
        ///
        /// [`Threadgroup::Global`]: crate::kernel::Threadgroup::Global
        pub threadgroup_rwsem: RwSem<()>,
        /// Cpusets.
        pub callback_mutex: Mutex<Cpusets>,
        /// Thread lists.
        pub tasklist_lock: SpinLock<TaskList>,
        /// Membership lists.
        pub css_set_lock: SpinLock<CssSets>,
        /// Guards the charges of numtasks against fork and exit.
        pub numtasks_lock: SpinLock<()>,
        /// Receive queues of sockets. Interrupts take it, so other paths take it with softirqs off.
        pub net_lock: SpinLock<Sockets>,
        /// Controllers of [`WorldSpec::late`] that have joined their hierarchy, a bit each. Written under
        /// `cgroup_mutex`.
        pub adopted: SharedCell,
        /// The number of ids given out; counted only with [`WorldSpec::keeps_ids`].
        pub pidmap: SharedCell,
        /// The cgroups of all hierarchies: those of the spec, then a root for each hierarchy.
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
    /// Returns the options of this world.
    #[must_use]
    pub fn options(&self) -> &WorldOptions {
        &self.spec.options
    }

    /// Returns the hierarchy where `controller` is mounted.
    #[must_use]
    pub fn hierarchy_of(&self, controller: Controller) -> Option<HierarchyId> {
        self.spec.hierarchy_of(controller)
    }

    /// Returns a pointer to the world, to hand to another actor.
    ///
    /// # Panics
    /// While it is being built or dropped.
    #[must_use]
    pub fn shared(&self) -> Arc<Self> {
        self.myself.upgrade().expect("alive while it is reached")
    }

    /// Returns the controllers of `hierarchy` that take part in an attach, in the order of their callbacks. One access
    /// if some of them may join late.
    pub fn controllers<C: Current>(
        &self,
        cur: &C,
        hierarchy: HierarchyId,
    ) -> SmallVec<[Controller; Controller::COUNT]> {
        let mounted = &self.spec.hierarchies[hierarchy.index()];
        if !mounted.iter().any(|controller| self.spec.late.contains(controller)) {
            return mounted.iter().copied().collect();
        }
        let adopted = self.adopted.load(cur);
        let here = |c: &Controller| !self.spec.late.contains(c) || adopted & bit(*c) != 0;
        mounted.iter().copied().filter(here).collect()
    }

    /// Returns the hierarchy where `controller` counts now; `None` if it is not mounted or has not joined yet. One
    /// access if it may join late.
    pub fn counting<C: Current>(&self, cur: &C, controller: Controller) -> Option<HierarchyId> {
        let hierarchy = self.hierarchy_of(controller)?;
        let late = self.spec.late.contains(&controller);
        (!late || self.adopted.load(cur) & bit(controller) != 0).then_some(hierarchy)
    }

    /// Notes that an id is about to be given out. One access with [`WorldSpec::keeps_ids`], since ids then depend on
    /// the order in which they are given out.
    pub fn gives_id<C: Current>(&self, cur: &C) {
        if self.spec.keeps_ids {
            self.pidmap.add(cur, 1);
        }
    }

    /// Returns the root of `hierarchy`, which has no parent and no counters.
    #[must_use]
    pub fn root(&self, hierarchy: HierarchyId) -> CgroupId {
        CgroupId(self.spec.cgroups.len() as u32 + hierarchy.0)
    }

    /// Returns a cgroup.
    #[must_use]
    pub fn cgroup(&self, id: CgroupId) -> &Cgroup {
        &self.cgroups[id.index()]
    }

    /// Returns a thread. Its slot may have been used again unless it is pinned.
    #[must_use]
    pub fn task(&self, id: TaskId) -> &Task {
        self.tasks.get(id.0)
    }

    /// Returns a process. Its slot may have been used again unless it is pinned.
    #[must_use]
    pub fn process(&self, id: ProcessId) -> &Process {
        self.processes.get(id.0)
    }

    /// Returns an address space. Its slot may have been used again unless it is pinned.
    #[must_use]
    pub fn mm(&self, id: MmId) -> &Mm {
        self.mms.get(id.0)
    }

    /// Returns the current cgroup of `task` in `hierarchy`. One access, in an RCU read section.
    pub fn cgroup_of<C: Current>(&self, cur: &C, task: TaskId, hierarchy: HierarchyId) -> CgroupId {
        cur.rcu_read(|| CssSetId(self.task(task).cgroups.load(cur)).cgroup(hierarchy))
    }

    /// Returns the cgroup to which `mm` is currently charged in `hierarchy`, which is that of its owner. Two accesses,
    /// in an RCU read section.
    pub fn owner_cgroup<C: Current>(&self, cur: &C, mm: &Mm, hierarchy: HierarchyId) -> CgroupId {
        cur.rcu_read(|| {
            let owner = TaskId::from_word(mm.owner.load(cur));
            self.cgroup_of(cur, owner, hierarchy)
        })
    }

    /// Returns the counter of `controller` at `cgroup`. Every cgroup except a root has one for each counting controller
    /// of its hierarchy.
    ///
    /// # Panics
    /// When `controller` does not count or is mounted elsewhere: a bug of ours.
    #[must_use]
    pub fn counter(&self, controller: Controller, cgroup: CgroupId) -> &SpinLock<crate::kernel::Counter> {
        self.cgroup(cgroup).counters[controller.index()].as_ref().expect("mounted here")
    }

    /// Returns `cgroup` and its ancestors, up to the one below the root. The root counts nothing, so it yields nothing.
    pub fn upward(&self, cgroup: CgroupId) -> impl Iterator<Item = CgroupId> + '_ {
        let counted = Some(cgroup).filter(|id| id.index() < self.spec.cgroups.len());
        std::iter::successors(counted, |id| *self.cgroup(*id).parent)
    }

    /// Returns the nearest cgroup that both are below or equal to. A charge that moves from one to the other ends below
    /// it. [`CgroupId::NONE`] if that is the root, if `from` is not a cgroup, or if common ancestors are charged.
    #[must_use]
    pub fn common_ancestor(&self, from: CgroupId, to: CgroupId) -> CgroupId {
        if from == CgroupId::NONE || self.options().ancestors == Ancestors::Charged {
            return CgroupId::NONE;
        }
        let common = self.upward(from).find(|level| self.upward(to).any(|other| other == *level));
        common.unwrap_or(CgroupId::NONE)
    }

    /// Reports whether no lock is held or waited for. Call it only while no actor runs.
    #[must_use]
    pub fn locks_free(&self) -> bool {
        self.cgroup_mutex.is_free()
            && self.threadgroup_rwsem.is_free()
            && self.cpu_hotplug.is_free()
            && self.numtasks_lock.is_free()
            && self.net_lock.is_free()
            && self.callback_mutex.is_free()
            && self.tasklist_lock.is_free()
            && self.css_set_lock.is_free()
            && self.tasks.all(|t| t.alloc_lock.is_free())
            && self.processes.all(|p| p.threadgroup_rwsem.is_free())
            && self.mms.all(Mm::locks_free)
            && self.cgroups.iter().all(|c| c.counters.iter().flatten().all(SpinLock::is_free))
    }
}
