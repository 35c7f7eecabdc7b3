//! A sum of cells: everything that an output shows of them, merged.
//!
//! Separate from [`super::aggregate`], which decides what is summed. [`Group::of`] makes the group of one cell, and
//! [`Group::merge`] adds groups. The entries of the lists are in `super::sums`.
use super::AggregateError;
use super::locks::LockSum;
use super::sums::{BystanderSum, DriftSum, InvariantSum, LatencySum, PhaseSum, RuleSum, TimelineAt, join};
use crate::hist::Hist;
use crate::outcome::AttachOutcome;
use crate::percentile::Samples;
use crate::schema::{Cell, Condition, LatencyKind, LongHold};
use crate::slices::Slices;
use crate::verdict::in_order;
use std::collections::BTreeMap;

/// Number of longest holds that a group keeps, as a cell does.
const LONGEST_HOLDS: usize = 10;

/// Cells, merged.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// Number of cells.
    pub cells: u64,
    /// Attaches by outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// Refusals by `site errno`.
    pub refusals: BTreeMap<String, u64>,
    /// Aborts by `controller.callback`.
    pub aborts: BTreeMap<String, u64>,
    /// Attaches that overlapped a charge on what they moved.
    pub overlaps: u64,
    /// Refused charges that only a reservation caused.
    pub spurious_refusals: u64,
    /// Attach latencies.
    pub latency: Vec<LatencySum>,
    /// Attaches and faults over time.
    pub over_time: Option<Slices>,
    /// Phases of attaches that moved.
    pub phases: Vec<PhaseSum>,
    /// The workload's operations.
    pub bystanders: Vec<BystanderSum>,
    /// Locks, in lock order.
    pub locks: Vec<LockSum>,
    /// (seed, hold), the longest first.
    pub longest_holds: Vec<(u64, LongHold)>,
    /// Counters.
    pub drift: Vec<DriftSum>,
    /// Invariants.
    pub invariants: Vec<InvariantSum>,
    /// Rules of the fault plan.
    pub rules: Vec<RuleSum>,
    /// Seeds of cells that ended early, each with the reason.
    pub ended: Vec<(u64, String)>,
    /// Single attaches that can be followed step by step.
    pub timelines: Vec<TimelineAt>,
}

impl Group {
    /// Returns the group of one cell, which has place `index` in the run.
    ///
    /// # Errors
    /// [`AggregateError`] names the histogram that cannot be read.
    pub fn of(index: usize, cell: &Cell) -> Result<Self, AggregateError> {
        let read = |series: String, hist: &Hist| {
            Samples::of(hist).map_err(|source| AggregateError {
                cell: index,
                protocol: cell.subject.to_string(),
                seed: cell.seed,
                series,
                source,
            })
        };
        let mut group = Self::without_histograms(index, cell);
        for series in &cell.attach.latency {
            let samples = read(format!("latency of {}", series.outcome), &series.hist)?;
            group.latency.push(LatencySum { outcome: series.outcome.clone(), kind: series.kind, samples });
        }
        for series in &cell.attach.phases {
            let samples = read(format!("phase {}", series.phase), &series.hist)?;
            group.phases.push(PhaseSum { phase: series.phase.clone(), samples });
        }
        for series in &cell.bystanders {
            let samples = read(format!("operation {}", series.op), &series.hist)?;
            let (op, condition, failed) = (series.op.clone(), series.condition, series.failed);
            group.bystanders.push(BystanderSum { op, condition, failed, samples });
        }
        Ok(group)
    }

    fn without_histograms(index: usize, cell: &Cell) -> Self {
        Self {
            cells: 1,
            outcomes: cell.attach.outcomes.clone(),
            refusals: cell.attach.refusals.clone(),
            aborts: cell.attach.aborts.clone(),
            overlaps: cell.attach.overlaps,
            spurious_refusals: cell.attach.spurious_refusals,
            over_time: cell.attach.over_time.clone(),
            locks: cell.locks.iter().map(LockSum::of).collect(),
            longest_holds: cell.longest_holds.iter().map(|hold| (cell.seed, hold.clone())).collect(),
            drift: cell.drift.iter().map(|drift| DriftSum::of(index, drift)).collect(),
            invariants: cell
                .invariants
                .iter()
                .map(|invariant| InvariantSum::of(cell.seed, invariant))
                .collect(),
            rules: cell.faults.rules.iter().map(RuleSum::of).collect(),
            ended: cell.ended.iter().map(|how| (cell.seed, how.clone())).collect(),
            timelines: TimelineAt::all(index, &cell.timelines),
            ..Self::default()
        }
    }

