//! Gates: what a file demands of the figures of a run, exactly, and what they are.
//!
//! Only what repeats is judged: figures of `sim`, and counts on every engine. A gate judges every protocol at every point
//! that it selects apart, over all seeds as [`crate::aggregate`] merges them; its verdict is the worst of these places.
//!
//! | module | what it does |
//! |---|---|
//! | [`file`] | what may stand in the file, and every error about it |
//! | [`metric`] | which figures there are, and how each is taken |
//! | [`judge`] | a run against gates, and gates against themselves |
//! | [`ladder`] | the outcome: text, and exit code |
//! | [`forms`] | the outcome for CI: Markdown, JUnit XML, annotations |
pub mod file;
pub mod forms;
pub mod judge;
pub mod ladder;
pub mod metric;

pub use file::{GateError, Gates};
pub use judge::{Baseline, evaluate, self_test};
pub use ladder::Ladder;
