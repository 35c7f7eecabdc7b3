//! The seam: [`Current`], the running thread, like the kernel's `current`.
//!
//! Paths and protocols are written once against this trait, [`crate::locks`] and [`SharedCell`]. Each engine implements
//! it: virtual time, OS threads, the schedule explorer. A protocol never asks which engine it runs on. Dispatch is
//! static.
pub mod admitted;
pub mod callback;
pub mod costs;
pub mod event;
pub mod object;

pub use admitted::Admitted;
pub use costs::{Costs, Work};
pub use event::{Event, Observer, Stamp};
pub use object::{Access, Class, Object, SharedCell};

use faults::{Fault, Site};
use std::fmt;

/// An actor: a modelled task, a mover, or any other thread of a run. Slots are used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(pub u32);

impl ActorId {
    /// Returns the id as an index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "actor {}", self.0)
    }
}

/// The way in which an actor waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// Keeps its CPU busy; for spinlocks.
    Spin,
    /// Gives up its CPU; for everything else. Not allowed while a spinlock is held.
    Sleep,
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Every actor has ended.
    Done,
    /// No actor can run any more. Lists each waiting actor with the object it waits for.
    Deadlock(Vec<(ActorId, Object)>),
    /// The run did not end by itself and was given up.
    Abandoned,
}

/// The running thread.
///
/// Every method may be called only from the actor that it describes.
pub trait Current {
    /// Returns the time on the engine's clock since the start of the run, in ns.
    fn now(&self) -> u64;

    /// Returns the running actor.
    fn actor(&self) -> ActorId;

    /// Spends the time of `times` units of work that touches nothing shared.
    fn work(&self, work: Work, times: u64);

    /// Marks a preemption point: the actor is about to touch `object`. A step runs from one access up to the next.
    fn access(&self, object: Object, access: Access);

    /// Returns the fault that the fault plan injects at `site`, if any.
    fn fault(&self, site: Site) -> Option<Fault>;

    /// Emits an event to checks, statistics and traces. They have no other input.
    fn emit(&self, event: Event);

    /// Blocks until another actor wakes this one. A wake that came earlier is not lost.
    fn wait(&self, on: Object, how: Wait);

    /// Wakes `actor` from its [`Current::wait`].
    fn wake(&self, actor: ActorId);

    /// Sleeps until the engine's clock reads `at_ns`.
    fn sleep_until(&self, at_ns: u64);

    /// Starts another actor, which runs `body`, and returns its id.
    fn spawn<F: FnOnce(&Self) + Send + 'static>(&self, body: F) -> ActorId;

    /// Notes that a spinlock was taken: from here on the actor must not sleep. Nests.
    fn preempt_disable(&self);

    /// Notes that a spinlock was released.
    fn preempt_enable(&self);

    /// Runs an RCU read section, whose end [`Current::synchronize_rcu`] waits for. The section must not sleep. In
    /// virtual time that wait is the cost of a grace period, so the default does nothing else.
    fn rcu_read<R>(&self, section: impl FnOnce() -> R) -> R {
        section()
    }

    /// Sleeps for a grace period of `grace_ns`, and until every read section that began before it has ended.
    fn synchronize_rcu(&self, grace_ns: u64) {
        self.sleep_until(self.now() + grace_ns);
    }

    /// Reports whether the run is being abandoned: guards dropped now do nothing.
    fn abandoned(&self) -> bool;
}
