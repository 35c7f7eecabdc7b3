//! Gates: the demands of a file on the figures of a run, and the figures that were found.
//!
//! A gate judges every protocol at every point that it selects separately, over all seeds as [`crate::aggregate`]
//! merges them. Its verdict is the worst of these places. The judgement of a figure is that of [`crate::change`]; a
//! gate adds its limits, its class and its waiver. Figures of `sim`, and counts on every engine, are compared exactly:
//! with the value in the file, with a baseline, or with another protocol or point of the same run. Machine time is
//! compared only in pairs that were measured in turn.
//!
//! | module | contents |
//! |---|---|
//! | [`mod@file`] | the form of the file, and every error about it |
//! | `places` | the places in a run at which a gate finds its figure, and what that is compared with |
//! | [`judge`] | the verdicts; gates against themselves |
//! | [`report`] | the outcome: text, and exit code |
//! | [`forms`], [`json`] | the outcome for CI: Markdown, JUnit XML, annotations; JSON |
pub mod file;
pub mod forms;
pub mod json;
pub mod judge;
mod places;
pub mod report;

pub use file::{GateError, Gates};
pub use judge::{evaluate, self_test};
pub use places::Earlier;
pub use report::GateReport;
