//! The parts of a [`super::Group`]: sums of the lists in a cell, each with its own addition.
//!
//! Separate from the group, which only says what belongs together. Entries that two cells share are added. Others are
//! appended, so the order is that of first appearance.
use crate::percentile::Samples;
use crate::schema::{Condition, Drift, FaultRule, Invariant, LatencyKind, Timeline};

/// Attach latency of one outcome and one way of counting.
#[derive(Clone, Debug)]
pub struct LatencySum {
    /// `moved`, `refused`, ...
    pub outcome: String,
    /// Start from which latencies are counted: real or intended.
    pub kind: LatencyKind,
    /// The samples.
    pub samples: Samples,
}

/// Time in one phase of attaches that moved.
#[derive(Clone, Debug)]
pub struct PhaseSum {
    /// The phase.
    pub phase: String,
    /// The samples.
    pub samples: Samples,
}

/// One kind of the workload's operations under one condition.
#[derive(Clone, Debug)]
pub struct BystanderSum {
    /// `mmap`, `touch`, ...
    pub op: String,
    /// Says whether an attach was under way.
    pub condition: Condition,
    /// Operations that failed.
    pub failed: u64,
    /// The samples.
    pub samples: Samples,
}

/// Drift of one counter over the cells.
#[derive(Clone, Debug)]
pub struct DriftSum {
    /// The controller.
    pub controller: String,
    /// The cgroup.
    pub cgroup: String,
    /// `pages` or `tasks`.
    pub unit: String,
    /// The final drift that is farthest beyond its tolerance; of equals the one farthest from 0, and then the one with
    /// most left by design.
    pub worst_final: i64,
    /// Usage at the end of the cell with that drift.
    pub usage: i64,
    /// True value of the counter at that end.
    pub truth: i64,
    /// Drift that per-CPU batches may hide at that end; `None` means none.
    pub tolerance: Option<i64>,
    /// Derivation of the tolerance.
    pub how: Option<String>,
    /// Part of usage and truth that stayed behind by design.
    pub by_design: Option<i64>,
    /// Most positive drift at any moment, on `sim` only.
    pub peak_over: Option<i64>,
    /// Most negative drift at any moment, on `sim` only.
    pub peak_under: Option<i64>,
    /// Sum of the integrals of |drift| in unit × µs.
    pub integral_abs_us: Option<u64>,
    /// Operations and attaches that left the counter differing from before.
    pub events: u64,
    /// Clamped uncharges.
    pub clamps: u64,
    /// Largest reservation of open transactions.
    pub reserved_peak: i64,
    /// Place in the run of the cell that drifted farthest.
    pub worst_cell: usize,
}

impl DriftSum {
    pub(super) fn of(index: usize, drift: &Drift) -> Self {
        Self {
            controller: drift.controller.clone(),
            cgroup: drift.cgroup.clone(),
            unit: drift.unit.clone(),
            worst_final: drift.drift_final,
            usage: drift.usage_final,
            truth: drift.truth_final,
            tolerance: drift.tolerance,
            how: drift.how.clone(),
            by_design: drift.by_design,
            peak_over: drift.peak_over,
            peak_under: drift.peak_under,
            integral_abs_us: drift.integral_abs_us,
            events: drift.events,
            clamps: drift.clamps,
            reserved_peak: drift.reserved_peak,
            worst_cell: index,
        }
    }

    /// Returns the badness of the drift: first by what stays wrong, then by what was wrong at any moment.
    #[must_use]
    pub fn badness(&self) -> (u64, u64) {
        let size = |value: Option<i64>| value.unwrap_or(0).unsigned_abs();
        (self.beyond(), size(self.peak_over).max(size(self.peak_under)))
    }

    /// Returns by how much the final drift exceeds the tolerance; 0 within it.
    #[must_use]
    pub fn beyond(&self) -> u64 {
        self.worst_final.unsigned_abs().saturating_sub(self.tolerance.unwrap_or(0).unsigned_abs())
    }

    /// Returns the order of final drifts, the worst last; of equals the one with most left by design, where there is
    /// most to see.
    pub(super) fn final_badness(&self) -> (u64, u64, u64) {
        (self.beyond(), self.worst_final.unsigned_abs(), self.by_design.unwrap_or(0).unsigned_abs())
    }

