//! The part of an attach that all protocols share: finding and listing the tasks ([`mod@list`]), css_sets and the
//! switch ([`mod@switch`]), sharing mmap_sem ([`mmap_sem`]), callbacks with their fault sites. Each protocol has its
//! own sequence and its own callbacks of controllers.
pub mod list;
pub mod mmap_sem;
pub mod switch;
mod throw;

pub use list::{list, process_of};
pub use mmap_sem::{MmapSem, MmapSemMode, hold_mms};
pub use switch::{allocate_css_sets, switch};

use super::charge::Charge;
use super::threadgroup;
use crate::kernel::{CgroupId, Controller, HierarchyId, MmId, TaskId, Threadgroup};
use crate::seam::event::{Callback, Outcome, Phase, Target};
use crate::seam::{Current, Event, Work};
use crate::world::{Grace, Mm, Pin, Scope, Task, World};
use faults::{Errno, Fault, Site};
use smallvec::SmallVec;

/// A request for an attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The target to move.
    pub target: Target,
    /// The destination. When a controller is adopted: any cgroup of its hierarchy.
    pub dest: CgroupId,
    /// The time it was due, in ns of the engine's clock; absent in a closed loop.
    pub due_ns: Option<u64>,
}

/// A refusal of an attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The site that refused.
    pub site: Site,
    /// The error.
    pub errno: Errno,
}

impl From<Refusal> for Outcome {
    fn from(Refusal { site, errno }: Refusal) -> Self {
        Self::Refused { site, errno }
    }
}

/// A task to be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The task.
    pub task: TaskId,
    /// The cgroup where it was listed; absent when a controller adopts it where it is.
    pub from: Option<CgroupId>,
    /// The destination.
    pub to: CgroupId,
}

/// An mm whose charges move, because its owner moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MovingMm {
    /// The mm.
    pub mm: MmId,
    /// The owner's cgroup when it was listed; absent when a controller adopts it where it is.
    pub from: Option<CgroupId>,
    /// The destination of its owner.
    pub to: CgroupId,
}

impl MovingMm {
    /// Returns the cgroup to uncharge after the move; [`CgroupId::NONE`] if it was not charged.
    #[must_use]
    pub fn source(&self) -> CgroupId {
        self.from.unwrap_or(CgroupId::NONE)
    }

    /// Returns the ancestor below which the charges of the move end.
    #[must_use]
    pub fn until(&self, world: &World) -> CgroupId {
        world.common_ancestor(self.source(), self.to)
    }

    /// Returns the charge of memrlimit to the destination.
    #[must_use]
    pub fn come(&self, world: &World, pages: u64) -> Charge {
        Charge::new(Controller::Memrlimit, self.to, pages).until(self.until(world))
    }

    /// Returns the charge of memrlimit that leaves the source.
    #[must_use]
    pub fn gone(&self, world: &World, pages: u64) -> Charge {
        Charge::new(Controller::Memrlimit, self.source(), pages).until(self.until(world))
    }

    /// Returns the charge of memrlimit to the destination, as a reservation.
    #[must_use]
    pub fn reserved(&self, world: &World, pages: u64) -> Charge {
        Charge { reserve: true, ..self.come(world, pages) }
    }
}

/// The state of one attach (`cgroup_attach_state`), without the controllers' private slots, which each protocol adds.
pub struct AttachState<'w> {
    /// The world.
    pub world: &'w World,
    /// The scope of the attach.
    pub scope: Scope,
    /// The hierarchy of the attach.
    pub hierarchy: HierarchyId,
    /// The controllers that take part, in the order of their callbacks.
    pub controllers: SmallVec<[Controller; Controller::COUNT]>,
    /// The destination. When a controller is adopted: any cgroup of its hierarchy.
    pub dest: CgroupId,
    /// The tasks that move: those that are neither exiting nor at the destination already.
    pub members: SmallVec<[Member; 8]>,
    /// The address spaces whose charges move, by id.
    pub mms: SmallVec<[MovingMm; 1]>,
    pins: SmallVec<[Pin<'w, Task>; 8]>,
    mm_pins: SmallVec<[Pin<'w, Mm>; 1]>,
    /// True if a target was there that is not exiting.
    found: bool,
    /// True if such a target was at the destination already.
    there: bool,
}

impl<'w> AttachState<'w> {
    /// Returns the attach as a fault sees it.
    #[must_use]
    pub fn subject(&self) -> Subject<'w> {
        let task = self.members.last().map(|member| member.task);
        Subject { world: self.world, scope: self.scope, dest: self.dest, task }
    }

    /// Reports whether there is nothing to do. A controller joins even if there is no task, but only once.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        if self.scope == Scope::Adopt { self.controllers.is_empty() } else { self.members.is_empty() }
    }

    /// Returns the outcome of an attach that has nothing to do: `gone` if the named thread or process has exited or is
    /// exiting, else `noop`.
    #[must_use]
    pub fn nothing(&self) -> Option<Outcome> {
        let named = matches!(self.scope, Scope::Thread | Scope::Process);
        let outcome = if named && !self.found { Outcome::Gone } else { Outcome::Noop };
        self.is_empty().then_some(outcome)
    }

    /// Returns the outcome of an attach that has moved its members.
    #[must_use]
    pub fn moved(&self) -> Outcome {
        if self.scope == Scope::Process && self.there { Outcome::Completed } else { Outcome::Moved }
    }

    /// Reports, after the switch, whether the charges of `moving` go along: its owner is one of the tasks that moved. An
    /// owner that exited stays behind, and may have been replaced. Under `mmap_sem`, so that the owner stays.
    pub fn has_moved<C: Current>(&self, cur: &C, moving: &MovingMm) -> bool {
        let owner = TaskId::from_word(self.world.mm(moving.mm).owner.load(cur));
        self.scope == Scope::Adopt || self.members.iter().any(|member| member.task == owner)
    }

    /// Returns the charge of memrlimit to be uncharged after the switch: that of the source, or the reservation if the
    /// owner has not moved.
    pub fn after<C: Current>(&self, cur: &C, moving: &MovingMm, pages: u64) -> Charge {
        if self.has_moved(cur, moving) {
            moving.gone(self.world, pages)
        } else {
            moving.reserved(self.world, pages)
        }
    }

    /// Returns the distinct destinations of the members.
    #[must_use]
    pub fn destinations(&self) -> SmallVec<[CgroupId; 4]> {
        distinct(self.members.iter().map(|member| member.to))
    }
}

