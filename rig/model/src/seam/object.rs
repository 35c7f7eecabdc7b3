//! Names of shared objects, kinds of access, and [`SharedCell`]: shared state that is one u64.
//!
//! Objects are named by class and owner, never by address, so that a schedule means the same in every run.
use super::Current;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// The class of a shared object. Lock classes come first, in the order in which they nest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Guards the set of online CPUs.
    CpuHotplug,
    /// Guards all task movement (`group_mutex` in the seed).
    CgroupMutex,
    /// Excludes fork, exit and exec of every process during an attach.
    CgroupThreadgroupRwsem,
    /// Excludes fork, exit and exec of one process during an attach.
    ThreadgroupRwsem,
    /// Guards an address space.
    MmapSem,
    /// Excludes moving the page records of an mm; paths that charge pages take it for reading.
    MoveLock,
    /// Guards cpusets.
    CallbackMutex,
    /// Guards thread lists.
    TasklistLock,
    /// Guards membership lists.
    CssSetLock,
    /// Guards a task's pointer to its cgroups.
    AllocLock,
    /// Guards the page records of an mm.
    PageTableLock,
    /// Guards the charges of numtasks against fork and exit.
    NumtasksLock,
    /// Guards receive queues of sockets and the charges of net. Interrupts take it.
    NetLock,
    /// Guards one level of one counter.
    CounterLock,
    /// Shared cell: `task->cgroups`.
    TaskCgroups,
    /// Shared cell: a task's state.
    TaskState,
    /// Shared cell: a task's CPU mask.
    TaskCpus,
    /// Shared cell: `mm->total_vm`.
    TotalVm,
    /// Shared cell: `mm->owner`.
    MmOwner,
    /// Shared cell: a process's mm.
    ProcessMm,
    /// Shared cell: a process's leader.
    ProcessLeader,
    /// Shared cell: 1 while a cgroup is frozen.
    Frozen,
    /// Shared cell: 1 while a cgroup is removed.
    Removed,
    /// Shared cell: controllers that have joined a live hierarchy.
    Adopted,
    /// Shared cell: the number of ids given out.
    Pidmap,
    /// Queue of an exec that waits for the other threads.
    ExecWait,
}

impl Class {
    /// Lock classes, in the order in which they nest.
    pub const LOCKS: [Self; 14] = [
        Self::CpuHotplug,
        Self::CgroupMutex,
        Self::CgroupThreadgroupRwsem,
        Self::ThreadgroupRwsem,
        Self::MmapSem,
        Self::MoveLock,
        Self::CallbackMutex,
        Self::TasklistLock,
        Self::CssSetLock,
        Self::AllocLock,
        Self::PageTableLock,
        Self::NumtasksLock,
        Self::NetLock,
        Self::CounterLock,
    ];

    /// Reports whether locks of this class are spinlocks.
    #[must_use]
    pub fn spins(self) -> bool {
        matches!(
            self,
            Self::TasklistLock
                | Self::CssSetLock
                | Self::AllocLock
                | Self::PageTableLock
                | Self::NumtasksLock
                | Self::NetLock
                | Self::CounterLock
        )
    }

    /// Reports whether locks of this class are semaphores, with readers and writers.
    #[must_use]
    pub fn has_readers(self) -> bool {
        matches!(
            self,
            Self::CpuHotplug
                | Self::CgroupThreadgroupRwsem
                | Self::ThreadgroupRwsem
                | Self::MmapSem
                | Self::MoveLock
        )
    }