    /// Adds the cells of `other`.
    pub fn merge(&mut self, other: Self) {
        self.cells += other.cells;
        add_counts(&mut self.outcomes, other.outcomes);
        add_counts(&mut self.refusals, other.refusals);
        add_counts(&mut self.aborts, other.aborts);
        self.overlaps = self.overlaps.saturating_add(other.overlaps);
        self.spurious_refusals = self.spurious_refusals.saturating_add(other.spurious_refusals);
        match (&mut self.over_time, other.over_time) {
            (Some(own), Some(theirs)) => own.merge(&theirs),
            (own, theirs) => *own = own.take().or(theirs),
        }
        join(
            &mut self.latency,
            other.latency,
            |a, b| a.outcome == b.outcome && a.kind == b.kind,
            |a, b| a.samples.merge(b.samples),
        );
        join(&mut self.phases, other.phases, |a, b| a.phase == b.phase, |a, b| a.samples.merge(b.samples));
        join(
            &mut self.bystanders,
            other.bystanders,
            |a, b| a.op == b.op && a.condition == b.condition,
            BystanderSum::merge,
        );
        join(&mut self.locks, other.locks, |a, b| a.class == b.class && a.mode == b.mode, LockSum::merge);
        self.longest_holds.extend(other.longest_holds);
        self.longest_holds.sort_by_key(|(_, hold)| std::cmp::Reverse(hold.hold_ns));
        self.longest_holds.truncate(LONGEST_HOLDS);
        join(
            &mut self.drift,
            other.drift,
            |a, b| a.controller == b.controller && a.cgroup == b.cgroup && a.unit == b.unit,
            |a, b| a.merge(&b),
        );
        join(&mut self.invariants, other.invariants, |a, b| a.name == b.name, InvariantSum::merge);
        join(&mut self.rules, other.rules, |a, b| a.rule == b.rule, |a, b| a.merge(&b));
        self.ended.extend(other.ended);
        self.timelines.extend(other.timelines);
    }

    /// Returns the number of attaches with `outcome`.
    #[must_use]
    pub fn outcome(&self, outcome: AttachOutcome) -> u64 {
        self.outcomes.get(outcome.name()).copied().unwrap_or(0)
    }

    /// Returns the latency of attaches with `outcome`, counted as `kind` says.
    #[must_use]
    pub fn latency(&self, outcome: AttachOutcome, kind: LatencyKind) -> Option<&Samples> {
        self.latency_named(outcome.name(), kind)
    }

    /// Returns the latency of attaches with the outcome of that name, which another version may have written.
    pub(crate) fn latency_named(&self, outcome: &str, kind: LatencyKind) -> Option<&Samples> {
        let found = self.latency.iter().find(|series| series.outcome == outcome && series.kind == kind);
        found.map(|series| &series.samples)
    }

    /// Returns the counter whose final drift is farthest beyond its tolerance, then farthest from 0; the first of
    /// equals.
    #[must_use]
    pub fn worst_drift(&self) -> Option<&DriftSum> {
        let size = |drift: &DriftSum| std::cmp::Reverse(drift.final_badness());
        self.drift.iter().min_by_key(|drift| size(drift))
    }

    /// Returns the number of clamped uncharges of all counters.
    #[must_use]
    pub fn clamps(&self) -> u64 {
        self.drift.iter().map(|drift| drift.clamps).fold(0, u64::saturating_add)
    }

    /// Returns the workload's operation `op` under `condition`.
    #[must_use]
    pub fn bystander(&self, op: &str, condition: Condition) -> Option<&BystanderSum> {
        self.bystanders.iter().find(|series| series.op == op && series.condition == condition)
    }

    /// Returns the names of the workload's operations, in order.
    #[must_use]
    pub fn ops(&self) -> Vec<&str> {
        in_order(self.bystanders.iter().map(|series| series.op.as_str()))
    }

    /// Returns the p99 of `op` in ns: (idle, attaching), where both have enough samples.
    #[must_use]
    pub fn slow_down(&self, op: &str) -> Option<(u64, u64)> {
        let p99 = |condition| self.bystander(op, condition)?.samples.p99();
        Some((p99(Condition::Idle)?, p99(Condition::Attaching)?))
    }

    /// Returns the operation whose p99 grows most while attaching: (op, idle ns, attaching ns).
    #[must_use]
    pub fn worst_slow_down(&self) -> Option<(&str, u64, u64)> {
        let all =
            self.ops().into_iter().filter_map(|op| self.slow_down(op).map(|(idle, busy)| (op, idle, busy)));
        all.reduce(|worst, next| {
            // Compares busy/idle without division, so that equal ratios stay in order.
            let grows = |a: (&str, u64, u64), b: (&str, u64, u64)| {
                u128::from(a.2) * u128::from(b.1.max(1)) > u128::from(b.2) * u128::from(a.1.max(1))
            };
            if grows(next, worst) { next } else { worst }
        })
    }
}

fn add_counts(into: &mut BTreeMap<String, u64>, from: BTreeMap<String, u64>) {
    for (name, n) in from {
        let sum = into.entry(name).or_default();
        *sum = sum.saturating_add(n);
    }
}
