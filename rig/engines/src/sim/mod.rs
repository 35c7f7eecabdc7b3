//! The simulator: every actor is a stackful coroutine on one OS thread, and a policy picks the actor that runs next.
//!
//! [`Sim`] owns the actors and runs them. [`current::SimCurrent`] is the interface that actors see. A [`Policy`]
//! decides only time and order ([`time::Time`] is virtual time on modelled CPUs). A run may be abandoned anywhere:
//! coroutines are unwound, guards dropped on the way do nothing, and the stacks go back to the pool.
mod bits;
mod coroutine;
pub mod current;
pub mod steps;
pub mod time;

use coroutine::{Coroutine, Stacks};
use current::SimCurrent;
use faults::{Fault, Injector, Site};
pub use model::seam::End;
use model::seam::{Access, ActorId, Event, Object, Observer, Wait, Work};
use smallvec::SmallVec;
use std::cell::{Cell, RefCell, RefMut};
use std::rc::Rc;

/// Decides which actor runs next, when, and what time it is.
pub trait Policy {
    /// Returns the time since the start of the run, in ns.
    fn now(&self) -> u64;
    /// Notes that `who` is about to touch `object`. `folded`: this access ends a spinlock hold that touched nothing
    /// else, and belongs to the same step. Returns whether `who` may go on at once.
    fn access(&mut self, who: ActorId, object: Object, access: Access, folded: bool) -> bool;
    /// Notes that `who` does `times` units of work. Returns whether it may go on at once.
    fn work(&mut self, who: ActorId, work: Work, times: u64) -> bool;
    /// Notes that `who` sleeps until `at_ns`. Returns whether it may go on at once.
    fn sleep_until(&mut self, who: ActorId, at_ns: u64) -> bool;
    /// Notes that `who` waits until another actor wakes it.
    fn block(&mut self, who: ActorId, how: Wait);
    /// Notes that `who` was woken.
    fn ready(&mut self, who: ActorId);
    /// Notes that `who` was spawned. Slots are given out in order and are reused.
    fn spawned(&mut self, who: ActorId);
    /// Notes that `who` has ended.
    fn ended(&mut self, who: ActorId);
    /// Notes that `who` now holds `depth` spinlocks.
    fn atomic(&mut self, _who: ActorId, _depth: u32) {}
    /// Chooses the actor that runs next.
    fn next(&mut self) -> Next;
    /// Reports whether [`Policy::looks_at`] is to be called for `event`. Most events are too frequent for that call.
    fn listens_to(_event: &Event) -> bool {
        false
    }
    /// Returns the objects that a check looks at when it takes `event`. The order of `who` and of the actors that
    /// change those objects therefore matters.
    fn looks_at(&mut self, _who: ActorId, _event: &Event) -> SmallVec<[Object; 4]> {
        SmallVec::new()
    }
    /// Reports whether the id of an actor that has ended is never reused, so that ids do not depend on the order of
    /// ends.
    fn keeps_ids(&self) -> bool {
        false
    }
}

/// Answer of [`Policy::next`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// This actor runs next.
    Run(ActorId),
    /// No actor can run.
    Idle,
    /// The run is to be given up.
    Abandon,
}

/// The state of an actor, as far as waking it is concerned.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    waiting: Option<Object>,
    /// A wake came before the wait.
    token: bool,
    /// Spinlocks held.
    depth: u32,
}

pub(crate) struct Core<P, O> {
    policy: RefCell<P>,
    observer: RefCell<O>,
    injector: RefCell<Box<Injector>>,
    /// The injectors by actor, where hits are counted for each.
    injectors: Option<RefCell<Vec<Injector>>>,
    states: RefCell<Vec<State>>,
    actors: RefCell<Vec<Option<Box<Coroutine>>>>,
    free: RefCell<Vec<ActorId>>,
    stacks: RefCell<Stacks>,
    abandoned: Cell<bool>,
    accesses: Cell<u64>,
    spawned: Cell<u64>,
}

/// A simulation: actors, a policy, an observer and a fault injector.
pub struct Sim<P, O> {
    core: Rc<Core<P, O>>,
}

/// The parts and counts of a finished simulation.
pub struct Finished<P, O> {
    /// The way in which it ended.
    pub end: End,
    /// The policy, with its clock and counts.
    pub policy: P,
    /// The observer.
    pub observer: O,
    /// The injector, with its log.
    pub injector: Box<Injector>,
    /// Accesses to shared objects.
    pub accesses: u64,
    /// Actors that ever ran.
    pub actors: u64,
    stacks: Stacks,
}

impl<P: Policy + 'static, O: Observer + 'static> Finished<P, O> {
    /// Returns a simulation without actors, with the same policy, observer, injector and stacks.
    #[must_use]
    pub fn again(self) -> Sim<P, O> {
        Sim::with(self.policy, self.observer, self.injector, self.stacks)
    }
}

impl<P: Policy + 'static, O: Observer + 'static> Sim<P, O> {
    /// Returns a simulation without actors.
    #[must_use]
    pub fn new(policy: P, observer: O, injector: Injector) -> Self {
        Self::with(policy, observer, Box::new(injector), Stacks::default())
    }

    fn with(policy: P, observer: O, injector: Box<Injector>, stacks: Stacks) -> Self {
        Self {
            core: Rc::new(Core {
                policy: RefCell::new(policy),
                observer: RefCell::new(observer),
                injector: RefCell::new(injector),
                injectors: None,
                states: RefCell::default(),
                actors: RefCell::default(),
                free: RefCell::default(),
                stacks: RefCell::new(stacks),
                abandoned: Cell::new(false),
                accesses: Cell::new(0),
                spawned: Cell::new(0),
            }),
        }
    }

