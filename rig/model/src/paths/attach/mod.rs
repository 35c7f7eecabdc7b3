//! What every protocol does in an attach, written once: finding and listing the tasks ([`mod@list`]), css_sets and the switch
//! ([`mod@switch`]), sharing mmap_sem ([`mmap_sem`]), callbacks with their fault sites. The sequence, and what controllers do
//! in callbacks, is each protocol's own.
pub mod list;
pub mod mmap_sem;
pub mod switch;
mod throw;

pub use list::{list, lock_threadgroups, process_of};
pub use mmap_sem::{MmapSem, MmapSemMode, hold_mms};
pub use switch::{allocate_css_sets, switch};

use crate::kernel::{CgroupId, Controller, HierarchyId, MmId, TaskId};
use crate::seam::event::{Callback, Outcome, Phase, Target};
use crate::seam::{Current, Event, Work};
use crate::world::{Grace, Mm, Pin, Scope, Task, World};
use faults::{Errno, Fault, Site};
use smallvec::SmallVec;

/// One attach asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is to move.
    pub target: Target,
    /// Where to. When a controller is adopted: any cgroup of its hierarchy.
    pub dest: CgroupId,
    /// When it was due, in ns of the engine's clock; absent in a closed loop.
    pub due_ns: Option<u64>,
}

/// A refusal: where and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The site.
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
    /// Its cgroup when it was listed; absent when a controller adopts it where it is.
    pub from: Option<CgroupId>,
    /// Where it goes.
    pub to: CgroupId,
}

/// An mm whose charges move, for its owner does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MovingMm {
    /// The mm.
    pub mm: MmId,
    /// Its owner's cgroup when it was listed; absent when a controller adopts it where it is.
    pub from: Option<CgroupId>,
    /// Where its owner goes.
    pub to: CgroupId,
}

impl MovingMm {
    /// What is uncharged when it has moved; nobody when it was charged nowhere.
    #[must_use]
    pub fn source(&self) -> CgroupId {
        self.from.unwrap_or(CgroupId::NONE)
    }
}

/// The state of one attach (`cgroup_attach_state`), without the controllers' private slots, which are each protocol's.
pub struct AttachState<'w> {
    /// Its world.
    pub world: &'w World,
    /// How much moves.
    pub scope: Scope,
    /// The hierarchy in which it happens.
    pub hierarchy: HierarchyId,
    /// The controllers that take part, in the order of their callbacks.
    pub controllers: SmallVec<[Controller; 5]>,
    /// Where to; when a controller is adopted: any cgroup of its hierarchy.
    pub dest: CgroupId,
    /// What moves: neither exiting nor there already.
    pub members: SmallVec<[Member; 8]>,
    /// Address spaces whose charges move, by id.
    pub mms: SmallVec<[MovingMm; 1]>,
    pins: SmallVec<[Pin<'w, Task>; 8]>,
    mm_pins: SmallVec<[Pin<'w, Mm>; 1]>,
}

impl<'w> AttachState<'w> {
    /// What a fault can be thrown at.
    #[must_use]
    pub fn subject(&self) -> Subject<'w> {
        let task = self.members.last().map(|member| member.task);
        Subject { world: self.world, scope: self.scope, dest: self.dest, task }
    }

    /// Whether there is nothing to do: the outcome `noop`. A controller joins also where there is no task, and
    /// only once.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        if self.scope == Scope::Adopt { self.controllers.is_empty() } else { self.members.is_empty() }
    }

    /// The distinct cgroups where members go.
    #[must_use]
    pub fn destinations(&self) -> SmallVec<[CgroupId; 4]> {
        distinct(self.members.iter().map(|member| member.to))
    }
}

/// The distinct cgroups of a list, in the order of their first appearance.
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
    /// Its world.
    pub world: &'w World,
    /// How much moves.
    pub scope: Scope,
    /// Where to.
    pub dest: CgroupId,
    /// The last of the tasks that move.
    pub task: Option<TaskId>,
}

/// Looks the destination up (`cgroup_lock_live_group`). Under `cgroup_mutex`.
///
/// # Errors
/// `ENODEV` when it has been removed; what the site `core.find` injects.
pub fn find<C: Current>(cur: &C, world: &World, request: &Request) -> Result<(), Refusal> {
    let scope = list::scope(request.target);
    inject(cur, Site::CoreFind, &Subject { world, scope, dest: request.dest, task: None })?;
    match world.cgroup(request.dest).removed.load(cur) {
        0 => Ok(()),
        _ => Err(Refusal { site: Site::CoreFind, errno: Errno::ENODEV }),
    }
}

/// Asks the fault plan; a delay is spent here, and an event is thrown by an actor of its own.
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

/// Runs a callback that can refuse. The fault site comes first, when nothing has changed yet.
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
    let site = controller.site(callback.fault().expect("only what has a site can refuse"));
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

/// One transaction under one hold of `cgroup_mutex`, with its grace period: the locks, `body`, and the end. `alone`: with
/// `threadgroup_rwsem`, so that nobody forks, exits or changes his program meanwhile.
pub fn transaction<C: Current>(
    cur: &C,
    world: &World,
    request: &Request,
    alone: bool,
    body: impl FnOnce() -> Result<Outcome, Refusal>,
) -> Outcome {
    cur.emit(Event::Phase(Phase::Lock));
    let cgroup_mutex = world.cgroup_mutex.lock(cur);
    let threadgroups = alone.then(|| lock_threadgroups(cur, world, request));
    cur.emit(Event::TxBegin { dest: request.dest });
    let outcome = body().unwrap_or_else(Outcome::from);
    cur.emit(Event::Phase(Phase::Unlock));
    grace_period(cur, world, Grace::Inside);
    drop(threadgroups);
    drop(cgroup_mutex);
    cur.emit(Event::TxEnd { moved: outcome == Outcome::Moved });
    grace_period(cur, world, Grace::After);
    outcome
}

/// A grace period, if this is where the options want one.
fn grace_period<C: Current>(cur: &C, world: &World, here: Grace) {
    if world.options().grace == here {
        cur.synchronize_rcu(world.options().grace_ns);
    }
}
