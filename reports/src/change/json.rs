//! Judged figures as JSON, for `compare --json` and `gate --json`.
//!
//! Separate from the text: here every value stands alone, with its unit, and nothing is rounded.
use super::{Change, Compared, Seen};
use serde::Serialize;

/// A judged figure.
#[derive(Debug, PartialEq, Serialize)]
pub struct JudgedFigure<'a> {
    /// Protocol and point, of both sides where they differ.
    place: &'a str,
    /// Name of the figure: `attach.latency[moved] p99`.
    figure: String,
    /// Unit of `before` and `after`: `ns` or `count`.
    unit: &'static str,
    /// `better`, `same`, `worse`, `cannot tell`, `differs`.
    judgement: &'static str,
    /// Reason of `cannot tell`, and what would help.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Value on the first side; absent where there is none, or where it is compared with a limit only.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<u64>,
    /// Value on the second side, or the only value.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<u64>,
    /// Estimate from pairs of runs: second side in units of the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    /// 95 % interval of `ratio`: its ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<(f64, f64)>,
    /// Pairs of runs behind `ratio`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pairs: Option<usize>,
}

impl<'a> From<&'a Compared> for JudgedFigure<'a> {
    fn from(of: &'a Compared) -> Self {
        let (before, after) = match of.seen {
            Seen::Alone(value) => (None, value),
            Seen::Both(before, after) => (before, after),
            Seen::Pairs(_) => (None, None),
        };
        let estimate = if let Seen::Pairs(estimate) = of.seen { estimate } else { None };
        let reason = if let Change::CannotTell(why) = &of.change { Some(why.as_str()) } else { None };
        Self {
            place: &of.place,
            figure: of.key.to_string(),
            unit: if of.key.is_time() { "ns" } else { "count" },
            judgement: of.change.word(),
            reason,
            before,
            after,
            ratio: estimate.map(|seen| seen.ratio),
            interval: estimate.and_then(|seen| seen.interval),
            pairs: estimate.map(|seen| seen.pairs),
        }
    }
}
