//! prepare-undo, Balbir Singh, July 2008: every controller prepares. If one fails, those that had succeeded undo.
//! Otherwise the tasks move, and every controller learns that they are attached.
//!
//! - `hold=callback` is the reply as a careful author of controllers would carry it out: locks are taken and released
//!   within each callback, and attached looks at who has moved. The charge of a prepare may be out of date by the time of
//!   the move.
//! - `hold=none` takes no lock of an address space at all, and attached completes what prepare has counted.
//! - `move=early` moves the charges of memrlimit and numtasks in prepare, as Singh's mail of 20 June 2008 and pids since
//!   Linux 4.3 do. Then undo has to charge the source again. If another task has taken the room, the charge stays at the
//!   destination, and an event reports it.
//! - `hold=locks` answers the reply's own question, whether the sleep phase alone is enough: locks taken in a prepare
//!   are kept until attached or undo.
mod cpuset;
mod freezer;
mod memory;
mod memrlimit;
mod net;
mod numtasks;

use super::{About, THREADGROUP};
use crate::kernel::{Controller, Threadgroup};
use crate::locks::ReadGuard;
use crate::paths::attach::{
    AttachState, MmapSem, MmapSemMode, MovingMm, Refusal, Request, allocate_css_sets, find, finish, hold_mms,
    list, prepare, switch, transaction,
};
use crate::seam::event::{Callback, Outcome, Phase};
use crate::seam::{Current, Event};
use crate::world::World;
use faults::Errno;
use smallvec::SmallVec;

/// The time for which a controller holds the locks of what moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hold {
    /// One callback.
    #[default]
    Callback,
    /// No time: the locks of address spaces are not taken.
    None,
    /// From prepare to attached or undo: sleeping locks, and `mmap_sem` through the count.
    Locks,
}

/// The callback that moves the charges of memrlimit and numtasks from the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Moment {
    /// attached: until then both sides are charged.
    #[default]
    Late,
    /// prepare: undo charges the source again, and may be refused.
    Early,
}

/// The handling of spinlocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spin {
    /// Released before the prepare returns.
    #[default]
    Drop,
    /// Kept like the other locks, to show the effect.
    Keep,
}

/// Options of the protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The handling of sleeping locks.
    pub hold: Hold,
    /// The handling of spinlocks.
    pub spin: Spin,
    /// The callback that moves charges.
    pub moment: Moment,
    /// The lock against fork, exit and exec.
    pub threadgroup: Threadgroup,
}

/// Returns true with `hold=locks`, which keeps locks from prepare to attached. The room of a source that was uncharged early
/// is not kept.
pub(super) fn keeps_locks(options: Options) -> bool {
    options.hold == Hold::Locks && options.moment == Moment::Late
}

pub(super) const ABOUT: About = About {
    id: "prepare-undo",
    about: "Singh 2008: prepare each; on failure those that succeeded undo; move; attached each",
    undoes_all: false,
    options: &[
        ("hold", &["callback", "none", "locks"]),
        ("spin", &["drop", "keep"]),
        ("move", &["late", "early"]),
        THREADGROUP,
    ],
};

pub(super) fn options(at: &[usize]) -> Options {
    Options {
        hold: [Hold::Callback, Hold::None, Hold::Locks][at[0]],
        spin: [Spin::Drop, Spin::Keep][at[1]],
        moment: [Moment::Late, Moment::Early][at[2]],
        threadgroup: Threadgroup::ALL[at[3]],
    }
}

/// Returns the callbacks that a controller has: all of them.
#[expect(
    clippy::extra_unused_type_parameters,
    reason = "the table calls it as it calls those that need an engine"
)]
pub(super) fn names<C: Current>(_: Controller, _: Options) -> Vec<Callback> {
    vec![Callback::PrepareAttach, Callback::Undo, Callback::Attached]
}