    pub(super) fn merge(&mut self, other: &Self) {
        if other.badness() > self.badness() {
            self.worst_cell = other.worst_cell;
        }
        if other.final_badness() > self.final_badness() {
            (self.worst_final, self.usage, self.truth) = (other.worst_final, other.usage, other.truth);
            (self.tolerance, self.by_design) = (other.tolerance, other.by_design);
            self.how.clone_from(&other.how);
        }
        self.peak_over = self.peak_over.max(other.peak_over);
        self.peak_under = match (self.peak_under, other.peak_under) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.integral_abs_us = match (self.integral_abs_us, other.integral_abs_us) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (a, b) => a.or(b),
        };
        self.events = self.events.saturating_add(other.events);
        self.clamps = self.clamps.saturating_add(other.clamps);
        self.reserved_peak = self.reserved_peak.max(other.reserved_peak);
    }
}

/// One invariant over the cells.
#[derive(Clone, Debug)]
pub struct InvariantSum {
    /// Name of the check.
    pub name: String,
    /// Violations.
    pub violated: u64,
    /// Times that the invariant was put to the test.
    pub examined: u64,
    /// Cells in which the invariant was violated.
    pub cells_violated: u64,
    /// Cells in which the invariant was checked.
    pub cells: u64,
    /// Seed and text of the first violation.
    pub first: Option<(u64, String)>,
}

/// Place of a single attach in the run, and its latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineAt {
    /// Place of its cell in the run.
    pub cell: usize,
    /// Place of the attach among the cell's timelines.
    pub place: usize,
    /// Latency of the attach in ns.
    pub latency_ns: u64,
}

impl TimelineAt {
    pub(super) fn all(cell: usize, timelines: &[Timeline]) -> Vec<Self> {
        let at = |(place, line): (usize, &Timeline)| Self { cell, place, latency_ns: line.latency_ns };
        timelines.iter().enumerate().map(at).collect()
    }

    /// Returns the attach of `all` whose latency is nearest to `ns`; of equals the shorter, then the earlier in the
    /// run.
    #[must_use]
    pub fn nearest(all: &[Self], ns: u64) -> Option<Self> {
        all.iter().copied().min_by_key(|at| (at.latency_ns.abs_diff(ns), at.latency_ns, at.cell, at.place))
    }

    /// Returns the longest attach of `all`; of equals the earlier in the run.
    #[must_use]
    pub fn longest(all: &[Self]) -> Option<Self> {
        all.iter().copied().min_by_key(|at| (std::cmp::Reverse(at.latency_ns), at.cell, at.place))
    }
}

/// One rule of the fault plan over the cells.
#[derive(Clone, Debug)]
pub struct RuleSum {
    /// Text form of the rule.
    pub rule: String,
    /// Times that its site was reached.
    pub hits: u64,
    /// Times that it fired.
    pub fired: u64,
}

impl BystanderSum {
    pub(super) fn merge(&mut self, other: Self) {
        self.failed = self.failed.saturating_add(other.failed);
        self.samples.merge(other.samples);
    }
}

impl InvariantSum {
    pub(super) fn of(seed: u64, invariant: &Invariant) -> Self {
        Self {
            name: invariant.name.clone(),
            violated: invariant.violated,
            examined: invariant.examined,
            cells_violated: u64::from(invariant.violated > 0),
            cells: 1,
            first: invariant.first.as_ref().map(|text| (seed, text.clone())),
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.violated = self.violated.saturating_add(other.violated);
        self.examined = self.examined.saturating_add(other.examined);
        self.cells_violated += other.cells_violated;
        self.cells += other.cells;
        self.first = self.first.take().or(other.first);
    }
}

impl RuleSum {
    pub(super) fn of(rule: &FaultRule) -> Self {
        Self { rule: rule.rule.clone(), hits: rule.hits, fired: rule.fired }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.hits = self.hits.saturating_add(other.hits);
        self.fired = self.fired.saturating_add(other.fired);
    }
}

/// Adds every entry of `from` to the entry of `into` that is the `same`, or appends it.
pub(super) fn join<T>(
    into: &mut Vec<T>,
    from: Vec<T>,
    same: impl Fn(&T, &T) -> bool,
    mut add: impl FnMut(&mut T, T),
) {
    for theirs in from {
        match into.iter_mut().find(|ours| same(ours, &theirs)) {
            Some(ours) => add(ours, theirs),
            None => into.push(theirs),
        }
    }
}
