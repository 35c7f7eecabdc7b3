//! Comparison of two results: each figure is better, same, worse, or cannot be decided, with the reason.
//!
//! Separate from [`crate::gate`], which checks only what a file demands; this compares all figures. Figures of `sim`,
//! and findings of correctness on any engine, are compared exactly. Machine time is compared in pairs measured in turn,
//! or not at all.
//!
//! | module | contents |
//! |---|---|
//! | [`exact`] | two sets of figures |
//! | [`paired`] | machine time |
//! | [`text`] | the text that is printed |
//! | [`history`] | the figures of many runs over time |
pub mod exact;
pub mod history;
pub mod paired;
pub mod text;

use crate::exit::Exit;
use crate::figure::metric::{METRICS, Worse};
use crate::figure::{Baseline, Key, Statistic};
use crate::labels;
use crate::outcome::AttachOutcome;

/// Figures that are compared: enough for the body and the tail of what movers and workers see.
const ASKED: [(&str, &str); 4] = [
    ("attach.latency", "p50"),
    ("attach.latency", "p99"),
    ("bystander.latency", "p50"),
    ("bystander.latency", "p99"),
];

/// Meaning of the change of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// A change for the worse.
    Worse,
    /// Not enough data to decide.
    CannotTell,
    /// A change for the better.
    Better,
    /// Other work was done, which is neither better nor worse.
    Differs,
    /// No change.
    Same,
}

/// One figure on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedFigure {
    /// Protocol and point, of both sides where they differ.
    pub place: String,
    /// Name of the figure.
    pub key: Key,
    /// Value on either side; `None` where there is none, or where there are many.
    pub sides: (Option<u64>, Option<u64>),
    /// Meaning of the change.
    pub verdict: Change,
    /// Reason, where the figures do not already show it.
    pub why: String,
}

/// Two results, compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Names of both sides.
    pub names: (String, String),
    /// Scenario, engine and clock, in words.
    pub about: String,
    /// The figures, place by place.
    pub rows: Vec<ComparedFigure>,
    /// Notes that a reader needs in order to read some of the figures.
    pub notes: Vec<String>,
    /// Cells missing on either side, in words; with any the comparison is inconclusive at best.
    pub missing: Vec<String>,
}

impl Comparison {
    /// Returns the number of figures with this verdict.
    #[must_use]
    pub fn count(&self, verdict: Change) -> u64 {
        self.rows.iter().filter(|row| row.verdict == verdict).count() as u64
    }

    /// Returns the exit code: violated when correctness regressed, slower when a time did, inconclusive when cells or
    /// places are missing on either side or no difference could be decided.
    #[must_use]
    pub fn exit_code(&self) -> Exit {
        let worse = |wrong: bool| {
            self.rows
                .iter()
                .any(|row| row.verdict == Change::Worse && row.key.metric.is_correctness() == wrong)
        };
        let decided =
            self.missing.is_empty() && self.rows.iter().any(|row| row.verdict != Change::CannotTell);
        match (worse(true), worse(false), decided) {
            (true, _, _) => Exit::Violated,
            (_, true, _) => Exit::Slower,
            (_, _, false) => Exit::Inconclusive,
            _ => Exit::AsExpected,
        }
    }
}

/// Returns the meaning of a change of `key` from `a` to `b`, when both are exact.
fn meaning(key: &Key, a: u64, b: u64) -> Change {
    match (key.metric.worse(key.statistic, key.detail.as_deref()), a.cmp(&b)) {
        (_, std::cmp::Ordering::Equal) => Change::Same,
        (Worse::Neither, _) => Change::Differs,
        (Worse::More, std::cmp::Ordering::Less) | (Worse::Less, std::cmp::Ordering::Greater) => Change::Worse,
        _ => Change::Better,
    }
}

/// Returns a description such as `default on sim, times in virtual ns`.
#[must_use]
pub fn about(of: &Baseline) -> String {
    format!("{} on {}, {} time", of.scenario, labels::engine(of.engine), labels::clock(of.engine))
}

/// Returns [`ASKED`] as figures.
fn asked() -> impl Iterator<Item = Key> {
    ASKED.into_iter().filter_map(|(name, statistic)| {
        let (_, metric) = METRICS.iter().find(|(known, _)| *known == name)?;
        let detail = (name == "attach.latency").then(|| AttachOutcome::Moved.name().to_owned());
        Some(Key { metric: *metric, detail, statistic: Statistic::of(*metric, statistic)? })
    })
}
