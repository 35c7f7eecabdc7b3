//! Measuring: recorders fed by events, the environment, and the step from both to the schema of `run.json`.
//!
//! `calibrate` measures the costs of operations. Only this module and the crate for the real kernel name the schema of
//! `reports`. Nothing here judges.
pub mod calibrate;
pub mod cell;
pub mod concurrent;
pub mod env;
mod merge;
mod ops;
pub mod recorder;
pub mod timelines;

pub use recorder::Recorder;
pub use timelines::Timelines;
