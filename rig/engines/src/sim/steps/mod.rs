//! Policies that know no time, only order: [`Steps`] does what all of them have in common, and a [`Strategy`] says whose
//! step comes next.
//!
//! A step runs from one access up to the next. What an actor does before its first access, and once a lock has been
//! handed to it, touches nothing and is no step: it is run at once, and happens after whoever woke it. So a schedule is
//! the list of actors whose steps were taken, and means the same under every strategy: what one finds, [`Replay`]
//! repeats.
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

/// What a step touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The object.
    pub object: Object,
    /// What is done with it.
    pub access: Access,
}

impl Touch {
    /// Whether the order of the two matters: they touch one object, and one of them does more than read a Word.
    #[must_use]
    pub fn depends(self, other: Self) -> bool {
        self.object == other.object && !(self.reads() && other.reads())
    }

    /// Whether it only reads a Word.
    #[must_use]
    pub fn reads(self) -> bool {
        self.access == Access::Load
    }
}

/// A step that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// By whom.
    pub actor: ActorId,
    /// What it touched first.
    pub touch: Touch,
}

/// Says whose step comes next, schedule after schedule.
pub trait Strategy {
    /// One of `ready`, which is not empty; `None` gives the schedule up.
    fn choose(&mut self, ready: &Ready) -> Option<ActorId>;
    /// The step that was chosen last has woken or started `who`; before the first step, it was there from the start.
    fn woken(&mut self, _who: ActorId) {}
    /// The schedule is over. Goes on to the next; `false` when that was the last.
    fn advance(&mut self) -> bool;
}

/// When a schedule is given up.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// After how many steps.
    pub steps: usize,
    /// When somebody says so. Looked at before every step.
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
    /// From 0 up to below `end`.
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

/// Why a schedule was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenUp {
    /// The strategy has no use for it: every way on was seen before, or what was to be repeated cannot be.
    Cut,
    /// It took more steps than it may.
    TooLong,
    /// Somebody said stop.
    Stopped,
}

/// The policy.
pub struct Steps {
    strategy: Box<dyn Strategy>,
    bounds: Bounds,
    ready: Ready,
    /// Who goes on at once.
    at_once: VecDeque<ActorId>,
    /// Who was chosen and has not gone on yet.
    chosen: Option<ActorId>,
    taken: Vec<Step>,
    wakes: Vec<Woke>,
    given_up: Option<GivenUp>,
    total: u64,
    decisions: Decisions,
}

impl Steps {
    /// At the start of the strategy's first schedule.
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

    /// The steps of the schedule so far.
    #[must_use]
    pub fn taken(&self) -> &[Step] {
        &self.taken
    }

    /// Who was woken or started by which of them.
    #[must_use]
    pub fn wakes(&self) -> &[Woke] {
        &self.wakes
    }

    /// Steps of all schedules so far.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total + self.taken.len() as u64
    }

    /// Why the schedule was given up, if it was.
    #[must_use]
    pub fn given_up(&self) -> Option<GivenUp> {
        self.given_up
    }

    /// Goes on to the next schedule; `false` when that was the last.
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

    /// Lets the strategy choose. Everybody who can run is about to touch something.
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
    /// Steps taken: the only clock there is.
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
        // Nobody else has to be heard before the choice, so it can be made in place, which saves two switches of stacks
        // when it falls on the same actor.
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
            return Next::Nobody;
        }
        self.choose().map_or(Next::Abandon, Next::Run)
    }
}
