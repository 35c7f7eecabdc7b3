//! A run in forms that other programs read, each a pure function of [`Run`].
//!
//! Separate from [`crate::table`] and [`crate::html`], which are for people at a terminal or a browser. Each form has a
//! file; parts that several need are in `names` and `figures`. Every form names the virtual clock where a run uses it.
//! No form has a figure that its samples do not support.
//!
//! | form | for |
//! |---|---|
//! | [`json()`] | anything: run.json itself |
//! | [`csv()`] | spreadsheets and data frames: a row per figure |
//! | [`hgrm()`], [`hlog()`] | the tools of HdrHistogram: percentiles of latencies; every distribution in full |
//! | [`markdown()`], [`annotations()`] | the page of a job on GitHub |
//! | [`junit()`] | CI servers: a case per invariant and point |
//! | [`chrome_trace()`] | viewers of traces: the attaches that the run keeps step by step |
//! | [`bmf()`], [`gab()`] | benchmark services: Bencher, and github-action-benchmark |
mod annotations;
mod bencher;
mod chrome;
mod csv;
mod figures;
mod github_action_benchmark;
mod hgrm;
mod hlog;
mod junit;
mod markdown;
mod names;

pub(crate) use self::annotations::errors;
pub use self::annotations::{MOST, annotations};
pub use self::bencher::bmf;
pub use self::chrome::chrome_trace;
pub use self::csv::csv;
pub use self::github_action_benchmark::gab;
pub use self::hgrm::hgrm;
pub use self::hlog::hlog;
pub use self::junit::junit;
pub(crate) use self::junit::xml;
pub(crate) use self::markdown::{escaped, row};
pub use self::markdown::{fitted, markdown};

use crate::aggregate::AggregateError;
use crate::hist::{Hist, HistError};
use crate::percentile::Samples;
use crate::schema::{Cell, Run};
use std::fmt::Display;

/// Error when a run cannot be written in a form.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// A histogram of the run cannot be read.
    #[error(transparent)]
    Histogram(#[from] AggregateError),
    /// The run has no data for the form.
    #[error("no {form}: {why}")]
    Nothing {
        /// Name of the form, such as `Chrome trace`.
        form: &'static str,
        /// Parts that the run lacks, and the kind of run that has them.
        why: &'static str,
    },
    /// The form itself could not be written.
    #[error("cannot write {form}: {message}")]
    Form {
        /// Name of the form: `CSV`, `JSON`, ...
        form: &'static str,
        /// Cause.
        message: String,
    },
}

impl OutputError {
    fn form(form: &'static str, message: &impl Display) -> Self {
        Self::Form { form, message: message.to_string() }
    }

    fn histogram(cell: usize, of: &Cell, series: &str, source: HistError) -> Self {
        let (protocol, seed, series) = (of.subject.to_string(), of.seed, series.to_owned());
        Self::Histogram(AggregateError { cell, protocol, seed, series, source })
    }
}

/// Returns the samples of one series of the cell at `index`.
fn samples(index: usize, cell: &Cell, series: &str, hist: &Hist) -> Result<Samples, OutputError> {
    Samples::of(hist).map_err(|error| OutputError::histogram(index, cell, series, error))
}

/// Returns the axes of `cell` in words, with the unit in each name; an axis that the cell does not have is left out.
fn axes(cell: &Cell) -> Vec<String> {
    let given = cell.point.given().map(|(axis, value)| (axis.key(), value));
    given.chain([("seed", cell.seed)]).map(|(name, value)| format!("{name}={value}")).collect()
}

/// Returns the run as in run.json, with the same bytes.
///
/// # Errors
/// When a value cannot be written as JSON.
pub fn json(run: &Run) -> Result<Vec<u8>, OutputError> {
    crate::layout::to_vec(run).map_err(|error| OutputError::form("JSON", &error))
}

/// Writes JSON with an entry a line and a newline at the end.
fn pretty(value: &impl serde::Serialize) -> Result<String, OutputError> {
    let mut text = serde_json::to_string_pretty(value).map_err(|error| OutputError::form("JSON", &error))?;
    text.push('\n');
    Ok(text)
}