    /// Counts the hits of fault sites separately for each actor: `nth=1` is the first hit of every actor.
    ///
    /// # Panics
    /// When there are actors already.
    #[must_use]
    pub fn counting_by_actor(mut self) -> Self {
        Rc::get_mut(&mut self.core).expect("no actor yet").injectors = Some(RefCell::default());
        self
    }

    /// Adds an actor; it first runs when the simulation does.
    pub fn spawn<F: FnOnce(&SimCurrent<P, O>) + 'static>(&mut self, body: F) -> ActorId {
        self.core.spawn(body)
    }

    /// Runs until every actor has ended, no actor can run, or the policy gives up.
    ///
    /// # Panics
    /// Passes on the panic of an actor.
    #[must_use]
    pub fn run(mut self) -> Finished<P, O> {
        let end = self.run_once();
        let Ok(core) = Rc::try_unwrap(self.core) else { unreachable!("every coroutine has been dropped") };
        Finished {
            end,
            policy: core.policy.into_inner(),
            observer: core.observer.into_inner(),
            injector: core.injector.into_inner(),
            accesses: core.accesses.get(),
            actors: core.spawned.get(),
            stacks: core.stacks.into_inner(),
        }
    }

    /// Runs like [`Sim::run`], but the simulation can be used again. It then has no actors, and everything else is as
    /// the run left it.
    ///
    /// # Panics
    /// Passes on the panic of an actor.
    pub fn run_once(&mut self) -> End {
        let core = &self.core;
        core.abandoned.set(false);
        let end = loop {
            let next = core.policy.borrow_mut().next();
            match next {
                Next::Run(who) => core.resume(who),
                Next::Idle => break core.verdict(),
                Next::Abandon => break End::Abandoned,
            }
        };
        core.abandon();
        end
    }

    /// Returns the policy.
    pub fn policy(&self) -> RefMut<'_, P> {
        self.core.policy.borrow_mut()
    }

    /// Returns the observer.
    pub fn observer(&self) -> RefMut<'_, O> {
        self.core.observer.borrow_mut()
    }

    /// Forgets the hits of single actors, and passes each of their injectors to `look`.
    pub fn take_injectors(&self, look: impl FnMut(Injector)) {
        if let Some(injectors) = &self.core.injectors {
            injectors.borrow_mut().drain(..).for_each(look);
        }
    }
}

impl<P: Policy + 'static, O: Observer + 'static> Core<P, O> {
    fn spawn<F: FnOnce(&SimCurrent<P, O>) + 'static>(self: &Rc<Self>, body: F) -> ActorId {
        let keeps_ids = self.policy.borrow().keeps_ids();
        let reused = if keeps_ids { None } else { self.free.borrow_mut().pop() };
        let id = reused.unwrap_or_else(|| ActorId(self.actors.borrow().len() as u32));
        let core = Rc::clone(self);
        let coroutine = Box::new(Coroutine::new(self.stacks.borrow_mut().take(), move |yielder| {
            body(&SimCurrent::new(core, id, yielder));
        }));
        match reused {
            Some(_) => {
                self.actors.borrow_mut()[id.index()] = Some(coroutine);
                self.states.borrow_mut()[id.index()] = State::default();
            }
            None => {
                self.actors.borrow_mut().push(Some(coroutine));
                self.states.borrow_mut().push(State::default());
            }
        }
        self.spawned.set(self.spawned.get() + 1);
        self.policy.borrow_mut().spawned(id);
        id
    }

    fn hit(&self, who: ActorId, site: Site, at_ns: u64) -> Option<Fault> {
        let Some(injectors) = &self.injectors else { return self.injector.borrow_mut().hit(site, at_ns) };
        let mut injectors = injectors.borrow_mut();
        if who.index() >= injectors.len() {
            injectors.resize(who.index() + 1, (**self.injector.borrow()).clone());
        }
        injectors[who.index()].hit(site, at_ns)
    }

    fn resume(&self, who: ActorId) {
        let Some(mut coroutine) = self.actors.borrow_mut()[who.index()].take() else { return };
        if coroutine.resume() {
            self.actors.borrow_mut()[who.index()] = Some(coroutine);
        } else {
            self.stacks.borrow_mut().give(coroutine.into_stack());
            self.free.borrow_mut().push(who);
            self.policy.borrow_mut().ended(who);
        }
    }

    fn verdict(&self) -> End {
        let states = self.states.borrow();
        let alive = |i: &usize| self.actors.borrow()[*i].is_some();
        let waiting: Vec<_> = (0..states.len())
            .filter(alive)
            .filter_map(|i| states[i].waiting.map(|object| (ActorId(i as u32), object)))
            .collect();
        let any_alive = self.actors.borrow().iter().any(Option::is_some);
        if any_alive { End::Deadlock(waiting) } else { End::Done }
    }

    fn abandon(&self) {
        self.abandoned.set(true);
        let actors = self.actors.borrow().len();
        for at in 0..actors {
            let left = self.actors.borrow_mut()[at].take();
            if let Some(coroutine) = left {
                self.stacks.borrow_mut().give(coroutine.unwind());
            }
        }
        self.actors.borrow_mut().clear();
        self.states.borrow_mut().clear();
        self.free.borrow_mut().clear();
    }
}
