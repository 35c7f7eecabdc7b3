//! Comparison of two results: each figure is better, same, worse, or cannot be decided, with the reason.
//!
//! Separate from [`crate::gate`], which checks only what a file demands; this compares all figures. The judgement of a
//! figure is that of [`crate::change`]. Figures of `sim`, and findings of correctness on any engine, are compared
//! exactly. Machine time is compared in pairs measured in turn, or not at all.
//!
//! | module | contents |
//! |---|---|
//! | [`exact`] | two sets of figures |
//! | [`paired`] | runs made in turn, and the protocols of one run |
//! | [`text`] | the text that is printed |
//! | [`json`] | the same as JSON |
//! | [`history`] | the figures of many runs over time |
pub mod exact;
pub mod history;
pub mod json;
pub mod paired;
pub mod text;

use crate::change::{Change, Compared};
use crate::exit::Exit;
use crate::figure::{Baseline, Key};
use crate::labels;

/// Figures that are compared in pairs: enough for the body and the tail of what movers and workers see.
const ASKED: [&str; 4] = [
    "attach.latency[moved] p50",
    "attach.latency[moved] p99",
    "bystander.latency p50",
    "bystander.latency p99",
];

/// Two results, compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Names of both sides.
    pub names: (String, String),
    /// Scenario, engine and clock, in words.
    pub about: String,
    /// The figures, place by place.
    pub rows: Vec<Compared>,
    /// Cells missing on either side, in words; with any the comparison is inconclusive at best.
    pub missing: Vec<String>,
}

impl Comparison {
    fn of(names: (&str, &str), about: &Baseline, rows: Vec<Compared>, missing: Vec<String>) -> Self {
        let names = (names.0.to_owned(), names.1.to_owned());
        Self { names, about: self::about(about), rows, missing }
    }

    /// Returns the number of figures with the judgement of this word, see [`Change::word`].
    #[must_use]
    pub fn count(&self, word: &str) -> u64 {
        self.rows.iter().filter(|row| row.change.word() == word).count() as u64
    }

    /// Returns the exit code: violated when correctness regressed, slower when a time did, inconclusive when cells or
    /// places are missing on either side or no difference could be decided.
    #[must_use]
    pub fn exit_code(&self) -> Exit {
        let worse = self.rows.iter().filter(|row| row.change == Change::Worse);
        let worst =
            worse.map(|row| if row.key.metric.is_correctness() { Exit::Violated } else { Exit::Slower });
        let decided = self.rows.iter().any(|row| !matches!(row.change, Change::CannotTell(_)));
        let whole = if decided && self.missing.is_empty() { Exit::AsExpected } else { Exit::Inconclusive };
        whole.worst(worst)
    }
}

/// Returns a description such as `default on sim, times in virtual ns`.
#[must_use]
pub fn about(of: &Baseline) -> String {
    format!("{} on {}, {} time", of.scenario, labels::engine(of.engine), labels::clock(of.engine))
}

/// Returns [`ASKED`] as figures.
fn asked() -> impl Iterator<Item = Key> {
    ASKED.into_iter().filter_map(|name| name.parse().ok())
}
