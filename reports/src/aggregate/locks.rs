//! Sums of locks: the columns of `/proc/lock_stat`, added over cells.
//!
//! Separate from the other parts of a [`super::Group`], because nothing here needs a histogram: minimum, maximum, total
//! and count add up exactly.
use super::sums::join;
use crate::hist::Hist;
use crate::schema::LockRow;

/// Count, minimum, maximum and total of a time, without its distribution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimeSum {
    /// Number of samples.
    pub count: u64,
    /// Smallest in ns; 0 without samples.
    pub min_ns: u64,
    /// Largest in ns.
    pub max_ns: u64,
    /// Sum in ns.
    pub total_ns: u64,
}

impl TimeSum {
    /// Returns the exact fields of `hist`.
    #[must_use]
    pub fn of(hist: &Hist) -> Self {
        Self { count: hist.count, min_ns: hist.min_ns, max_ns: hist.max_ns, total_ns: hist.total_ns }
    }

    /// Adds `other`.
    pub fn merge(&mut self, other: Self) {
        if self.count == 0 {
            *self = other;
        } else if other.count > 0 {
            self.count = self.count.saturating_add(other.count);
            self.min_ns = self.min_ns.min(other.min_ns);
            self.max_ns = self.max_ns.max(other.max_ns);
            self.total_ns = self.total_ns.saturating_add(other.total_ns);
        }
    }

    /// Returns the mean in ns, rounded down; 0 without samples.
    #[must_use]
    pub fn avg_ns(&self) -> u64 {
        self.total_ns.checked_div(self.count).unwrap_or(0)
    }
}

/// One lock class and mode, with the columns of `/proc/lock_stat`.
#[derive(Clone, Debug)]
pub struct LockSum {
    /// Class of the lock.
    pub class: String,
    /// `W`, `R` or empty.
    pub mode: String,
    /// Acquisitions that had to wait.
    pub contentions: u64,
    /// Waits of these acquisitions.
    pub wait: TimeSum,
    /// Acquisitions.
    pub acquisitions: u64,
    /// Holds of all acquisitions.
    pub hold: TimeSum,
    /// (phase, holds, ns) of movers' holds.
    pub by_phase: Vec<(String, u64, u64)>,
}

impl LockSum {
    pub(super) fn of(row: &LockRow) -> Self {
        Self {
            class: row.class.clone(),
            mode: row.mode.clone(),
            contentions: row.contentions,
            wait: TimeSum::of(&row.wait),
            acquisitions: row.acquisitions,
            hold: TimeSum::of(&row.hold),
            by_phase: row.hold_by_phase.iter().map(|p| (p.phase.clone(), p.holds, p.total_ns)).collect(),
        }
    }

    /// Reports whether holds were seen. Where only waits were, acquisitions and holds are unknown rather than 0.
    #[must_use]
    pub fn holds_known(&self) -> bool {
        self.contentions == 0 || self.acquisitions > 0 || self.hold.count > 0
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.contentions = self.contentions.saturating_add(other.contentions);
        self.wait.merge(other.wait);
        self.acquisitions = self.acquisitions.saturating_add(other.acquisitions);
        self.hold.merge(other.hold);
        join(
            &mut self.by_phase,
            other.by_phase,
            |a, b| a.0 == b.0,
            |a, b| {
                a.1 = a.1.saturating_add(b.1);
                a.2 = a.2.saturating_add(b.2);
            },
        );
    }
}
