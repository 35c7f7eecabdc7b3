//! Events emitted by actors: the only input of checks, statistics, traces and the ledger.
//!
//! Events are facts ("the counter clamped 3 pages"), never judgements. [`crate::checks`] judges.
pub use super::callback::{Callback, CallbackContract, Order, Role};
use super::{ActorId, Admitted, Object};
use crate::kernel::{CgroupId, Controller, MaskId, MmId, ProcessId, TaskId};
use faults::{Errno, Fault, Site};
use std::fmt;

/// The time and the actor of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// ns since the start of the run.
    pub at_ns: u64,
    /// The actor that emitted it.
    pub actor: ActorId,
}

/// A receiver of events, in the order in which they happened.
pub trait Observer {
    /// False if it ignores all events.
    const LOOKS: bool = true;

    /// Takes one event. Must not allocate in the steady state: it is on the simulator's hot path.
    fn observe(&mut self, stamp: Stamp, event: &Event);
}

impl<O: Observer> Observer for Box<O> {
    const LOOKS: bool = O::LOOKS;

    fn observe(&mut self, stamp: Stamp, event: &Event) {
        (**self).observe(stamp, event);
    }
}

/// An observer that ignores all events.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoopObserver;

impl Observer for NoopObserver {
    const LOOKS: bool = false;

    fn observe(&mut self, _: Stamp, _: &Event) {}
}

/// The identity of an actor, for display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// A mover, by number.
    Mover(u32),
    /// An actor that writes to files of cgroups or takes CPUs offline, by number.
    Admin(u32),
    /// The actor that a fault starts in the middle of an attach.
    Fault(Site),
    /// An actor that delivers and takes away packets as an interrupt does, by number.
    Interrupt(u32),
    /// A modelled thread.
    Task(TaskId),
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mover(number) => write!(f, "mover {number}"),
            Self::Admin(number) => write!(f, "admin {number}"),
            Self::Interrupt(number) => write!(f, "interrupt {number}"),
            Self::Fault(site) => write!(f, "the fault at {site}"),
            Self::Task(task) => write!(f, "task {}", task.0),
        }
    }
}

/// An operation of the workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OpKind {
    /// `mmap`.
    Mmap,
    /// `munmap`.
    Munmap,
    /// First touch of pages.
    Touch,
    /// Release of touched pages (`madvise(MADV_DONTNEED)`).
    Release,
    /// `clone` with `CLONE_THREAD`.
    ForkThread,
    /// `fork`.
    ForkProcess,
    /// `execve`.
    Exec,
    /// `exit` of one thread.
    Exit,
    /// A write to a limit.
    SetLimit,
    /// A write to `cpuset.cpus`.
    SetCpus,
    /// A write of FROZEN to `freezer.state`.
    Freeze,
    /// A write of THAWED to `freezer.state`.
    Thaw,
    /// A CPU going offline.
    OfflineCpu,
    /// A CPU coming back online.
    OnlineCpu,
    /// `rmdir` of a cgroup.
    Rmdir,
    /// `mkdir` of a cgroup that was removed.
    Mkdir,
    /// An interrupt that brings packets to a socket.
    Receive,
    /// An interrupt that takes packets out of a socket.
    Drain,
}

impl OpKind {
    /// Every kind.
    pub const ALL: [Self; 18] = [
        Self::Mmap,
        Self::Munmap,
        Self::Touch,
        Self::Release,
        Self::ForkThread,
        Self::ForkProcess,
        Self::Exec,
        Self::Exit,
        Self::SetLimit,
        Self::SetCpus,
        Self::Freeze,
        Self::Thaw,
        Self::OfflineCpu,
        Self::OnlineCpu,
        Self::Rmdir,
        Self::Mkdir,
        Self::Receive,
        Self::Drain,
    ];

    /// Returns the name, as in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mmap => "mmap",
            Self::Munmap => "munmap",
            Self::Touch => "touch",
            Self::Release => "release",
            Self::ForkThread => "fork-thread",
            Self::ForkProcess => "fork-process",
            Self::Exec => "exec",
            Self::Exit => "exit",
            Self::SetLimit => "set-limit",
            Self::SetCpus => "set-cpus",
            Self::Freeze => "freeze",
            Self::Thaw => "thaw",
            Self::OfflineCpu => "offline-cpu",
            Self::OnlineCpu => "online-cpu",
            Self::Rmdir => "rmdir",
            Self::Mkdir => "mkdir",
            Self::Receive => "receive",
            Self::Drain => "drain",
        }
    }

    /// Reports whether it tries to charge something.
    #[must_use]
    pub fn charges(self) -> bool {
        matches!(self, Self::Mmap | Self::Touch | Self::ForkProcess | Self::Receive)
    }

    /// Reports whether it runs in softirq context, where nothing may sleep.
    #[must_use]
    pub fn in_interrupt(self) -> bool {
        matches!(self, Self::Receive | Self::Drain)
    }
}

