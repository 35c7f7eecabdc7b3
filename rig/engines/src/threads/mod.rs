//! The engine on OS threads: every actor is a thread, time is the machine's clock, and contention is real.
//!
//! [`Threads`] starts actors and waits for their end. [`current::ThreadCurrent`] is the interface that actors see. An
//! access does nothing here: the machine decides which thread runs. Work that touches nothing shared burns as many ns
//! as the table of costs says. There is no order of all events, so every actor sends its own to a listener of its
//! own, on its own thread. Checks that need the whole world run while all actors are at rest (`quiescence`). Actors
//! that can never go on are found from outside (`watchdog`); then every actor is unwound, guards dropped on the way
//! do nothing, and the run ends in an orderly way.
//!
//! A slot is the part of an actor that other actors see. Slots are reused, and so is the listener in them.
mod clock;
pub mod current;
pub mod overhead;
pub mod pages;
mod parker;
mod quiescence;
pub mod trials;
mod watchdog;

use crate::interrupt::Interrupt;
use clock::Clock;
use crossbeam::epoch::Collector;
use crossbeam::utils::CachePadded;
use current::ThreadCurrent;
use faults::{FaultPlan, Injector, Site};
use model::seam::{ActorId, Costs, End, Object, Observer};
use pages::Pages;
use parker::Parker;
use parking_lot::Mutex;
use quiescence::Quiescence;
use rustix::thread::futex;
use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// The stack of an actor's thread: paths and protocols are shallow, and there may be thousands of threads.
const STACK_BYTES: usize = 512 * 1024;
/// The time for which the watchdog waits between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// The time within which all actors must come to rest. An exec may wait for threads that are already at rest; then
/// the rest is tried again later.
const PATIENCE: Duration = Duration::from_millis(20);

/// The settings of a run.
pub struct Setting<L> {
    /// The cost of each kind of work, in ns.
    pub costs: Costs,
    /// The faults to inject.
    pub injector: Injector,
    /// The time at which the run is given up, in ns.
    pub give_up_ns: u64,
    /// The time between two requests to rest, in ns; 0 for never.
    pub rest_every_ns: u64,
    /// Reports whether pages are real: touching one faults memory in, instead of burning the cost of a page.
    pub real_pages: bool,
    /// Makes the listener of a slot.
    pub listener: Box<dyn Fn() -> L + Send + Sync>,
}

/// A refusal by the system of something that a run needs.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The system refused a thread for an actor.
    #[error(
        "the system has no thread for another actor: {0}; use fewer processes and threads, or raise `ulimit -u`"
    )]
    Thread(std::io::Error),
    /// The system refused memory for real pages.
    #[error("the system has no memory for real pages: {0}; use fewer processes, or leave out --real-pages")]
    Memory(std::io::Error),
}

/// A run that has not begun: actors can be added.
pub struct Threads<L> {
    setting: Setting<L>,
    bodies: Vec<Body<L>>,
    interrupt: Interrupt,
}

type Body<L> = Box<dyn FnOnce(&ThreadCurrent<L>) + Send>;

/// The outcome of a run.
pub struct Finished<L> {
    /// The way in which it ended.
    pub end: End,
    /// Reports whether it was given up for an interrupt.
    pub is_interrupted: bool,
    /// The time at which it ended, in ns.
    pub now_ns: u64,
    /// The injector, with its log.
    pub injector: Injector,
    /// Every slot's listener.
    pub listeners: Vec<(ActorId, L)>,
    /// Counts of the run.
    pub counts: Counts,
}

/// Counts of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The number of actors that ran, each an OS thread.
    pub actors: u64,
    /// Waits of one actor for another.
    pub waits: u64,
    /// Moments at which all actors were at rest.
    pub rests: u64,
    /// Attempts in which not all actors came to rest in time.
    pub missed_rests: u64,
}

/// The reason for which a run cannot go on.
enum Trouble {
    /// A panic of an actor: a bug.
    Panic(Box<dyn Any + Send>),
    /// The system refused something.
    Refused(Refused),
}

/// Payload with which actors of an abandoned run are unwound.
struct Abandoned;

/// The part of an actor that other actors see. It has cache lines of its own.
struct Slot<L> {
    token: Parker,
    /// The object for which its actor waits.
    waits_on: Mutex<Option<Object>>,
    /// The number of waits of its actor.
    waits: AtomicU64,
    /// The listener, taken out while its actor runs. It has cache lines of its own.
    listener: Mutex<Option<Box<CachePadded<L>>>>,
}

struct Shared<L> {
    clock: Clock,
    costs: Costs,
    injector: Mutex<Injector>,
    /// Sites that a rule names. No other site can fail, so hits of others are not looked up.
    sites: BTreeSet<Site>,
    listener: Box<dyn Fn() -> L + Send + Sync>,
    slots: boxcar::Vec<CachePadded<Slot<L>>>,
    free: Mutex<Vec<ActorId>>,
    rest: Quiescence,
    /// The real pages; `None` where pages are only a cost.
    pages: Option<Pages>,
    /// 1 once the run is abandoned. Sleeping actors wait on it too.
    abandoned: AtomicU32,
    trouble: Mutex<Option<Trouble>>,
    epochs: Collector,
    actors: AtomicU64,
}

