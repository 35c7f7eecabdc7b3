//! One cell of an experiment: build a world, run workload and movers, drain, check, record.
//!
//! [`plan`] turns a [`scenario`] into cells, [`cell`] runs one on the simulator, [`threads`] on OS threads.
mod admin;
pub mod agree;
mod cast;
pub mod cell;
mod mover;
mod pacing;
pub mod plan;
pub mod positions;
pub mod random;
pub mod selftest;
pub mod threads;
pub mod watch;
mod worker;

pub use cell::{run_cell, run_cell_until};
pub use plan::CellPlan;
