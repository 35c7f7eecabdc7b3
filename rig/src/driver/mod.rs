//! One cell of an experiment: builds a world, runs workload and movers, drains, checks, records.
//!
//! [`plan`] turns a [`scenario`] into cells; [`cell`] runs one on the simulator, [`threads`] on OS threads.
mod admin;
pub mod cell;
mod interrupt;
mod mover;
pub mod observer;
mod pacing;
pub mod parity;
pub mod plan;
pub mod positions;
pub mod random;
pub mod selftest;
mod spawn;
pub mod threads;
mod worker;

pub use cell::{run_cell, run_cell_until};
pub use plan::CellPlan;
