//! One cell of an experiment: build a world, run workload and movers on the simulator, drain, check, record.
//!
//! [`scenario`] reads what is to be run, [`plan`] turns it into cells, [`cell`] runs one.
mod admin;
pub mod built_in;
pub mod catalogue;
pub mod cell;
pub mod error;
pub(crate) mod fields;
pub mod judge;
mod mover;
pub mod pacing;
pub mod plan;
pub mod positions;
pub mod random;
pub mod scenario;
pub mod selftest;
pub mod watch;
mod worker;

pub use cell::run_cell;
pub use error::ScenarioError;
pub use plan::{CellPlan, Overrides};
pub use scenario::Scenario;