/// A phase of an attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Taking `cgroup_mutex` and the lock against fork, exit and exec; finding and listing the tasks.
    Lock,
    /// First preparation: `can_attach`, `prepare_attach`, `prepare_attach_sleep`.
    Prepare,
    /// Allocating css_sets.
    CssSet,
    /// `prepare_attach_nosleep`.
    PrepareNosleep,
    /// Moving the tasks' pointers.
    Switch,
    /// Last callbacks: `attach`, `attached`, the commits.
    Finish,
    /// Callbacks that undo the prepares of an attach that failed: `undo`, the aborts.
    Abort,
    /// A grace period and the release of the locks.
    Unlock,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 8] = [
        Self::Lock,
        Self::Prepare,
        Self::CssSet,
        Self::PrepareNosleep,
        Self::Switch,
        Self::Finish,
        Self::Abort,
        Self::Unlock,
    ];

    /// Returns the name, as in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Prepare => "prepare",
            Self::CssSet => "css_set",
            Self::PrepareNosleep => "prepare_nosleep",
            Self::Switch => "switch",
            Self::Finish => "finish",
            Self::Abort => "abort",
            Self::Unlock => "unlock",
        }
    }
}

/// The mode in which a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// The only mode of spinlocks and mutexes.
    Exclusive,
    /// A semaphore for reading.
    Read,
    /// A semaphore for writing.
    Write,
}

/// The target of an attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// One thread.
    Thread(TaskId),
    /// A whole thread group.
    Process(ProcessId),
    /// Every task of the destination's hierarchy.
    All,
    /// No task: the controller joins the destination's hierarchy, and every task is charged where it is.
    Adopt(Controller),
}

impl Target {
    /// Returns the kind of target, as the mode of a mover.
    #[must_use]
    pub fn mode(self) -> &'static str {
        match self {
            Self::Thread(_) => "thread",
            Self::Process(_) => "process",
            Self::All => "all",
            Self::Adopt(_) => "adopt",
        }
    }
}

/// The outcome of an attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Everything that was to move has moved, and nothing of it was at the destination before.
    Moved,
    /// The rest of a process has moved, of which a part was at the destination already: what an earlier move had torn.
    Completed,
    /// Everything was there already, or no task was left to move.
    Noop,
    /// Refused; nothing has moved.
    Refused {
        /// The site that refused.
        site: Site,
        /// The error.
        errno: Errno,
    },
    /// Refused after some of the tasks had moved.
    Partial {
        /// The site that refused.
        site: Site,
        /// The error.
        errno: Errno,
    },
    /// The task exited under the mover (ESRCH).
    Gone,
}

impl Outcome {
    /// Reports whether the target is at the destination because of this attach.
    #[must_use]
    pub const fn has_moved(self) -> bool {
        matches!(self, Self::Moved | Self::Completed)
    }

    /// Returns the name, as in results.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Completed => "completed",
            Self::Noop => "noop",
            Self::Refused { .. } => "refused",
            Self::Partial { .. } => "partial",
            Self::Gone => "gone",
        }
    }
}

