//! Locks of the modelled kernel: spinlock, mutex, fair rwsem with an unfair read.
//!
//! A lock's policy is a pure state machine ([`policy`]) that every engine uses; `state` goes the short way past it while
//! nobody waits; `raw` joins both to `Current`; [`exclusive`] and [`rwsem`] own data that only their guards reach. How a
//! thread waits is the engine's business. Statistics ([`stats`]) are made from events, not inside the locks.
pub mod exclusive;
pub mod held;
pub mod policy;
mod raw;
pub mod rwsem;
mod state;
pub mod stats;
mod sync;

pub use exclusive::{Guard, Lock, Mutex, SpinLock};
pub use rwsem::{ReadGuard, RwSem, WriteGuard};
