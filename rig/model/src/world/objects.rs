//! Threads, processes, address spaces and cgroups, as others reach them.
use super::Immutable;
use crate::kernel::page::PageRecords;
use crate::kernel::{CgroupId, Controller, Counter, HierarchyId, ProcessId};
use crate::locks::{RwSem, SpinLock};
use crate::seam::{Class, SharedCell};

crate::shared! {
    /// A thread (`task_struct`).
    pub struct Task {
        /// Its process; fixed for its life.
        pub process: SharedCell,
        /// Its css_set: the pointer that an attach switches. Written under `alloc_lock`.
        pub cgroups: SharedCell,
        /// [`Task::LIVE`] and so on.
        pub state: SharedCell,
        /// The id of its CPU mask.
        pub cpus_allowed: SharedCell,
        /// The actor that runs it plus one; 0 when nobody does. Fixed for its life.
        pub actor: SharedCell,
        /// `task_lock`.
        pub alloc_lock: SpinLock<()>,
    }
}

impl Task {
    /// State: not there.
    pub const DEAD: u64 = 0;
    /// State: running.
    pub const LIVE: u64 = 1;
    /// State: running, and to exit as soon as its operation ends.
    pub const KILLED: u64 = 2;
    /// State: on its way out (PF_EXITING).
    pub const EXITING: u64 = 3;
    /// State: running, and replacing its program; nobody forks or kills for it meanwhile.
    pub const EXECING: u64 = 4;

    pub(crate) fn new(id: u32) -> Self {
        Self {
            process: SharedCell::new(Class::TaskState, id, 0),
            cgroups: SharedCell::new(Class::TaskCgroups, id, 0),
            state: SharedCell::new(Class::TaskState, id, Self::DEAD),
            cpus_allowed: SharedCell::new(Class::TaskCpus, id, 0),
            actor: SharedCell::new(Class::TaskState, id, 0),
            alloc_lock: SpinLock::new(Class::AllocLock, id, ()),
        }
    }

    /// Its process.
    #[must_use]
    pub fn process_id(&self) -> ProcessId {
        ProcessId::from_word(self.process.peek())
    }
}

crate::shared! {
    /// A process (`signal_struct`).
    pub struct Process {
        /// Fork, exit and exec against attach.
        pub threadgroup_rwsem: RwSem<()>,
        /// The thread that leads it.
        pub leader: SharedCell,
        /// Its address space.
        pub mm: SharedCell,
    }
}

impl Process {
    pub(crate) fn new(id: u32) -> Self {
        Self {
            threadgroup_rwsem: RwSem::new(Class::ThreadgroupRwsem, id, ()),
            leader: SharedCell::new(Class::ProcessLeader, id, 0),
            mm: SharedCell::new(Class::ProcessMm, id, 0),
        }
    }
}

crate::shared! {
    /// An address space (`mm_struct`).
    pub struct Mm {
        /// The address space. Fair.
        pub mmap_sem: RwSem<()>,
        /// Pages of address space. Written under `mmap_sem`.
        pub total_vm: SharedCell,
        /// The thread in whose cgroup it is charged. Written under `mmap_sem` and `tasklist_lock`.
        pub owner: SharedCell,
        /// 1 once it has been torn down.
        pub gone: SharedCell,
        /// Page records against moving them.
        pub move_lock: RwSem<()>,
        /// Page records.
        pub page_table_lock: SpinLock<PageRecords>,
    }
}

impl Mm {
    pub(crate) fn new(id: u32) -> Self {
        Self {
            mmap_sem: RwSem::new(Class::MmapSem, id, ()),
            total_vm: SharedCell::new(Class::TotalVm, id, 0),
            owner: SharedCell::new(Class::MmOwner, id, 0),
            gone: SharedCell::new(Class::MmOwner, id, 0),
            move_lock: RwSem::new(Class::MoveLock, id, ()),
            page_table_lock: SpinLock::new(Class::PageTableLock, id, PageRecords::default()),
        }
    }

    pub(super) fn locks_free(&self) -> bool {
        self.mmap_sem.is_free() && self.move_lock.is_free() && self.page_table_lock.is_free()
    }
}

crate::shared! {
    /// A cgroup. The tree does not change during a run.
    pub struct Cgroup {
        /// Its path below the root, such as `a` or `a/x`.
        pub name: Immutable<String>,
        /// Its hierarchy.
        pub hierarchy: Immutable<HierarchyId>,
        /// Its parent, if that is not the root.
        pub parent: Immutable<Option<CgroupId>>,
        /// Its counters, by controller. The root of a hierarchy counts nothing.
        pub counters: Immutable<[Option<SpinLock<Counter>>; Controller::COUNT]>,
        /// 1 while it is frozen. Written under `cgroup_mutex`.
        pub frozen: SharedCell,
        /// 1 while it is removed. Written under `cgroup_mutex`.
        pub removed: SharedCell,
    }
}
