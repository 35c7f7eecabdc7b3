//! Threads, processes, address spaces and cgroups, as all actors reach them.
use super::Immutable;
use crate::kernel::page::PageRecords;
use crate::kernel::{CgroupId, Controller, Counter, HierarchyId, ProcessId};
use crate::locks::{RwSem, SpinLock};
use crate::seam::{Class, SharedCell};

crate::shared! {
    /// A thread (`task_struct`).
    pub struct Task {
        /// The process; fixed for the thread's life.
        pub process: SharedCell,
        /// The css_set: the pointer that an attach switches. Written under `alloc_lock`.
        pub cgroups: SharedCell,
        /// The state: [`Task::LIVE`] or another constant below.
        pub state: SharedCell,
        /// The id of the CPU mask.
        pub cpus_allowed: SharedCell,
        /// The number of the actor that runs it, plus one; 0 while no actor does.
        pub actor: SharedCell,
        /// `task_lock`.
        pub alloc_lock: SpinLock<()>,
    }
}

impl Task {
    /// State: the slot holds no live thread.
    pub const DEAD: u64 = 0;
    /// State: running.
    pub const LIVE: u64 = 1;
    /// State: running, and killed: it exits as soon as its operation ends.
    pub const KILLED: u64 = 2;
    /// State: exiting (PF_EXITING).
    pub const EXITING: u64 = 3;
    /// State: running, and replacing its program. Until that is done it does not fork, and a fault does not kill it.
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

    /// Returns its process.
    #[must_use]
    pub fn process_id(&self) -> ProcessId {
        ProcessId::from_word(self.process.peek())
    }
}

crate::shared! {
    /// A process (`signal_struct`).
    pub struct Process {
        /// Excludes fork, exit and exec during an attach, with [`Threadgroup::Process`].
        ///
        /// [`Threadgroup::Process`]: crate::kernel::Threadgroup::Process
        pub threadgroup_rwsem: RwSem<()>,
        /// The leading thread.
        pub leader: SharedCell,
        /// The address space.
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
        /// Guards the address space. Fair.
        pub mmap_sem: RwSem<()>,
        /// The size in pages. Written under `mmap_sem`.
        pub total_vm: SharedCell,
        /// The thread to whose cgroup it is charged. Written under `mmap_sem` and `tasklist_lock`.
        pub owner: SharedCell,
        /// 1 once it has been torn down.
        pub gone: SharedCell,
        /// Excludes moving page records; paths that charge pages take it for reading.
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
        /// The path below the root, such as `a` or `a/x`.
        pub name: Immutable<String>,
        /// The hierarchy.
        pub hierarchy: Immutable<HierarchyId>,
        /// The parent; `None` if that is the root.
        pub parent: Immutable<Option<CgroupId>>,
        /// The counters, by controller. The root of a hierarchy counts nothing.
        pub counters: Immutable<[Option<SpinLock<Counter>>; Controller::COUNT]>,
        /// 1 while it is frozen. Written under `cgroup_mutex`.
        pub frozen: SharedCell,
        /// 1 while it is removed. Written under `cgroup_mutex`.
        pub removed: SharedCell,
    }
}
