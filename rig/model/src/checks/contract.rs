//! contract: the rules T1 to T4, T6 and T7 between protocols and controllers.
//!
//! - T1 Callbacks that may sleep return without the spinlocks that they took. The others take no sleeping lock, and
//!   begin only after every sleep half has passed.
//! - T2 Each half that passed gets exactly one of its abort and its commit, the same in the whole transaction. A half
//!   that refused or never prepared gets neither. A callback that prepares nothing (`can_attach`) has no half.
//! - T3 Callbacks of one kind run in the hierarchy's order. Those that undo or complete run in the order that the protocol
//!   promises: in reverse, nosleep halves first, or in the order of the prepares.
//! - T4 `cgroup_mutex` is held during every callback.
//! - T6 No callback takes `mmap_sem` for writing.
//! - T7 The lock against fork, exit and exec is held for writing during every callback, as the option `threadgroup` says:
//!   that of every process that moves, the one of all processes, or none.
//! - locks: a controller's callbacks release exactly the locks that its callbacks took, before the transaction ends.
//!   `mmap_sem` is counted, so another controller may release it last.
//!
//! [`Callback::terms`] returns the rules of each callback.
use super::check::{About, Checker, Excuse, Needs, RARE, Request, Seen};
use super::describe::{lock, locks};
use super::shadow::at;
use super::{Shadow, Tally};
use crate::kernel::{CgroupId, Controller, ProcessId, Threadgroup};
use crate::locks::held::HeldTable;
use crate::seam::event::{Callback, Mode, Order, Role};
use crate::seam::{ActorId, Class, Event, Object, Stamp};
use smallvec::SmallVec;

/// The state of a half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Preparing,
    Passed,
    Refused,
    Aborted,
    Committed,
}

/// A controller's part of a transaction: the one that may sleep, or the one that may not.
#[derive(Clone, Copy, Debug)]
struct Half {
    controller: Controller,
    /// The prepare.
    callback: Callback,
    state: State,
}

/// A lock that a callback took and that is still held.
#[derive(Clone, Copy, Debug)]
struct Taken {
    object: Object,
    mode: Mode,
    controller: Controller,
    callback: Callback,
}

#[derive(Debug, Default)]
struct Transaction {
    dest: Option<CgroupId>,
    processes: SmallVec<[ProcessId; 2]>,
    /// The halves, in the order of their prepares.
    halves: SmallVec<[Half; 8]>,
    /// The last callback without a half.
    unpaired: Option<Called>,
    taken: SmallVec<[Taken; 8]>,
}

/// The check.
#[derive(Debug, Default)]
pub(super) struct Contract {
    transactions: Vec<Transaction>,
    pub(super) tally: Tally,
}

/// A callback of a controller.
type Called = (Controller, Callback);

impl Checker for Contract {
    const ABOUT: About = About {
        name: "contract",
        needs: Needs::OwnEvents,
        by_final_state: false,
        excuse: Excuse::None,
        events: RARE,
    };

    fn observe(&mut self, Seen { held, shadow, stamp }: Seen<'_>, event: &Event) {
        match *event {
            Event::TxBegin { dest } => {
                let tx = at(&mut self.transactions, stamp.actor.index());
                tx.dest = Some(dest);
                tx.processes.clear();
                tx.halves.clear();
                tx.unpaired = None;
                tx.taken.clear();
            }
            Event::TxMember { task, .. } => {
                let Some(process) = shadow.task(task).process else { return };
                let Some(tx) = self.transactions.get_mut(stamp.actor.index()) else { return };
                if tx.processes.last() != Some(&process) && !tx.processes.contains(&process) {
                    tx.processes.push(process);
                }
            }
            Event::Switched => self.switched(stamp),
            Event::Enter { controller, callback } => self.enter(held, shadow, stamp, (controller, callback)),
            Event::Leave { controller, callback, result } => {
                self.leave(stamp, (controller, callback), result.is_ok());
            }
            Event::TxEnd { .. } => self.end(stamp),
            _ => {}
        }
    }

    fn acquired(&mut self, Seen { stamp, .. }: Seen<'_>, called: Called, request: Request) {
        let Request { object, mode } = request;
        let Some((tx, tally)) = self.open(stamp.actor) else { return };
        let (controller, callback) = called;
        tx.taken.push(Taken { object, mode, controller, callback });
        if !callback.terms().may_sleep && !object.class.spins() {
            violated(tally, stamp, "T1", called, || format!("took {object}, a sleeping lock"));
        }
        if object.class == Class::MmapSem && mode == Mode::Write {
            violated(tally, stamp, "T6", called, || format!("took {object} for writing, not for reading"));
        }
    }

    fn released(&mut self, Seen { shadow, stamp, .. }: Seen<'_>, request: Request) {
        let called = shadow.callback(stamp.actor);
        if called.is_some()
            || self.transactions.get(stamp.actor.index()).is_some_and(|tx| !tx.taken.is_empty())
        {
            self.given_back(stamp, called, request);
        }
    }
}