    /// Returns the name, as in lock_stat.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CpuHotplug => "cpu_hotplug",
            Self::CgroupMutex => "cgroup_mutex",
            Self::CgroupThreadgroupRwsem => "cgroup_threadgroup_rwsem",
            Self::ThreadgroupRwsem => "threadgroup_rwsem",
            Self::MmapSem => "mmap_sem",
            Self::MoveLock => "memory.move_lock",
            Self::CallbackMutex => "callback_mutex",
            Self::TasklistLock => "tasklist_lock",
            Self::CssSetLock => "css_set_lock",
            Self::AllocLock => "alloc_lock",
            Self::PageTableLock => "page_table_lock",
            Self::NumtasksLock => "numtasks.lock",
            Self::NetLock => "net.lock",
            Self::CounterLock => "counter.lock",
            Self::TaskCgroups => "task->cgroups",
            Self::TaskState => "task->state",
            Self::TaskCpus => "task->cpus_allowed",
            Self::TotalVm => "mm->total_vm",
            Self::MmOwner => "mm->owner",
            Self::ProcessMm => "process->mm",
            Self::ProcessLeader => "process->leader",
            Self::Frozen => "freezer.state",
            Self::Removed => "cgroup->flags",
            Self::Adopted => "root->subsys_bits",
            Self::Pidmap => "pidmap",
            Self::ExecWait => "exec wait",
        }
    }

    /// Returns the kind of object that owns it; empty if there is only one object of the class.
    fn owner(self) -> &'static str {
        match self {
            Self::CpuHotplug
            | Self::CgroupMutex
            | Self::CgroupThreadgroupRwsem
            | Self::CallbackMutex
            | Self::TasklistLock
            | Self::CssSetLock
            | Self::NumtasksLock
            | Self::NetLock
            | Self::Adopted
            | Self::Pidmap => "",
            Self::Frozen | Self::Removed => "cgroup ",
            Self::ThreadgroupRwsem | Self::ProcessMm | Self::ProcessLeader | Self::ExecWait => "process ",
            Self::MmapSem | Self::MoveLock | Self::PageTableLock | Self::TotalVm | Self::MmOwner => "mm ",
            Self::AllocLock | Self::TaskCgroups | Self::TaskState | Self::TaskCpus => "task ",
            Self::CounterLock => "counter ",
        }
    }
}

/// A shared object: its class and the id of its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    /// The class.
    pub class: Class,
    /// The id of its owner; 0 for the only object of its class.
    pub owner: u32,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class.owner() {
            "" => f.write_str(self.class.name()),
            owner => write!(f, "{}({owner}{})", self.class.name(), self.owner),
        }
    }
}

/// The effect of an access on its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Reads a shared cell.
    Load,
    /// Writes a shared cell.
    Store,
    /// Reads and writes a shared cell atomically.
    Update,
    /// Asks for a spinlock.
    Spin,
    /// Asks for a mutex or semaphore.
    Lock,
    /// Releases a spinlock. With no other access since it was granted, the whole hold is one step.
    SpinRelease,
    /// Releases a mutex or semaphore.
    Release,
}

/// Shared state that is one u64, reachable only through accesses.
///
/// Orderings are all `SeqCst`: the model is sequentially consistent on every engine, and each operation is its own
/// partner.
#[derive(Debug)]
pub struct SharedCell {
    object: Object,
    value: AtomicU64,
}

impl SharedCell {
    /// Creates a cell with that name and value.
    #[must_use]
    pub fn new(class: Class, owner: u32, value: u64) -> Self {
        Self { object: Object { class, owner }, value: AtomicU64::new(value) }
    }

    /// Reads the value.
    pub fn load<C: Current>(&self, cur: &C) -> u64 {
        cur.access(self.object, Access::Load);
        self.value.load(Ordering::SeqCst)
    }

    /// Writes the value.
    pub fn store<C: Current>(&self, cur: &C, value: u64) {
        cur.access(self.object, Access::Store);
        self.value.store(value, Ordering::SeqCst);
    }

    /// Adds `value` and returns the previous value.
    pub fn add<C: Current>(&self, cur: &C, value: u64) -> u64 {
        cur.access(self.object, Access::Update);
        self.value.fetch_add(value, Ordering::SeqCst)
    }

    /// Subtracts up to `value`, never going below zero, and returns the amount subtracted.
    pub fn take<C: Current>(&self, cur: &C, value: u64) -> u64 {
        cur.access(self.object, Access::Update);
        let before = self
            .value
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |now| Some(now.saturating_sub(value)))
            .unwrap_or_else(|now| now);
        before.min(value)
    }

    /// Returns the value while no actor runs: for set-up, checks at quiescence and final states. Not an access.
    #[must_use]
    pub fn peek(&self) -> u64 {
        self.value.load(Ordering::SeqCst)
    }

    /// Sets the value while no other actor can reach it: for set-up. Not an access.
    pub fn init(&self, value: u64) {
        self.value.store(value, Ordering::SeqCst);
    }
}