impl<L: Observer + Send + 'static> Threads<L> {
    /// Returns a run without actors.
    #[must_use]
    pub fn new(setting: Setting<L>) -> Self {
        Self { setting, bodies: Vec::new(), interrupt: Interrupt::never() }
    }

    /// Also gives the run up when `interrupt` is set.
    #[must_use]
    pub fn until(self, interrupt: Interrupt) -> Self {
        Self { interrupt, ..self }
    }

    /// Adds an actor; it starts when the run does.
    pub fn spawn<F: FnOnce(&ThreadCurrent<L>) + Send + 'static>(&mut self, body: F) {
        self.bodies.push(Box::new(body));
    }

    /// Runs until every actor has ended, no actor can go on, or the run is given up. `at_rest` may look at the world
    /// whenever all actors are at rest; the clock is stopped during the call.
    ///
    /// # Errors
    /// When the system refuses a thread or memory.
    ///
    /// # Panics
    /// Passes on the panic of an actor.
    pub fn run(self, at_rest: impl FnMut(u64)) -> Result<Finished<L>, Refused> {
        let (give_up_ns, rest_every_ns) = (self.setting.give_up_ns, self.setting.rest_every_ns);
        let shared = Arc::new(Shared::new(self.setting));
        for body in self.bodies {
            shared.spawn(body);
        }
        let watched = watchdog::watch(&shared, (give_up_ns, &self.interrupt), rest_every_ns, at_rest);
        let watchdog::Watched { end, counts, is_interrupted } = watched;
        match shared.trouble.lock().take() {
            Some(Trouble::Panic(payload)) => resume_unwind(payload),
            Some(Trouble::Refused(refused)) => return Err(refused),
            None => {}
        }
        let taken = |(at, slot): (usize, &CachePadded<Slot<L>>)| {
            let listener = slot.listener.lock().take()?;
            Some((ActorId(at as u32), listener.into_inner()))
        };
        let listeners: Vec<_> = shared.slots.iter().filter_map(taken).collect();
        let waits = shared.slots.iter().map(|(_, slot)| slot.waits.load(Ordering::Relaxed)).sum();
        let actors = shared.actors.load(Ordering::Relaxed);
        let injector =
            std::mem::replace(&mut *shared.injector.lock(), Injector::new(FaultPlan::default(), 0));
        let now_ns = shared.clock.now();
        let counts = Counts { actors, waits, ..counts };
        Ok(Finished { end, is_interrupted, now_ns, injector, listeners, counts })
    }
}

impl<L: Observer + Send + 'static> Shared<L> {
    fn new(setting: Setting<L>) -> Self {
        let Setting { costs, injector, listener, real_pages, .. } = setting;
        Self {
            clock: Clock::new(),
            costs,
            sites: injector.plan().rules.iter().map(|rule| rule.site).collect(),
            injector: Mutex::new(injector),
            listener,
            slots: boxcar::Vec::new(),
            free: Mutex::default(),
            rest: Quiescence::default(),
            pages: real_pages.then(Pages::default),
            abandoned: AtomicU32::new(0),
            trouble: Mutex::default(),
            epochs: Collector::new(),
            actors: AtomicU64::new(0),
        }
    }

    /// Returns a slot for a new actor: a used one if there is one.
    fn slot(&self) -> ActorId {
        if let Some(id) = self.free.lock().pop() {
            self.slots[id.index()].token.forget();
            return id;
        }
        let slot = Slot {
            token: Parker::default(),
            waits_on: Mutex::default(),
            waits: AtomicU64::new(0),
            listener: Mutex::new(Some(Box::new(CachePadded::new((self.listener)())))),
        };
        ActorId(self.slots.push(CachePadded::new(slot)) as u32)
    }

    fn spawn<F: FnOnce(&ThreadCurrent<L>) + Send + 'static>(self: &Arc<Self>, body: F) -> ActorId {
        let id = self.slot();
        // Relaxed: a count, read when all actors have ended, which the lock of `Quiescence` orders.
        self.actors.fetch_add(1, Ordering::Relaxed);
        self.rest.born();
        let shared = Arc::clone(self);
        let thread = thread::Builder::new().name(id.to_string()).stack_size(STACK_BYTES);
        if let Err(error) = thread.spawn(move || shared.live(id, body)) {
            self.rest.died();
            self.give_up(Trouble::Refused(Refused::Thread(error)));
        }
        id
    }

    /// Runs an actor from its start to its end, on its own thread.
    fn live<F: FnOnce(&ThreadCurrent<L>)>(self: Arc<Self>, id: ActorId, body: F) {
        let listener = self.slots[id.index()].listener.lock().take();
        if let Some(listener) = listener {
            let cur = ThreadCurrent::new(Arc::clone(&self), id, listener);
            let ended = catch_unwind(AssertUnwindSafe(|| body(&cur)));
            *self.slots[id.index()].listener.lock() = Some(cur.into_listener());
            match ended {
                Err(payload) if !payload.is::<Abandoned>() => self.give_up(Trouble::Panic(payload)),
                Ok(()) | Err(_) => {}
            }
        }
        self.free.lock().push(id);
        self.rest.died();
    }

    /// Notes that the run cannot go on. The first reason counts.
    fn give_up(&self, trouble: Trouble) {
        self.trouble.lock().get_or_insert(trouble);
        self.abandon();
    }

    /// Makes every actor unwind at its next operation.
    fn abandon(&self) {
        // SeqCst, with the loads in `ThreadCurrent`: no actor that is woken below misses it.
        self.abandoned.store(1, Ordering::SeqCst);
        let _ = futex::wake(&self.abandoned, futex::Flags::PRIVATE, u32::MAX >> 1);
        for (_, slot) in &self.slots {
            slot.token.leave();
        }
    }
}
