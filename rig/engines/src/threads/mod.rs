//! The engine on OS threads: every actor a thread of its own, the machine's clock, real contention.
//!
//! [`Threads`] starts actors and waits for their end; [`current::ThreadCurrent`] is what they see. An access is nothing
//! here: the machine decides who runs. Work that touches nothing shared burns as many ns as the table of costs says.
//! There is no order of all events, so every actor tells its own to a listener of its own, on its own thread; what needs
//! the whole world is looked at while everybody rests (`quiescence`). Whoever can never go on is found from outside
//! (`watchdog`); then every actor is unwound, guards dropped on the way do nothing, and the run ends in an orderly way.
//!
//! A slot is what others see of an actor. Slots are used again, and so is the listener in them.
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

/// Stack of an actor's thread: paths and protocols are shallow, and there may be thousands.
const STACK_BYTES: usize = 512 * 1024;
/// How long the watchdog waits between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// How long everybody may take to come to rest. An exec waits for threads that may be at rest already; then it is tried
/// again later.
const PATIENCE: Duration = Duration::from_millis(20);

/// What a run needs to know.
pub struct Setting<L> {
    /// What work costs, in ns.
    pub costs: Costs,
    /// What is to go wrong.
    pub injector: Injector,
    /// When the run is given up, in ns.
    pub give_up_ns: u64,
    /// How often everybody is asked to rest, in ns; 0 for never.
    pub rest_every_ns: u64,
    /// Whether pages are real: touching them faults memory in, instead of burning what a page costs.
    pub real_pages: bool,
    /// Makes the listener of a slot.
    pub listener: Box<dyn Fn() -> L + Send + Sync>,
}

/// The system refused what a run needs.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// A thread for an actor.
    #[error(
        "the system has no thread for another actor: {0}; use fewer processes and threads, or raise `ulimit -u`"
    )]
    Thread(std::io::Error),
    /// Memory for real pages.
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

/// What a run has left.
pub struct Finished<L> {
    /// How it ended.
    pub end: End,
    /// Reports whether it was given up for an interrupt.
    pub is_interrupted: bool,
    /// When, in ns.
    pub now_ns: u64,
    /// The injector, with its log.
    pub injector: Injector,
    /// Every slot's listener.
    pub listeners: Vec<(ActorId, L)>,
    /// What happened how often.
    pub counts: Counts,
}

/// What happened how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Actors that ever ran: OS threads.
    pub actors: u64,
    /// Waits of one actor for another.
    pub waits: u64,
    /// Moments at which everybody was at rest.
    pub rests: u64,
    /// Times when they did not come to rest soon enough.
    pub missed_rests: u64,
}

/// Why a run cannot go on.
enum Trouble {
    /// A panic of an actor: a bug.
    Panic(Box<dyn Any + Send>),
    /// The system refused something.
    Refused(Refused),
}

/// Payload with which actors of an abandoned run are unwound.
struct Abandoned;

/// What others see of an actor. On cache lines of its own.
struct Slot<L> {
    token: Parker,
    /// What its actor waits for.
    waits_on: Mutex<Option<Object>>,
    /// How often its actor has waited.
    waits: AtomicU64,
    /// Away while its actor runs, on cache lines of its own.
    listener: Mutex<Option<Box<CachePadded<L>>>>,
}

struct Shared<L> {
    clock: Clock,
    costs: Costs,
    injector: Mutex<Injector>,
    /// Sites that a rule names; the others cannot fail, and nobody asks.
    sites: BTreeSet<Site>,
    listener: Box<dyn Fn() -> L + Send + Sync>,
    slots: boxcar::Vec<CachePadded<Slot<L>>>,
    free: Mutex<Vec<ActorId>>,
    rest: Quiescence,
    /// Absent where pages are a cost only.
    pages: Option<Pages>,
    /// 1 once the run is abandoned; sleepers wait for that too.
    abandoned: AtomicU32,
    trouble: Mutex<Option<Trouble>>,
    epochs: Collector,
    actors: AtomicU64,
}

impl<L: Observer + Send + 'static> Threads<L> {
    /// A run without actors.
    #[must_use]
    pub fn new(setting: Setting<L>) -> Self {
        Self { setting, bodies: Vec::new(), interrupt: Interrupt::never() }
    }

    /// Gives the run up when `interrupt` comes as well.
    #[must_use]
    pub fn until(self, interrupt: Interrupt) -> Self {
        Self { interrupt, ..self }
    }

    /// Adds an actor; it starts when the run does.
    pub fn spawn<F: FnOnce(&ThreadCurrent<L>) + Send + 'static>(&mut self, body: F) {
        self.bodies.push(Box::new(body));
    }

    /// Runs until every actor has ended, nobody can go on, or it is given up. Whenever everybody is at rest `at_rest` may
    /// look around; the clock stands still meanwhile.
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

    /// A slot for a new actor, used before if there is one.
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
        // Relaxed: a count, read when everybody has ended, which the lock of `Quiescence` orders.
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

    /// The life of an actor, on its own thread.
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

    /// The run cannot go on; the first reason counts.
    fn give_up(&self, trouble: Trouble) {
        self.trouble.lock().get_or_insert(trouble);
        self.abandon();
    }

    /// Lets every actor unwind as soon as it does anything.
    fn abandon(&self) {
        // SeqCst, with the loads in `ThreadCurrent`: nobody who is woken below misses it.
        self.abandoned.store(1, Ordering::SeqCst);
        let _ = futex::wake(&self.abandoned, futex::Flags::PRIVATE, u32::MAX >> 1);
        for (_, slot) in &self.slots {
            slot.token.leave();
        }
    }
}
