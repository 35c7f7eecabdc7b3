//! transactional, Paul Menage, July 2008: every controller prepares in a phase that may sleep and in one that may not.
//! Then the tasks are switched and all controllers commit, or all that prepared abort.
//!
//! A controller keeps the locks it takes in a prepare until its commit or abort, so its decisions stay valid. A *half*
//! is (controller, sleep or nosleep). Each half that passed gets exactly one of abort and commit, in reverse order,
//! nosleep halves first. The half that refused gets no further callback.
mod cpuset;
mod freezer;
mod memory;
mod memrlimit;
pub mod mutant;
mod net;
mod numtasks;

use super::{About, THREADGROUP};
use crate::kernel::{Controller, Threadgroup};
use crate::paths::attach::{
    AttachState, MmapSem, MmapSemMode, MovingMm, Refusal, Request, allocate_css_sets, find, finish, hold_mms,
    list, prepare, switch, transaction,
};
use crate::seam::event::{Callback, Outcome, Phase};
use crate::seam::{Current, Event};
use crate::world::World;
use faults::Errno;
use smallvec::SmallVec;

/// The phase in which net charges the destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NetPhase {
    /// The one that must not sleep: `net.lock` is kept until the commit or abort.
    #[default]
    Nosleep,
    /// The one that may sleep, where no spinlock can be kept, to show the effect.
    Sleep,
}

/// Options of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The way in which controllers share `mmap_sem`.
    pub mmap_sem: MmapSemMode,
    /// The lock against fork, exit and exec.
    pub threadgroup: Threadgroup,
    /// The phase of net.
    pub net: NetPhase,
}

pub(super) const ABOUT: About = About {
    id: "transactional",
    about: "Menage 2008: prepare sleep each, prepare nosleep each, switch, commit; abort undoes everything",
    undoes_all: true,
    options: &[("mmap-sem", &["counted", "unfair", "plain"]), THREADGROUP, ("net", &["nosleep", "sleep"])],
};

pub(super) fn options(at: &[usize]) -> Options {
    let modes = [MmapSemMode::Counted, MmapSemMode::Unfair, MmapSemMode::Plain];
    let phases = [NetPhase::Nosleep, NetPhase::Sleep];
    Options { mmap_sem: modes[at[0]], threadgroup: Threadgroup::ALL[at[1]], net: phases[at[2]] }
}

/// A transaction: the attach state with the controllers' private slots.
pub struct Tx<'a, C: Current> {
    world: &'a World,
    state: AttachState<'a>,
    moving: SmallVec<[Moving<'a, C>; 1]>,
    cpuset: Option<cpuset::Slot<'a, C>>,
    numtasks: Option<numtasks::Slot<'a, C>>,
    net: Option<net::Slot<'a, C>>,
    options: Options,
}

/// A moving mm with the controllers' private state and locks.
struct Moving<'a, C: Current> {
    mm: MovingMm,
    mmap_sem: MmapSem<'a, C>,
    memrlimit: Option<memrlimit::Slot>,
    memory: Option<memory::Slot<'a, C>>,
}

type Prepare<C> = for<'a> fn(&'a C, &mut Tx<'a, C>) -> Result<(), Errno>;
type Finish<C> = for<'a> fn(&'a C, &mut Tx<'a, C>);

/// One phase of a controller: its prepare, with the abort that undoes and the commit that completes it.
pub struct Half<C: Current> {
    prepare: Prepare<C>,
    abort: Finish<C>,
    commit: Finish<C>,
}

/// A controller's callbacks. Each half is optional, and an absent half counts as passed.
pub struct Callbacks<C: Current> {
    /// prepare_attach_sleep, abort_attach_sleep, commit_attach_sleep.
    pub sleep: Option<Half<C>>,
    /// prepare_attach_nosleep, abort_attach_nosleep, commit_attach_nosleep.
    pub nosleep: Option<Half<C>>,
}

fn callbacks<C: Current>(controller: Controller, options: Options) -> Callbacks<C> {
    match controller {
        Controller::Memrlimit => memrlimit::callbacks(),
        Controller::Memory => memory::callbacks(),
        Controller::Cpuset => cpuset::callbacks(),
        Controller::Numtasks => numtasks::callbacks(),
        Controller::Freezer => freezer::callbacks(),
        Controller::Net => net::callbacks(options.net),
    }
}

