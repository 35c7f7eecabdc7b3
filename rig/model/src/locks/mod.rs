//! Locks of the modelled kernel: spinlock, mutex, fair rwsem with an unfair read.
//!
//! - [`policy`] is a pure state machine that every engine uses.
//! - `state` adds a fast path for locks that have no waiters.
//! - `raw` connects both to `Current`. The engine decides how a thread waits.
//! - [`exclusive`] and [`rwsem`] own data that only their guards reach.
//! - [`held`] and [`stats`] are made from events, not inside the locks.
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
