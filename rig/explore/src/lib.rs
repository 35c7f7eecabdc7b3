//! The explorer: litmus tests, run under every schedule or many of them, by the very code that is measured elsewhere.
//!
//! [`litmus`] reads a test, [`program`] lets its actors act, [`state`] says in which state a schedule has ended and what
//! was violated on the way, [`mod@search`] runs schedules and adds up what is [`found`], [`judge`] compares that with what is expected,
//! and [`text`] and [`json`] write it down.
//! [`witness`] is a schedule that can be repeated, as a token or a file, [`replay`] repeats it and tells it step by step,
//! [`shrink`] looks for a shorter one.
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
