//! One cell of an experiment: build a world, run workload and movers, drain, check, record.
//!
//! [`scenario`] reads what is to be run, [`plan`] turns it into cells, [`cell`] runs one on the simulator, [`threads`] on OS
//! threads.
mod admin;
pub mod agree;
pub mod built_in;
mod cast;
pub mod catalogue;
pub mod cell;
pub mod error;
pub(crate) mod fields;
mod mover;
pub mod pacing;
pub mod plan;
pub mod positions;
pub mod random;
pub mod scenario;
pub mod selftest;
pub mod threads;
pub mod watch;
mod worker;

pub use cell::{run_cell, run_cell_until};
pub use error::ScenarioError;
pub use plan::{CellPlan, Overrides};
pub use scenario::Scenario;
