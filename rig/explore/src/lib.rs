//! The explorer: runs litmus tests under every schedule, or under many, using the same code that is measured elsewhere.
//!
//! [`litmus`] reads a test, and [`program`] runs its actors. [`state`] names the state in which a schedule ends and the
//! invariants violated on the way. [`mod@search`] runs schedules and collects the results in [`found`]. [`judge`]
//! compares them with the expectations, and [`text`] and [`json`] write them.
//!
//! [`witness`] is a schedule that can be repeated, as a token or a file. [`replay`] repeats it and prints it step by
//! step, and [`shrink`] looks for a shorter one.
#![forbid(unsafe_code)]
pub mod built_in;
mod chrome;
pub mod found;
pub mod json;
pub mod judge;
pub mod litmus;
pub mod names;
pub mod policy;
pub mod program;
pub mod replay;
pub mod search;
pub mod shrink;
pub mod state;
pub mod text;
pub mod transcript;
pub mod witness;

pub use found::Found;
pub use judge::{Judgement, Observation, TestVerdict};
pub use litmus::Litmus;
pub use policy::PolicyName;
pub use search::{Limits, search};
pub use state::EndState;
pub use witness::Witness;