impl Contract {
    fn open(&mut self, actor: ActorId) -> Option<(&mut Transaction, &mut Tally)> {
        let tx = self.transactions.get_mut(actor.index()).filter(|tx| tx.dest.is_some())?;
        Some((tx, &mut self.tally))
    }

    fn given_back(&mut self, stamp: Stamp, called: Option<Called>, Request { object, mode }: Request) {
        let Some((tx, tally)) = self.open(stamp.actor) else { return };
        let mine = |taken: &Taken| called.is_some_and(|(controller, _)| controller == taken.controller);
        let same = |taken: &Taken| taken.object == object && taken.mode == mode;
        let found = tx.taken.iter().rposition(|taken| same(taken) && mine(taken));
        let taken = found.or_else(|| tx.taken.iter().rposition(same)).map(|which| tx.taken.remove(which));
        match (called, taken) {
            (Some(_), Some(taken)) if mine(&taken) || object.class == Class::MmapSem => {}
            (None, None) => {}
            (Some(called), taken) => violated(tally, stamp, "locks", called, || {
                let by = taken.map_or("no callback".to_owned(), |t| name((t.controller, t.callback)));
                format!("released {}, which {by} had taken", lock(object, mode))
            }),
            (None, Some(taken)) => {
                violated(tally, stamp, "locks", (taken.controller, taken.callback), || {
                    format!("took {}, which the core released and not a callback", lock(object, mode))
                });
            }
        }
    }

    fn switched(&mut self, stamp: Stamp) {
        let Some((tx, tally)) = self.open(stamp.actor) else { return };
        for half in tx.halves.iter().filter(|half| half.state != State::Passed) {
            violated(tally, stamp, "T2", (half.controller, half.callback), || {
                format!("{}, and yet the tasks were switched", half.state.words())
            });
        }
    }

    fn enter(&mut self, held: &HeldTable, shadow: &Shadow, stamp: Stamp, called: Called) {
        let Some((tx, tally)) = self.open(stamp.actor) else { return };
        tally.examine();
        let holds = |class, owner, modes: &[Mode]| {
            let object = Object { class, owner };
            held.of(stamp.actor).iter().any(|hold| hold.object == object && modes.contains(&hold.mode))
        };
        if !holds(Class::CgroupMutex, 0, &[Mode::Exclusive]) {
            violated(tally, stamp, "T4", called, || "began without cgroup_mutex".to_owned());
        }
        let global = Object { class: Class::CgroupThreadgroupRwsem, owner: 0 };
        let own = |process: &ProcessId| Object { class: Class::ThreadgroupRwsem, owner: process.0 };
        let excluding: SmallVec<[Object; 2]> = match shadow.layout().threadgroup {
            Threadgroup::Process => tx.processes.iter().map(own).collect(),
            Threadgroup::Global => SmallVec::from_iter([global]),
            Threadgroup::None => SmallVec::new(),
        };
        for object in
            excluding.into_iter().filter(|object| !holds(object.class, object.owner, &[Mode::Write]))
        {
            violated(tally, stamp, "T7", called, || {
                format!("began without {object} for writing; held: {}", locks(held.of(stamp.actor)))
            });
        }
        match called.1.terms().role {
            Role::Unpaired => tx.pass(tally, shadow, stamp, called),
            Role::Prepare => tx.prepare(tally, shadow, stamp, called),
            Role::Abort => tx.finish(tally, stamp, called, State::Aborted),
            Role::Commit => tx.finish(tally, stamp, called, State::Committed),
        }
    }

    fn leave(&mut self, stamp: Stamp, called: Called, passed: bool) {
        let Some((tx, tally)) = self.open(stamp.actor) else { return };
        let (controller, callback) = called;
        let terms = callback.terms();
        if terms.role == Role::Prepare
            && let Some(half) = tx.half(called)
        {
            half.state = if passed { State::Passed } else { State::Refused };
        }
        let own = |taken: &&Taken| taken.controller == controller && taken.callback == callback;
        if terms.may_sleep
            && let Some(taken) = tx.taken.iter().filter(own).find(|taken| taken.object.class.spins())
        {
            violated(tally, stamp, "T1", called, || {
                format!("may sleep, and returned while it held the spinlock {}", taken.object)
            });
        }
    }

    fn end(&mut self, stamp: Stamp) {
        let Some((tx, tally)) = self.open(stamp.actor) else { return };
        for half in tx.halves.iter().filter(|half| half.state == State::Passed) {
            violated(tally, stamp, "T2", (half.controller, half.callback), || {
                "passed, and got neither its abort nor its commit before the transaction ended".to_owned()
            });
        }
        for taken in &tx.taken {
            violated(tally, stamp, "locks", (taken.controller, taken.callback), || {
                let lock = lock(taken.object, taken.mode);
                format!("took {lock}, which is still held at the end of the transaction")
            });
        }
        tx.dest = None;
        tx.taken.clear();
    }
}

