//! Limits of a figure, and the judgement of an exact figure, in integers.
use super::Change;
use crate::figure::{Key, Measured, Worse};
use std::cmp::Ordering;

/// Limits of a figure; each in ns or as a count, as the metric is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Value that the figure must equal.
    pub equals: Option<u64>,
    /// Least value that passes.
    pub min: Option<u64>,
    /// Largest value that passes.
    pub max: Option<u64>,
    /// Value above which the figure passes with a warning.
    pub warn: Option<u64>,
    /// Largest increase over the reference, in percent.
    pub max_increase: Option<u64>,
    /// Largest ratio to the reference, in thousandths.
    pub max_ratio: Option<u64>,
    /// Largest change from the reference in either direction, in percent; 0 means exactly the same.
    pub change: Option<u64>,
    /// Differences up to this do not count.
    pub floor: u64,
}

impl Limits {
    /// Returns the limit of a change in either direction, in percent.
    #[must_use]
    pub fn within(percent: u64) -> Self {
        Self { change: Some(percent), ..Self::default() }
    }

    /// Reports whether any of them compares with a reference.
    #[must_use]
    pub fn relative(&self) -> bool {
        self.max_increase.is_some() || self.max_ratio.is_some() || self.change.is_some()
    }

    /// Judges the figure `after` of `key`, which was `before` on the other side.
    #[must_use]
    pub fn judge(&self, key: &Key, before: Option<Measured>, after: Measured) -> Change {
        let value = match after {
            Measured::Figure(value) => value,
            Measured::TooFew(..) => return Change::CannotTell(after.to_string()),
        };
        let outside = self.equals.is_some_and(|wanted| value != wanted)
            || self.min.is_some_and(|least| value < least)
            || self.max.is_some_and(|most| value > most);
        match before {
            _ if outside => Change::Worse,
            _ if !self.relative() => Change::Same,
            Some(Measured::Figure(base)) => self.compare(key, base, value),
            Some(few) => Change::CannotTell(few.to_string()),
            None => Change::CannotTell(
                "there is no such figure to compare with; make the baseline again".to_owned(),
            ),
        }
    }

    fn compare(&self, key: &Key, before: u64, after: u64) -> Change {
        let (base, value, by) = (u128::from(before), u128::from(after), before.abs_diff(after));
        let more = |percent: u64| value * 100 > base * (100 + u128::from(percent));
        let changed = |percent: u64| u128::from(by) * 100 > base * u128::from(percent);
        if by <= self.floor {
            Change::Same
        } else if self.max_increase.is_some_and(more)
            || self.max_ratio.is_some_and(|thousandths| value * 1_000 > base * u128::from(thousandths))
        {
            Change::Worse
        } else if self.change.is_some_and(changed) {
            direction(key, before.cmp(&after))
        } else {
            Change::Same
        }
    }
}

/// Returns the meaning of a change of `key`.
fn direction(key: &Key, before: Ordering) -> Change {
    match (key.metric.worse(key.statistic, key.detail.as_deref()), before) {
        (Worse::Neither, _) => Change::Differs,
        (Worse::More, Ordering::Less) | (Worse::Less, Ordering::Greater) => Change::Worse,
        _ => Change::Better,
    }
}