/// A fact. Amounts are in pages or tasks; times are in the stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "fields are named after their types; pages and times carry their unit")]
pub enum Event {
    /// The actor exists.
    Start(Who),
    /// An operation begins; `mm` is the address space it works on, if it works on one.
    OpBegin { kind: OpKind, mm: Option<MmId> },
    /// The actor's operation ended.
    OpEnd { result: Result<(), Errno> },
    /// A mover begins an attach, which was due at `due_ns` if the mover has a rate.
    AttachBegin { target: Target, dest: CgroupId, due_ns: Option<u64> },
    /// The mover's attach has ended and its locks are released.
    AttachEnd { outcome: Outcome },
    /// A transaction begins: a set of tasks that the protocol moves as one. An attach has one or several transactions.
    TxBegin { dest: CgroupId },
    /// The transaction moves this task; `from` is absent when a controller adopts it where it is.
    TxMember { task: TaskId, from: Option<CgroupId>, to: CgroupId },
    /// The transaction moves this mm's charges, because its owner moves; `from` is absent when a controller adopts it.
    TxMoves { mm: MmId, from: Option<CgroupId>, to: CgroupId },
    /// The transaction has ended and its locks are released.
    TxEnd { moved: bool },
    /// The actor's attach enters a phase.
    Phase(Phase),
    /// A callback of a controller begins.
    Enter { controller: Controller, callback: Callback },
    /// The callback returned.
    Leave { controller: Controller, callback: Callback, result: Result<(), Errno> },
    /// A fault fired in the actor's attach.
    Injected { site: Site, fault: Fault },
    /// A controller admitted an attach without reserving.
    Admitted { controller: Controller, cgroup: CgroupId, until: CgroupId, what: Admitted },
    /// All tasks of the transaction have been switched.
    Switched,
    /// The transaction has failed, and the controller's private slot is not empty.
    SlotKept { controller: Controller },
    /// An undo could not charge `cgroup` again, because it has no room any more; the charge stays at the destination.
    UndoRefused { controller: Controller, cgroup: CgroupId, pages: u64 },
    /// The actor is about to charge `cgroup`.
    ChargeBegin { controller: Controller, cgroup: CgroupId },
    /// The reservations of the transaction at one level have grown, or shrunk if negative. Emitted under the lock of the
    /// counter, as [`Event::ChargeRefused`] is, so that every schedule of one order of locks agrees on which came first.
    Reserved { controller: Controller, cgroup: CgroupId, pages: i64 },
    /// A charge was refused: `cgroup` is the level that was full.
    ChargeRefused { controller: Controller, cgroup: CgroupId, pages: u64, usage: u64, limit: u64 },
    /// Ledger: the amount a path has charged (positive) or uncharged at `cgroup` and its ancestors below `until`. Written by the
    /// paths, not by the counters. `reserve`: for a transaction that may still be undone.
    Ledger { controller: Controller, cgroup: CgroupId, until: CgroupId, pages: i64, reserve: bool },
    /// An uncharge would have gone below zero by `missing` pages.
    Clamp { controller: Controller, cgroup: CgroupId, missing: u64 },
    /// A charge has lifted usage above the limit.
    AboveLimit { controller: Controller, cgroup: CgroupId, usage: u64, limit: u64 },
    /// Truth: `total_vm` changed.
    TotalVm { mm: MmId, pages: i64 },
    /// Truth: the mm has this owner from now on.
    Owner { mm: MmId, task: TaskId },
    /// Truth: page records naming `cgroup` changed.
    Record { mm: MmId, cgroup: CgroupId, pages: i64 },
    /// Truth: packets in the receive queue of the socket changed.
    Packets { mm: MmId, packets: i64 },
    /// Truth: the thread is visible from now on.
    Born { task: TaskId, process: ProcessId, parent: Option<TaskId> },
    /// The thread is exiting: no attach moves it any more.
    Exiting { task: TaskId },
    /// Truth: the thread is no longer visible. It keeps its pointer to its cgroup.
    Exited { task: TaskId },
    /// Truth: the task's pointer to its cgroups changed.
    Place { task: TaskId, from: CgroupId, to: CgroupId },
    /// The task's CPU mask changed.
    Mask { task: TaskId, mask: MaskId },
    /// The cpuset has this mask from now on; `empty`: it has no CPU.
    Cpus { cgroup: CgroupId, mask: MaskId, empty: bool },
    /// The limit has this value from now on, in the controller's unit. `forced`: even if usage is higher.
    Limit { controller: Controller, cgroup: CgroupId, limit: u64, forced: bool },
    /// The cgroup has been frozen or thawed.
    Frozen { cgroup: CgroupId, frozen: bool },
    /// The cgroup has been removed (`gone`) or made again.
    Removed { cgroup: CgroupId, gone: bool },
    /// The controller has joined its hierarchy, where it counts from now on.
    Adopted { controller: Controller },
    /// The actor's next request reads a semaphore past waiting writers, so a reader may make it again.
    AsksUnfairly { object: Object },
    /// A lock was requested and was not free.
    LockContended { object: Object, mode: Mode },
    /// A lock was taken; `waited_ns` is absent when it was free.
    LockAcquired { object: Object, mode: Mode, waited_ns: Option<u64> },
    /// A lock was released while `waiters` waited.
    LockReleased { object: Object, mode: Mode, waiters: u32 },
    /// An actor went to sleep while it held a spinlock.
    SleptInAtomic { on: Object },
}