/// One of the two phases of preparation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sleeping {
    Yes,
    No,
}

impl Sleeping {
    fn half<C: Current>(self, controller: Controller, options: Options) -> Option<Half<C>> {
        let callbacks = callbacks(controller, options);
        match self {
            Self::Yes => callbacks.sleep,
            Self::No => callbacks.nosleep,
        }
    }

    /// Returns the names of prepare, abort and commit.
    fn names(self) -> [Callback; 3] {
        match self {
            Self::Yes => {
                [Callback::PrepareAttachSleep, Callback::AbortAttachSleep, Callback::CommitAttachSleep]
            }
            Self::No => {
                [Callback::PrepareAttachNosleep, Callback::AbortAttachNosleep, Callback::CommitAttachNosleep]
            }
        }
    }
}

/// Returns true unless net gives up its lock: a decision of a prepare stays valid until the commit.
pub(super) fn keeps_locks(options: Options) -> bool {
    options.net == NetPhase::Nosleep
}

/// Returns the callbacks that `controller` has.
pub(super) fn names<C: Current>(controller: Controller, options: Options) -> Vec<Callback> {
    let phases = [Sleeping::Yes, Sleeping::No];
    let present = phases.into_iter().filter(|phase| phase.half::<C>(controller, options).is_some());
    present.flat_map(Sleeping::names).collect()
}

/// The protocol or a mutant of it. The defaults are the protocol.
trait Variant<C: Current>: Copy {
    /// Returns a controller's callbacks in one phase.
    fn half(self, controller: Controller, phase: Sleeping, options: Options) -> Option<Half<C>> {
        phase.half(controller, options)
    }

    /// Returns the controllers to abort, in order: those that had passed, the last first. `refuser` is the one that
    /// refused.
    fn aborts(
        self,
        passed: &[Controller],
        _refuser: Option<Controller>,
    ) -> SmallVec<[Controller; Controller::COUNT]> {
        passed.iter().rev().copied().collect()
    }

    /// Runs everything from the first prepare to the last callback.
    fn halves<'a>(self, cur: &'a C, tx: &mut Tx<'a, C>) -> Result<Outcome, Refusal> {
        halves(cur, tx, self)
    }
}

/// The protocol itself.
#[derive(Clone, Copy)]
struct Sound;

impl<C: Current> Variant<C> for Sound {}

/// Moves a thread, a process or all tasks, as a whole or not at all, or lets a controller join.
pub(super) fn attach<C: Current>(cur: &C, world: &World, request: &Request, options: Options) -> Outcome {
    transaction(cur, world, request, options.threadgroup, || locked(cur, world, request, options, Sound))
}

fn locked<C: Current>(
    cur: &C,
    world: &World,
    request: &Request,
    options: Options,
    variant: impl Variant<C>,
) -> Result<Outcome, Refusal> {
    find(cur, world, request)?;
    let state = list(cur, world, request);
    match state.nothing() {
        Some(outcome) => Ok(outcome),
        None => listed(cur, state, options, variant),
    }
}

fn listed<'a, C: Current>(
    cur: &'a C,
    state: AttachState<'a>,
    options: Options,
    variant: impl Variant<C>,
) -> Result<Outcome, Refusal> {
    let mut tx = Tx::new(cur, state, options);
    let outcome = variant.halves(cur, &mut tx);
    if !outcome.is_ok_and(Outcome::has_moved) {
        tx.slots_kept().into_iter().for_each(|controller| cur.emit(Event::SlotKept { controller }));
    }
    outcome
}