impl Transaction {
    /// Returns the half of a callback.
    fn half(&mut self, (controller, callback): Called) -> Option<&mut Half> {
        let may_sleep = callback.terms().may_sleep;
        let same =
            |half: &&mut Half| half.controller == controller && half.callback.terms().may_sleep == may_sleep;
        self.halves.iter_mut().find(same)
    }

    fn prepare(&mut self, tally: &mut Tally, shadow: &Shadow, stamp: Stamp, called: Called) {
        let (controller, callback) = called;
        let terms = callback.terms();
        let sleeps = |half: &&Half| half.callback.terms().may_sleep;
        let other = if terms.may_sleep {
            self.halves.iter().find(|half| !sleeps(half))
        } else {
            self.halves.iter().find(|half| sleeps(half) && half.state != State::Passed)
        };
        if let Some(other) = other {
            violated(tally, stamp, "T1", called, || {
                let (other, state) = (name((other.controller, other.callback)), other.state.words());
                let rule = "a nosleep half prepares when every sleep half has passed";
                format!("began where {other} {state}: {rule}")
            });
        }
        let before = self.halves.iter().rfind(|half| sleeps(half) == terms.may_sleep);
        let before = before.map(|half| (half.controller, half.callback));
        self.in_order(tally, shadow, stamp, (before, called));
        if self.half(called).is_some() {
            violated(tally, stamp, "T2", called, || "prepared twice".to_owned());
        } else {
            self.halves.push(Half { controller, callback, state: State::Preparing });
        }
    }

    /// A callback without a half.
    fn pass(&mut self, tally: &mut Tally, shadow: &Shadow, stamp: Stamp, called: Called) {
        let before = self.unpaired.replace(called).filter(|(_, callback)| *callback == called.1);
        self.in_order(tally, shadow, stamp, (before, called));
    }

    /// Checks that `called` is behind the callback before it in the hierarchy's order.
    fn in_order(
        &self,
        tally: &mut Tally,
        shadow: &Shadow,
        stamp: Stamp,
        (before, called): (Option<Called>, Called),
    ) {
        let position = |controller| {
            let hierarchy = shadow.layout().cgroups[self.dest?.index()].hierarchy;
            let mounted = &shadow.layout().hierarchies[hierarchy.index()];
            mounted.iter().position(|known| *known == controller)
        };
        if let Some(before) = before
            && let (Some(first), Some(second)) = (position(before.0), position(called.0))
            && first > second
        {
            violated(tally, stamp, "T3", called, || {
                format!("began after {}: they run in the hierarchy's order", name(before))
            });
        }
    }

    fn finish(&mut self, tally: &mut Tally, stamp: Stamp, called: Called, into: State) {
        let order = called.1.terms().order;
        let mut passed = self.halves.iter().filter(|half| half.state == State::Passed);
        let next = if order == Order::Reverse { passed.next_back() } else { passed.next() }.copied();
        let other = if into == State::Aborted { State::Committed } else { State::Aborted };
        let mixed = self.halves.iter().find(|half| half.state == other).copied();
        let Some(half) = self.half(called) else {
            return violated(tally, stamp, "T2", called, || "began, and its half never prepared".to_owned());
        };
        let state = half.state;
        if state != State::Passed {
            let what = || format!("began, and its half {}", state.words());
            return violated(tally, stamp, "T2", called, what);
        }
        half.state = into;
        if let Some(mixed) = mixed {
            violated(tally, stamp, "T2", called, || {
                format!("began, and the half of {} {}", mixed.controller, mixed.state.words())
            });
        }
        let own = half.callback;
        if let Some(next) = next
            && (next.controller, next.callback) != (called.0, own)
        {
            violated(tally, stamp, "T3", called, || {
                let (when, what) = match order {
                    Order::Reverse => ("later", "in reverse order"),
                    Order::AsMounted => ("earlier", "in the order of the prepares"),
                };
                let next = name((next.controller, next.callback));
                format!("began before that of {next}, which prepared {when}: they run {what}")
            });
        }
    }
}

impl State {
    fn words(self) -> &'static str {
        match self {
            Self::Preparing => "is preparing",
            Self::Passed => "had passed",
            Self::Refused => "had refused",
            Self::Aborted => "had aborted",
            Self::Committed => "had committed",
        }
    }
}

fn name((controller, callback): Called) -> String {
    format!("{controller}.{}", callback.name())
}

fn violated(tally: &mut Tally, stamp: Stamp, rule: &str, called: Called, words: impl FnOnce() -> String) {
    tally.violated(|| format!("at {} ns {rule}: {} {}", stamp.at_ns, name(called), words()));
}