/// An attach with the controllers' private slots.
pub struct Tx<'a, C: Current> {
    world: &'a World,
    state: AttachState<'a>,
    hold: Hold,
    spin: Spin,
    moment: Moment,
    moving: SmallVec<[Moving<'a, C>; 1]>,
    cpuset: cpuset::Slot<'a, C>,
    numtasks: Option<numtasks::Slot<'a, C>>,
    net: Option<net::Slot<'a, C>>,
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

/// A controller's callbacks.
pub struct Callbacks<C: Current> {
    /// Prepares the controller's part, or fails and leaves nothing behind.
    pub prepare_attach: Prepare<C>,
    /// Undoes the controller's part, because another controller failed.
    pub undo: Finish<C>,
    /// Completes the controller's part, after the tasks have moved.
    pub attached: Finish<C>,
}

fn callbacks<C: Current>(controller: Controller) -> Callbacks<C> {
    match controller {
        Controller::Memrlimit => memrlimit::callbacks(),
        Controller::Memory => memory::callbacks(),
        Controller::Cpuset => cpuset::callbacks(),
        Controller::Numtasks => numtasks::callbacks(),
        Controller::Freezer => freezer::callbacks(),
        Controller::Net => net::callbacks(),
    }
}

/// Moves a thread, a process or all tasks, or lets a controller join.
pub(super) fn attach<C: Current>(cur: &C, world: &World, request: &Request, options: Options) -> Outcome {
    transaction(cur, world, request, options.threadgroup, || locked(cur, world, request, options))
}

fn locked<C: Current>(
    cur: &C,
    world: &World,
    request: &Request,
    options: Options,
) -> Result<Outcome, Refusal> {
    find(cur, world, request)?;
    let state = list(cur, world, request);
    match state.nothing() {
        Some(outcome) => Ok(outcome),
        None => move_prepared(cur, Tx::new(cur, state, options)),
    }
}

fn move_prepared<'a, C: Current>(cur: &'a C, mut tx: Tx<'a, C>) -> Result<Outcome, Refusal> {
    let controllers = tx.state.controllers.clone();
    let subject = tx.state.subject();
    cur.emit(Event::Phase(Phase::Prepare));
    for (at, controller) in controllers.iter().copied().enumerate() {
        let callback = callbacks(controller).prepare_attach;
        let asked = || callback(cur, &mut tx);
        if let Err(refusal) = prepare(cur, &subject, controller, Callback::PrepareAttach, asked) {
            tx.undo(cur, &controllers[..at]);
            return Err(refusal);
        }
    }
    if let Err(refusal) = allocate_css_sets(cur, tx.world, &tx.state) {
        tx.undo(cur, &controllers);
        return Err(refusal);
    }
    if switch(cur, tx.world, &mut tx.state).is_err() {
        tx.undo(cur, &controllers);
        return Ok(Outcome::Gone);
    }
    cur.emit(Event::Phase(Phase::Finish));
    for controller in controllers {
        finish(cur, controller, Callback::Attached, || (callbacks(controller).attached)(cur, &mut tx));
    }
    Ok(tx.state.moved())
}

impl<'a, C: Current> Tx<'a, C> {
    /// Creates the transaction. With `hold=locks`, takes the `mmap_sem` of every mm if the target is all tasks; they
    /// are released when the transaction is dropped.
    fn new(cur: &'a C, mut state: AttachState<'a>, Options { hold, spin, moment, .. }: Options) -> Self {
        let held = match hold {
            Hold::Locks => hold_mms(cur, &mut state, MmapSemMode::Counted),
            Hold::Callback | Hold::None => {
                state.mms.iter().map(|_| MmapSem::new(MmapSemMode::Counted)).collect()
            }
        };
        let moving =
            |(mm, mmap_sem): (&MovingMm, _)| Moving { mm: *mm, mmap_sem, memrlimit: None, memory: None };
        let moving = state.mms.iter().zip(held).map(moving).collect();
        Self {
            world: state.world,
            state,
            hold,
            spin,
            moment,
            moving,
            cpuset: None,
            numtasks: None,
            net: None,
        }
    }

    /// Lets the controllers that had succeeded undo, in the order in which they prepared.
    fn undo(&mut self, cur: &'a C, controllers: &[Controller]) {
        cur.emit(Event::Phase(Phase::Abort));
        for controller in controllers.iter().copied() {
            finish(cur, controller, Callback::Undo, || (callbacks(controller).undo)(cur, self));
        }
    }

    /// Takes `mmap_sem` of a moving mm for a controller: until [`Tx::put_mmap_sem`] if locks are kept, and until the guard
    /// is dropped if they are held within a callback.
    fn get_mmap_sem(&mut self, cur: &'a C, at: usize) -> Option<ReadGuard<'a, (), C>> {
        let mm = self.world.mm(self.moving[at].mm.mm);
        match self.hold {
            Hold::Locks => self.moving[at].mmap_sem.get(cur, mm),
            Hold::Callback => return Some(mm.mmap_sem.read(cur)),
            Hold::None => {}
        }
        None
    }

    /// Takes `mmap_sem` of a moving mm for attached, unless it is kept since the prepare or not taken at all.
    fn again_mmap_sem(&self, cur: &'a C, at: usize) -> Option<ReadGuard<'a, (), C>> {
        let mm = self.world.mm(self.moving[at].mm.mm);
        (self.hold == Hold::Callback).then(|| mm.mmap_sem.read(cur))
    }

    /// Reports, after the switch, whether the charges of a moving mm go along. With `hold=none` no controller looks.
    fn has_moved(&self, cur: &'a C, at: usize) -> bool {
        self.hold == Hold::None || self.state.has_moved(cur, &self.moving[at].mm)
    }

    fn put_mmap_sem(&mut self, at: usize) {
        if self.hold == Hold::Locks {
            self.moving[at].mmap_sem.put();
        }
    }
}