fn halves<'a, C: Current>(
    cur: &'a C,
    tx: &mut Tx<'a, C>,
    variant: impl Variant<C>,
) -> Result<Outcome, Refusal> {
    let controllers = tx.state.controllers.clone();
    cur.emit(Event::Phase(Phase::Prepare));
    tx.prepare_all(cur, &controllers, Sleeping::Yes, variant)?;
    let aborts = variant.aborts(&controllers, None);
    if let Err(refusal) = allocate_css_sets(cur, tx.world, &tx.state) {
        tx.abort_all(cur, &aborts, Sleeping::Yes, variant);
        return Err(refusal);
    }
    cur.emit(Event::Phase(Phase::PrepareNosleep));
    if let Err(refusal) = tx.prepare_all(cur, &controllers, Sleeping::No, variant) {
        tx.abort_all(cur, &aborts, Sleeping::Yes, variant);
        return Err(refusal);
    }
    if switch(cur, tx.world, &mut tx.state).is_err() {
        tx.abort_all(cur, &aborts, Sleeping::No, variant);
        tx.abort_all(cur, &aborts, Sleeping::Yes, variant);
        return Ok(Outcome::Gone);
    }
    cur.emit(Event::Phase(Phase::Finish));
    let reverse: SmallVec<[Controller; Controller::COUNT]> = controllers.iter().rev().copied().collect();
    for phase in [Sleeping::No, Sleeping::Yes] {
        tx.commit_all(cur, &reverse, phase, variant);
    }
    Ok(tx.state.moved())
}

impl<'a, C: Current> Tx<'a, C> {
    /// Creates the transaction. Takes the `mmap_sem` of every mm if the target is all tasks; they are released when the
    /// transaction is dropped.
    fn new(cur: &'a C, mut state: AttachState<'a>, options: Options) -> Self {
        let held = hold_mms(cur, &mut state, options.mmap_sem);
        let moving =
            |(mm, mmap_sem): (&MovingMm, _)| Moving { mm: *mm, mmap_sem, memrlimit: None, memory: None };
        let moving = state.mms.iter().zip(held).map(moving).collect();
        Self { world: state.world, state, moving, cpuset: None, numtasks: None, net: None, options }
    }

    /// Returns the controllers whose private slots are not empty.
    fn slots_kept(&self) -> SmallVec<[Controller; Controller::COUNT]> {
        let kept = [
            (Controller::Memrlimit, self.moving.iter().any(|moving| moving.memrlimit.is_some())),
            (Controller::Memory, self.moving.iter().any(|moving| moving.memory.is_some())),
            (Controller::Cpuset, self.cpuset.is_some()),
            (Controller::Numtasks, self.numtasks.is_some()),
            (Controller::Net, self.net.is_some()),
        ];
        kept.into_iter().filter(|(_, kept)| *kept).map(|(controller, _)| controller).collect()
    }

    /// Prepares each controller in order. On a refusal, aborts this phase of the controllers that had passed.
    fn prepare_all(
        &mut self,
        cur: &'a C,
        controllers: &[Controller],
        phase: Sleeping,
        variant: impl Variant<C>,
    ) -> Result<(), Refusal> {
        let subject = self.state.subject();
        for (at, controller) in controllers.iter().copied().enumerate() {
            let Some(half) = variant.half(controller, phase, self.options) else { continue };
            let [name, ..] = phase.names();
            let refused = prepare(cur, &subject, controller, name, || (half.prepare)(cur, self)).err();
            if let Some(refusal) = refused {
                let aborts = variant.aborts(&controllers[..at], Some(controller));
                self.abort_all(cur, &aborts, phase, variant);
                return Err(refusal);
            }
        }
        Ok(())
    }

    /// Aborts one phase of these controllers, in that order.
    fn abort_all(
        &mut self,
        cur: &'a C,
        controllers: &[Controller],
        phase: Sleeping,
        variant: impl Variant<C>,
    ) {
        cur.emit(Event::Phase(Phase::Abort));
        let [_, name, _] = phase.names();
        for controller in controllers.iter().copied() {
            if let Some(half) = variant.half(controller, phase, self.options) {
                finish(cur, controller, name, || (half.abort)(cur, self));
            }
        }
    }

    /// Commits one phase of these controllers, in that order.
    fn commit_all(
        &mut self,
        cur: &'a C,
        controllers: &[Controller],
        phase: Sleeping,
        variant: impl Variant<C>,
    ) {
        let [_, _, name] = phase.names();
        for controller in controllers.iter().copied() {
            if let Some(half) = variant.half(controller, phase, self.options) {
                finish(cur, controller, name, || (half.commit)(cur, self));
            }
        }
    }
}