/// Returns the distinct cgroups of a list, in the order of their first appearance.
pub fn distinct(cgroups: impl Iterator<Item = CgroupId>) -> SmallVec<[CgroupId; 4]> {
    let mut found = SmallVec::new();
    for cgroup in cgroups {
        if !found.contains(&cgroup) {
            found.push(cgroup);
        }
    }
    found
}

/// An attach as a fault sees it.
#[derive(Clone, Copy)]
pub struct Subject<'w> {
    /// The world.
    pub world: &'w World,
    /// The scope of the attach.
    pub scope: Scope,
    /// The destination.
    pub dest: CgroupId,
    /// The last of the tasks that move.
    pub task: Option<TaskId>,
}

/// Looks up the destination (`cgroup_lock_live_group`). Under `cgroup_mutex`.
///
/// # Errors
/// `ENODEV` when it has been removed; the errors that the site `core.find` injects.
pub fn find<C: Current>(cur: &C, world: &World, request: &Request) -> Result<(), Refusal> {
    let scope = list::scope(request.target);
    inject(cur, Site::CoreFind, &Subject { world, scope, dest: request.dest, task: None })?;
    match world.cgroup(request.dest).removed.load(cur) {
        0 => Ok(()),
        _ => Err(Refusal { site: Site::CoreFind, errno: Errno::ENODEV }),
    }
}

/// Asks the fault plan for a fault at `site`. A delay is spent here; a thrown event runs as an actor of its own.
///
/// # Errors
/// The injected error.
pub fn inject<C: Current>(cur: &C, site: Site, subject: &Subject<'_>) -> Result<(), Refusal> {
    let Some(fault) = cur.fault(site) else { return Ok(()) };
    cur.emit(Event::Injected { site, fault });
    match fault {
        Fault::Errno(errno) => return Err(Refusal { site, errno }),
        Fault::Delay { ns } => cur.work(Work::Delay, ns),
        Fault::Throw(what) => throw::throw(cur, site, subject, what),
    }
    Ok(())
}

/// Runs a callback that can refuse. Its fault site comes first, while nothing has changed yet.
///
/// # Errors
/// The refusal of the controller or of the fault plan.
///
/// # Panics
/// When the callback cannot refuse: a bug of ours.
pub fn prepare<C: Current>(
    cur: &C,
    subject: &Subject<'_>,
    controller: Controller,
    callback: Callback,
    body: impl FnOnce() -> Result<(), Errno>,
) -> Result<(), Refusal> {
    cur.emit(Event::Enter { controller, callback });
    let site = controller.site(callback.fault().expect("a callback that can refuse has a site"));
    let unsupported = subject.world.options().unsupported.contains(&(controller, subject.scope));
    let result = inject(cur, site, subject).and_then(|()| {
        let answer = if unsupported { Err(Errno::EOPNOTSUPP) } else { body() };
        answer.map_err(|errno| Refusal { site, errno })
    });
    cur.emit(Event::Leave { controller, callback, result: result.map_err(|refusal| refusal.errno) });
    result
}

/// Runs a callback that cannot refuse.
pub fn finish<C: Current>(cur: &C, controller: Controller, callback: Callback, body: impl FnOnce()) {
    cur.emit(Event::Enter { controller, callback });
    body();
    cur.emit(Event::Leave { controller, callback, result: Ok(()) });
}

/// Runs one transaction, a system call under one hold of `cgroup_mutex`, with its grace period. The lock of `threadgroup` keeps every
/// thread of a moving process from fork, exit and exec until the end.
pub fn transaction<C: Current>(
    cur: &C,
    world: &World,
    request: &Request,
    threadgroup: Threadgroup,
    body: impl FnOnce() -> Result<Outcome, Refusal>,
) -> Outcome {
    cur.work(Work::Syscall, 1);
    cur.emit(Event::Phase(Phase::Lock));
    let cgroup_mutex = world.cgroup_mutex.lock(cur);
    let threadgroups = threadgroup::exclude(cur, world, threadgroup, request.target);
    cur.emit(Event::TxBegin { dest: request.dest });
    let outcome = body().unwrap_or_else(Outcome::from);
    cur.emit(Event::Phase(Phase::Unlock));
    grace_period(cur, world, Grace::Inside, outcome);
    drop(threadgroups);
    drop(cgroup_mutex);
    cur.emit(Event::TxEnd { moved: outcome.has_moved() });
    grace_period(cur, world, Grace::After, outcome);
    outcome
}

/// Waits for a grace period after the switch, if the options place it here. An attach that has switched nothing returns
/// without one.
fn grace_period<C: Current>(cur: &C, world: &World, here: Grace, outcome: Outcome) {
    if world.options().grace == here && outcome.has_moved() {
        cur.synchronize_rcu(world.options().grace_ns);
    }
}
