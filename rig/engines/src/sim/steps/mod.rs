//! Policies that know only order, not time. [`Steps`] does what all of them have in common, and a [`Strategy`]
//! chooses the actor of the next step.
//!
//! A step runs from one access up to the next. The part of an actor before its first access, and the part after a
//! lock has been handed to it, touches nothing and is not a step. It runs at once, and happens after the step that
//! woke the actor. So a schedule is the list of actors whose steps were taken, and means the same under every
//! strategy: [`Replay`] repeats what any of them finds.
mod clocks;
mod decisions;
pub mod depth_first;
pub mod exhaustive;
pub mod pct;
pub mod random;
mod ready;
pub mod replay;
mod trace;

pub use depth_first::DepthFirst;
pub use exhaustive::{Exhaustive, Tree};
pub use pct::Pct;
pub use random::Random;
pub use ready::Ready;
pub use replay::Replay;
pub use trace::{Woke, canonical, switches, trace};

use super::{Next, Policy};
use decisions::Decisions;
use model::seam::{Access, ActorId, Event, Object, Wait, Work};
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// An object that a step touches, and the kind of access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The object.
    pub object: Object,
    /// The kind of access.
    pub access: Access,
}

impl Touch {
    /// Reports whether the order of the two matters: they touch one object, and at least one of them does more than
    /// read a Word.
    #[must_use]
    pub fn depends(self, other: Self) -> bool {
        self.object == other.object && !(self.reads() && other.reads())
    }

    /// Reports whether it only reads a Word.
    #[must_use]
    pub fn reads(self) -> bool {
        self.access == Access::Load
    }
}

/// A step that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The actor that took it.
    pub actor: ActorId,
    /// The object that it touched first.
    pub touch: Touch,
}

/// Chooses the actor of each step, schedule after schedule.
pub trait Strategy {
    /// Returns one of `ready`, which is not empty, or `None` to give the schedule up.
    fn choose(&mut self, ready: &Ready) -> Option<ActorId>;
    /// Notes that the step chosen last has woken or started `who`. Before the first step, `who` exists from the
    /// start.
    fn woken(&mut self, _who: ActorId) {}
    /// Ends the schedule and goes on to the next. Returns `false` when that was the last.
    fn advance(&mut self) -> bool;
}

/// The limits at which a schedule is given up.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// The largest number of steps.
    pub steps: usize,
    /// A request to stop. It is looked at before every step.
    pub stop: Arc<AtomicBool>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { steps: 1_000_000, stop: Arc::default() }
    }
}

/// Numbers of schedules, each given to one worker.
#[derive(Debug)]
pub struct Numbers {
    next: AtomicU64,
    end: u64,
}

impl Numbers {
    /// Returns the numbers from 0 up to, but without, `end`.
    #[must_use]
    pub fn below(end: u64) -> Arc<Self> {
        Arc::new(Self { next: AtomicU64::new(0), end })
    }

    fn take(&self) -> Option<u64> {
        // Relaxed: the counter hands out numbers and orders nothing else.
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < self.end).then_some(number)
    }
}

/// The reason for which a schedule was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// The strategy has no use for the schedule: every continuation was explored before, or the schedule to be
    /// repeated cannot be.
    Cut,
    /// The schedule took more steps than allowed.
    TooLong,
    /// A stop was requested.
    Stopped,
}

/// The policy shared by all strategies.
pub struct Steps {
    strategy: Box<dyn Strategy>,
    bounds: Bounds,
    ready: Ready,
    /// Actors that go on at once.
    at_once: VecDeque<ActorId>,
    /// The actor that was chosen and has not gone on yet.
    chosen: Option<ActorId>,
    taken: Vec<Step>,
    wakes: Vec<Woke>,
    given_up: Option<GivenUp>,
    total: u64,
    decisions: Decisions,
}

