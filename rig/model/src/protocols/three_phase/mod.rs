//! three-phase, Linux 2.6.24 to 2.6.33: ask every controller, switch the pointer, notify every controller.
//!
//! Nothing keeps an answer valid until the switch, the last phase cannot refuse, and controllers do not learn of a
//! failure. It moves one thread at a time: a loop in userspace reads the list of the threads of a process, or of all threads, and
//! moves each by a system call of its own, until the list has no new thread (`loop=once`: reads it once).
mod cpuset;
mod freezer;
mod memory;
mod memrlimit;
mod net;
mod numtasks;

use super::About;
use crate::kernel::{Controller, TaskId, Threadgroup};
use crate::paths::attach::{
    AttachState, Refusal, Request, allocate_css_sets, find, finish, list, prepare, process_of, switch,
    transaction,
};
use crate::seam::event::{Callback, Outcome, Phase, Target};
use crate::seam::{Current, Event, Work};
use crate::world::{Pin, Task, World};
use faults::{Errno, Site};
use smallvec::SmallVec;

pub(super) const ABOUT: About = About {
    id: "three-phase",
    about: "Linux 2.6.24-2.6.33: can_attach each, switch, attach each; controllers do not learn of a failure",
    undoes_all: false,
    options: &[
        ("check", &["room", "none"]),
        ("loop", &["stable", "once"]),
        ("threadgroup", &["none", "process", "global"]),
    ],
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

/// The number of times that userspace reads the list of threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeat {
    /// Until the list has no new thread.
    #[default]
    Stable,
    /// Once: threads born later stay behind.
    Once,
}

/// Options of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The check of memrlimit's can_attach.
    pub check: Check,
    /// The loop of userspace over the threads of a process.
    pub repeat: Repeat,
    /// The lock against fork, exit and exec, held for each thread anew. By default there is none: what moves one thread
    /// at a time has no process to keep whole, and no kernel of that time had such a lock.
    pub threadgroup: Threadgroup,
}

pub(super) fn options(at: &[usize]) -> Options {
    Options {
        check: [Check::Room, Check::None][at[0]],
        repeat: [Repeat::Stable, Repeat::Once][at[1]],
        threadgroup: [Threadgroup::None, Threadgroup::Process, Threadgroup::Global][at[2]],
    }
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
        Controller::Net => net::callbacks(),
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
    match request.target {
        Target::Thread(_) | Target::Adopt(_) => attach_set(cur, world, request, options),
        Target::Process(_) | Target::All => attach_each(cur, world, request, options),
    }
}

/// Does what userspace does: reads a list of threads and moves each, until a list has no thread that it has not seen.
fn attach_each<C: Current>(cur: &C, world: &World, request: &Request, options: Options) -> Outcome {
    let mut seen = Threads::new();
    let (mut any_moved, mut any_there, mut torn) = (false, false, false);
    loop {
        let first = seen.len();
        read_tasks(cur, world, request.target, &mut seen);
        if first == seen.len() {
            break;
        }
        for (task, _pin) in &seen[first..] {
            let one = Request { target: Target::Thread(*task), ..*request };
            match attach_set(cur, world, &one, options) {
                Outcome::Moved | Outcome::Completed => any_moved = true,
                Outcome::Noop => any_there = true,
                Outcome::Gone => {}
                Outcome::Refused { site, errno } if any_moved => return Outcome::Partial { site, errno },
                refused => return refused,
            }
        }
        // A thread that a later list finds at the destination was born there.
        torn |= first == 0 && any_there;
        if options.repeat == Repeat::Once {
            break;
        }
    }
    match (any_moved, any_there, request.target) {
        (true, _, Target::Process(_)) if torn => Outcome::Completed,
        (true, ..) => Outcome::Moved,
        (false, false, Target::Process(_)) => Outcome::Gone,
        (false, ..) => Outcome::Noop,
    }
}

/// Threads with pins, so that the id of one that has exited is not given to another.
type Threads<'w> = SmallVec<[(TaskId, Pin<'w, Task>); 8]>;

/// Adds the threads of `target` that `seen` does not have, as a reader of `/proc/PID/task` or of `tasks` finds them.
fn read_tasks<'w, C: Current>(cur: &C, world: &'w World, target: Target, seen: &mut Threads<'w>) {
    cur.work(Work::Syscall, 1);
    let list = world.tasklist_lock.lock(cur);
    let known = seen.len();
    let mut add = |task: TaskId| {
        cur.work(Work::WalkTask, 1);
        if seen[..known].iter().all(|(other, _)| *other != task) {
            seen.push((task, world.tasks.pin(task.0)));
        }
    };
    match process_of(world, target) {
        Some(process) => list.of(process).iter().copied().for_each(&mut add),
        None => list.all().for_each(&mut add),
    }
}

/// Attaches a thread, or a controller that joins, under one hold of `cgroup_mutex`.
fn attach_set<C: Current>(cur: &C, world: &World, request: &Request, options: Options) -> Outcome {
    transaction(cur, world, request, options.threadgroup, || {
        find(cur, world, request)?;
        let mut state = list(cur, world, request);
        match state.nothing() {
            Some(outcome) => Ok(outcome),
            None => {
                let phases = three_phases(cur, world, &mut state, options);
                Ok(phases.map_or_else(gone_or_refused, |()| Outcome::Moved))
            }
        }
    })
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
