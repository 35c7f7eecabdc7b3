//! The seam: [`Current`], the thread now running, as the kernel's `current`.
//!
//! Paths and protocols are written once against this trait, [`crate::locks`] and Words; what runs underneath — virtual
//! time, OS threads, a schedule explorer — is one implementation of it. A protocol never asks which. Dispatch is static.
pub mod costs;
pub mod event;
pub mod object;

pub use costs::{Costs, Work};
pub use event::{Event, Observer, Stamp};
pub use object::{Access, Class, Object, SharedCell};

use faults::{Fault, Site};
use std::fmt;

/// An actor: whoever runs, a modelled task or a mover. Slots are used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(pub u32);

impl ActorId {
    /// The id as an index.
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

/// How an actor waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wait {
    /// Burns its CPU; for spinlocks.
    Spin,
    /// Gives its CPU away; for everything else. Not allowed while a spinlock is held.
    Sleep,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Every actor has ended.
    Done,
    /// Nobody can run any more; who waits for what.
    Deadlock(Vec<(ActorId, Object)>),
    /// It came to no end and was given up.
    Abandoned,
}

/// The thread now running.
///
/// Every method may be called only from the actor that it describes.
pub trait Current {
    /// ns on the engine's clock since the start of the run.
    fn now(&self) -> u64;

    /// Who is running.
    fn actor(&self) -> ActorId;

    /// Spends time on work that touches nothing shared, `times` over.
    fn work(&self, work: Work, times: u64);

    /// The preemption point: the actor is about to touch `object`. A step runs from one access up to the next.
    fn access(&self, object: Object, access: Access);

    /// Asks the fault plan whether something is to go wrong at `site`.
    fn fault(&self, site: Site) -> Option<Fault>;

    /// Tells the checks, statistics and traces. Their only source.
    fn emit(&self, event: Event);

    /// Blocks until another actor wakes this one. A wake that came first is not lost.
    fn wait(&self, on: Object, how: Wait);

    /// Lets `actor` go on after its [`Current::wait`].
    fn wake(&self, actor: ActorId);

    /// Sleeps until the engine's clock reads `at_ns`.
    fn sleep_until(&self, at_ns: u64);

    /// Starts another actor, which runs `body`; returns its id.
    fn spawn<F: FnOnce(&Self) + Send + 'static>(&self, body: F) -> ActorId;

    /// A spinlock was taken: from here on the actor must not sleep. Nests.
    fn preempt_disable(&self);

    /// A spinlock was released.
    fn preempt_enable(&self);

    /// Runs an RCU read section: [`Current::synchronize_rcu`] waits for its end. Nobody sleeps in it. Where time is
    /// virtual the wait is the cost of a grace period, and nothing has to be done here.
    fn rcu_read<R>(&self, section: impl FnOnce() -> R) -> R {
        section()
    }

    /// Sleeps for a grace period of `grace_ns`, and until every read section that began before it has ended.
    fn synchronize_rcu(&self, grace_ns: u64) {
        self.sleep_until(self.now() + grace_ns);
    }

    /// Whether the run is being abandoned: guards dropped now do nothing.
    fn abandoned(&self) -> bool;
}