impl Steps {
    /// Returns the policy at the start of the strategy's first schedule.
    #[must_use]
    pub fn new(strategy: Box<dyn Strategy>, bounds: Bounds) -> Self {
        Self {
            strategy,
            bounds,
            ready: Ready::default(),
            at_once: VecDeque::new(),
            chosen: None,
            taken: Vec::new(),
            wakes: Vec::new(),
            given_up: None,
            total: 0,
            decisions: Decisions::default(),
        }
    }

    /// Returns the steps of the schedule so far.
    #[must_use]
    pub fn taken(&self) -> &[Step] {
        &self.taken
    }

    /// Returns the wakes and starts of the schedule so far, each with its step.
    #[must_use]
    pub fn wakes(&self) -> &[Woke] {
        &self.wakes
    }

    /// Returns the number of steps of all schedules so far.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total + self.taken.len() as u64
    }

    /// Returns the reason for which the schedule was given up, if it was.
    #[must_use]
    pub fn given_up(&self) -> Option<GivenUp> {
        self.given_up
    }

    /// Goes on to the next schedule. Returns `false` when that was the last.
    pub fn advance(&mut self) -> bool {
        self.total += self.taken.len() as u64;
        self.ready.clear();
        self.at_once.clear();
        self.chosen = None;
        self.taken.clear();
        self.wakes.clear();
        self.given_up = None;
        self.decisions.clear();
        self.strategy.advance()
    }

    /// Lets the strategy choose. Every actor that can run is about to touch an object.
    fn choose(&mut self) -> Option<ActorId> {
        if self.bounds.stop.load(Ordering::Relaxed) {
            self.given_up = Some(GivenUp::Stopped);
        } else if self.taken.len() >= self.bounds.steps {
            self.given_up = Some(GivenUp::TooLong);
        } else {
            let chosen = self.strategy.choose(&self.ready);
            match chosen {
                Some(actor) => {
                    let touch = self.ready.take(actor);
                    self.taken.push(Step { actor, touch });
                }
                None => self.given_up = Some(GivenUp::Cut),
            }
            return chosen;
        }
        None
    }

    fn starts(&mut self, who: ActorId) {
        self.strategy.woken(who);
        if let Some(step) = self.taken.len().checked_sub(1) {
            self.wakes.push(Woke { step, who });
        }
        self.at_once.push_back(who);
    }
}

impl Policy for Steps {
    /// Returns the number of steps taken: the only clock there is.
    fn now(&self) -> u64 {
        self.taken.len() as u64
    }

    fn access(&mut self, who: ActorId, object: Object, access: Access, folded: bool) -> bool {
        if folded {
            return true;
        }
        self.ready.put(who, Touch { object, access });
        if !self.at_once.is_empty() {
            return false;
        }
        // No other actor has to reach its access before the choice, so the choice can be made in place. That saves
        // two switches of stacks when it falls on the same actor.
        self.chosen = self.choose();
        if self.chosen == Some(who) {
            self.chosen = None;
            return true;
        }
        false
    }

    fn work(&mut self, _: ActorId, _: Work, _: u64) -> bool {
        true
    }

    fn sleep_until(&mut self, _: ActorId, _: u64) -> bool {
        true
    }

    fn block(&mut self, _: ActorId, _: Wait) {}

    fn ready(&mut self, who: ActorId) {
        self.starts(who);
    }

    fn spawned(&mut self, who: ActorId) {
        self.starts(who);
    }

    fn ended(&mut self, _: ActorId) {}

    fn listens_to(event: &Event) -> bool {
        Decisions::listens_to(event)
    }

    fn looks_at(&mut self, who: ActorId, event: &Event) -> SmallVec<[Object; 4]> {
        self.decisions.objects(who, event, &self.taken)
    }

    fn keeps_ids(&self) -> bool {
        true
    }

    fn next(&mut self) -> Next {
        if let Some(who) = self.chosen.take().or_else(|| self.at_once.pop_front()) {
            return Next::Run(who);
        }
        if self.given_up.is_some() {
            return Next::Abandon;
        }
        if self.ready.is_empty() {
            return Next::Idle;
        }
        self.choose().map_or(Next::Abandon, Next::Run)
    }
}
