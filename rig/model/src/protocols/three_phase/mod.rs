//! three-phase, Linux 2.6.24 to 2.6.33: ask every controller, switch the pointer, notify every controller.
//!
//! Nothing keeps an answer valid until the switch, the last phase cannot refuse, and controllers do not learn of a
//! failure. It moves one thread at a time: a loop in userspace moves the threads of a process, or all threads, each
//! under its own hold of `cgroup_mutex`.
mod cpuset;
mod freezer;
mod memory;
mod memrlimit;
mod numtasks;

use super::{About, THREADGROUP};
use crate::kernel::{Controller, TaskId, Threadgroup};
use crate::paths::attach::{
    AttachState, Refusal, Request, allocate_css_sets, find, finish, list, prepare, process_of, switch,
    transaction,
};
use crate::seam::event::{Callback, Outcome, Phase, Target};
use crate::seam::{Current, Event};
use crate::world::World;
use faults::{Errno, Site};
use smallvec::SmallVec;

pub(super) const ABOUT: About = About {
    id: "three-phase",
    about: "Linux 2.6.24-2.6.33: can_attach each, switch, attach each; controllers do not learn of a failure",
    undoes_all: false,
    options: &[("check", &["room", "none"]), THREADGROUP],
};

/// The check for room by memrlimit before a task comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Check {
    /// can_attach refuses if there is no room, as from 19 June 2008 on.
    #[default]
    Room,
    /// There is no can_attach, as in memrlimit v4 before: attach charges, and does nothing if the charge fails.
    None,
}

/// Options of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The check of memrlimit's can_attach.
    pub check: Check,
    /// The lock against fork, exit and exec, held for each thread anew.
    pub threadgroup: Threadgroup,
}

pub(super) fn options(at: &[usize]) -> Options {
    Options { check: [Check::Room, Check::None][at[0]], threadgroup: Threadgroup::ALL[at[1]] }
}

type CanAttach<C> = fn(&C, &World, &AttachState<'_>) -> Result<(), Errno>;
type Attach<C> = fn(&C, &World, &AttachState<'_>);

/// A controller's callbacks (`struct cgroup_subsys`); every one is optional.
pub struct Callbacks<C: Current> {
    /// Decides whether the task may come.
    pub can_attach: Option<CanAttach<C>>,
    /// Called after the task has come. Cannot refuse.
    pub attach: Option<Attach<C>>,
}

fn callbacks<C: Current>(controller: Controller, options: Options) -> Callbacks<C> {
    match controller {
        Controller::Memrlimit => memrlimit::callbacks(options.check),
        Controller::Memory => memory::callbacks(),
        Controller::Cpuset => cpuset::callbacks(),
        Controller::Numtasks => numtasks::callbacks(),
        Controller::Freezer => freezer::callbacks(),
    }
}

/// Returns false: a fact that a controller checked may have changed by the switch.
pub(super) fn keeps_locks(_: Options) -> bool {
    false
}

/// Returns the callbacks that `controller` has.
pub(super) fn names<C: Current>(controller: Controller, options: Options) -> Vec<Callback> {
    let Callbacks { can_attach, attach } = callbacks::<C>(controller, options);
    let asked = can_attach.map(|_| Callback::CanAttach);
    asked.into_iter().chain(attach.map(|_| Callback::Attach)).collect()
}

/// Moves a thread, or several threads one by one until one is refused. Threads that are gone are skipped.
pub(super) fn attach<C: Current>(cur: &C, world: &World, request: &Request, options: Options) -> Outcome {
    if let Target::Adopt(_) = request.target {
        return attach_set(cur, world, request, options);
    }
    let mut any_moved = false;
    let mut any_gone = false;
    for (task, _pin) in threads(cur, world, request) {
        match attach_set(cur, world, &Request { target: Target::Thread(task), ..*request }, options) {
            Outcome::Moved => any_moved = true,
            Outcome::Gone => any_gone = true,
            Outcome::Refused { site, errno } if any_moved => return Outcome::Partial { site, errno },
            Outcome::Noop => {}
            refused => return refused,
        }
    }
    match (any_moved, any_gone) {
        (true, _) => Outcome::Moved,
        (false, true) => Outcome::Gone,
        (false, false) => Outcome::Noop,
    }
}

type Threads<'w> = SmallVec<[(TaskId, crate::world::Pin<'w, crate::world::Task>); 8]>;

/// Returns the threads that userspace reads from /proc before it begins to move them.
fn threads<'w, C: Current>(cur: &C, world: &'w World, request: &Request) -> Threads<'w> {
    let pinned = |task: TaskId| (task, world.tasks.pin(task.0));
    if let Target::Thread(task) = request.target {
        return SmallVec::from_iter([pinned(task)]);
    }
    let tasks = world.tasklist_lock.lock(cur);
    match process_of(world, request.target) {
        Some(process) => tasks.of(process).iter().copied().map(pinned).collect(),
        None => tasks.all().map(pinned).collect(),
    }
}

/// Attaches a thread, or a controller that joins, under one hold of `cgroup_mutex`.
fn attach_set<C: Current>(cur: &C, world: &World, request: &Request, options: Options) -> Outcome {
    transaction(cur, world, request, options.threadgroup, || {
        find(cur, world, request)?;
        let mut state = list(cur, world, request);
        match state.is_empty() {
            true if is_gone(cur, world, request.target) => Ok(Outcome::Gone),
            true => Ok(Outcome::Noop),
            false => {
                let phases = three_phases(cur, world, &mut state, options);
                Ok(phases.map_or_else(gone_or_refused, |()| Outcome::Moved))
            }
        }
    })
}

fn is_gone<C: Current>(cur: &C, world: &World, target: Target) -> bool {
    let Target::Thread(task) = target else { return false };
    let list = world.tasklist_lock.lock(cur);
    !list.of(world.task(task).process_id()).contains(&task)
}

fn gone_or_refused(refusal: Refusal) -> Outcome {
    if refusal.site == Site::CoreExit { Outcome::Gone } else { refusal.into() }
}

fn three_phases<C: Current>(
    cur: &C,
    world: &World,
    state: &mut AttachState<'_>,
    options: Options,
) -> Result<(), Refusal> {
    let subject = state.subject();
    cur.emit(Event::Phase(Phase::Prepare));
    for controller in state.controllers.iter().copied() {
        if let Some(can_attach) = callbacks(controller, options).can_attach {
            let ask = || can_attach(cur, world, state);
            prepare(cur, &subject, controller, Callback::CanAttach, ask)?;
        }
    }
    allocate_css_sets(cur, world, state)?;
    switch(cur, world, state).map_err(|errno| Refusal { site: Site::CoreExit, errno })?;
    cur.emit(Event::Phase(Phase::Finish));
    for controller in state.controllers.iter().copied() {
        if let Some(attach) = callbacks(controller, options).attach {
            finish(cur, controller, Callback::Attach, || attach(cur, world, state));
        }
    }
    Ok(())
}
