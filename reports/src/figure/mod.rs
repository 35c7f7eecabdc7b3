//! The figures of a run by name: the vocabulary in which runs are compared, gates are written and baselines are kept.
//!
//! Separate from [`crate::aggregate`], which adds up, because a name has to mean the same in a file of gates, in a
//! stored baseline and in the output of `compare`. A name is `attach.latency[moved] p99`: a metric, its detail in
//! brackets, and a statistic.
//!
//! | module | contents |
//! |---|---|
//! | [`metric`] | the list of figures, and how each is taken |
//! | [`key`] | the names of figures |
//! | [`baseline`] | the figures of a run as a file |
//! | [`diff`] | changes from one baseline to the next |
//! | [`pairs`] | a figure on two sides that were measured in turn |
pub mod baseline;
pub mod diff;
pub mod key;
pub mod metric;
pub mod pairs;

pub use baseline::{Baseline, BaselineError, PlaceFigures};
pub use key::Key;
pub use metric::{Measured, Metric, Statistic, Worse};
