//! The engines underneath the model: one implementation of [`model::seam::Current`] each.
//!
//! | module | what it does |
//! |---|---|
//! | [`signals`] | SIGINT, SIGTERM and SIGHUP, which set the flag that every engine looks at |
//! | [`sim`] | virtual time on modelled CPUs, and actors run step by step under a policy |
//! | [`threads`] | OS threads on the clock of the machine |
//! | `interrupt` | a signal asked to stop: the flag that both look at |
//! | [`pool`] | independent items on several threads |
mod interrupt;
pub mod pool;
pub mod signals;
pub mod sim;
pub mod threads;

pub use interrupt::Interrupt;
