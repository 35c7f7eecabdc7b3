//! A figure on one side compared with the same figure on the other, or with a limit: the one judgement of gates and
//! comparisons, and its text.
//!
//! Separate from both: a comparison asks of all figures whether they are the same, and a gate asks of one figure
//! whether it is within the gate's limits.
//!
//! | module | contents |
//! |---|---|
//! | [`json`] | a judged figure as JSON |
//! | [`limits`] | limits, and the judgement of an exact figure |
//! | [`paired`] | the judgement of machine time in pairs, all questions together |
pub mod json;
pub mod limits;
pub mod paired;

pub use limits::Limits;

use crate::figure::Key;
use crate::stats::Estimate;
use crate::units::{count, grouped, ns, percent};
use std::fmt;

/// Number of seeds below which a simulated time is chance, since another order of events moves the latencies of one
/// seed by a lot.
pub const SEEDS: u64 = 64;

/// Judgement of a figure.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Beyond a limit, in the direction that is worse.
    Worse,
    /// Not enough data to decide, with the reason and what would give enough.
    CannotTell(String),
    /// Beyond a limit, in the direction that is better.
    Better,
    /// Beyond a limit, and other work was done, which is neither better nor worse.
    Differs,
    /// Within the limits.
    Same,
}

impl Change {
    /// Returns the judgement on a figure over too few seeds.
    #[must_use]
    pub fn of_few_seeds(have: u64) -> Self {
        Self::CannotTell(format!(
            "{}, and with fewer than {SEEDS} the order of events decides; run with --seeds {SEEDS}",
            count(have, "seed")
        ))
    }

    /// Returns the word: `better`, `same`, `worse`, `cannot tell`, `differs`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::CannotTell(_) => "cannot tell",
            Self::Better => "better",
            Self::Differs => "differs",
            Self::Same => "same",
        }
    }
}

/// Values of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Seen {
    /// The only value, which is compared with no other.
    Alone(Option<u64>),
    /// The values before and after; `None` where there is none.
    Both(Option<u64>, Option<u64>),
    /// The estimate from pairs of machine times.
    Pairs(Option<Estimate>),
}

impl Seen {
    /// Writes the values: `100 µs -> 113 µs  +13 %`; with `exactly`, times also in ns. Empty where there is no value.
    #[must_use]
    pub fn words(&self, is_time: bool, exactly: bool) -> String {
        let shown = |value: u64| match (is_time, exactly) {
            (true, true) => format!("{} ({} ns)", ns(value), grouped(value)),
            (true, false) => ns(value),
            _ => grouped(value),
        };
        match self {
            Self::Alone(value) => value.map(shown).unwrap_or_default(),
            Self::Both(Some(a), Some(b)) if a == b => format!("{}, the same on both sides", shown(*a)),
            Self::Both(Some(a), Some(b)) => format!("{} -> {}  {}", shown(*a), shown(*b), step(*a, *b)),
            Self::Both(Some(a), None) => format!("{} -> none", shown(*a)),
            Self::Both(None, Some(b)) => format!("none -> {}", shown(*b)),
            Self::Both(None, None) => String::new(),
            Self::Pairs(estimate) => estimate.as_ref().map(estimated).unwrap_or_default(),
        }
    }

    /// Returns the size of the change as the log of its ratio, whatever its direction; 0 where a side is not known.
    #[must_use]
    pub fn size(&self) -> f64 {
        let ratio = match self {
            Self::Both(Some(a), Some(b)) => *b as f64 / *a as f64,
            Self::Pairs(Some(estimate)) => estimate.ratio,
            _ => 1.0,
        };
        if ratio.is_nan() { 0.0 } else { ratio.ln().abs() }
    }
}

/// One figure, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// Protocol and point, of both sides where they differ.
    pub place: String,
    /// Name of the figure.
    pub key: Key,
    /// Values of the figure.
    pub seen: Seen,
    /// The judgement.
    pub change: Change,
}

/// Writes the values and the reason of a judgement; with `{:#}`, times also in ns.
impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = self.seen.words(self.key.is_time(), f.alternate());
        match &self.change {
            Change::CannotTell(why) if seen.is_empty() => f.write_str(why),
            Change::CannotTell(why) => write!(f, "{seen}; {why}"),
            _ => f.write_str(&seen),
        }
    }
}

/// Writes a change as `+14.6 %` or `−3.0 %`; from 0 there is no ratio.
fn step(before: u64, after: u64) -> String {
    let (sign, by) = if after >= before { ("+", after - before) } else { ("−", before - after) };
    if before == 0 { format!("{sign}{}", grouped(by)) } else { format!("{sign}{}", percent(by, before)) }
}

/// Writes an estimate in words: `+12.3 % (95 %: +9.0 to +15.8 %), 40 pairs`.
fn estimated(seen: &Estimate) -> String {
    let percent = |ratio: f64| {
        let tenths = ((ratio - 1.0) * 1_000.0).round() as i64;
        let sign = if tenths < 0 { "−" } else { "+" };
        format!("{sign}{}.{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
    };
    let interval = seen
        .interval
        .map_or_else(String::new, |(low, high)| format!(" (95 %: {} to {} %)", percent(low), percent(high)));
    format!("{} %{interval}, {} pairs", percent(seen.ratio), seen.pairs)
}
