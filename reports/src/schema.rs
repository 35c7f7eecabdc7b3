//! The schema of `run.json`: the one source of truth of a run, versioned, integers in ns and pages.
//!
//! For the simulator the same seed gives the same bytes: nothing here may depend on the machine, on wall time or on the
//! order in which cells finished. Facts about the machine are in `env.json` ([`Env`]). Field order is the order in the file.
mod env;
mod fit;
mod moves;
mod noise;
mod older;
mod plan;
mod recording;
mod scenario;
mod subject;
mod timeline;

pub use env::Env;
pub use fit::Fit;
pub use moves::{Move, Moves};
pub use noise::Noise;
pub use older::present_name;
pub use plan::{Plan, PlannedPlace};
pub use recording::{DroppedLines, Recording};
pub use scenario::{Scenario, Scheduling};
pub use subject::{Subject, SubjectParts, Subtree};
pub use timeline::{FaultMark, HoldSpan, PhaseSpan, Timeline, WaitSpan};

use crate::axis::{Point, cell_axes};
use crate::hist::Hist;
use crate::slices::Slices;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of this schema.
pub const SCHEMA: &str = "attach-rig/run/2";

/// Version before [`SCHEMA`], which is still read; see [`Run::into_current`].
pub const SCHEMA_1: &str = "attach-rig/run/1";

/// The clock from which the figures of a run come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// Virtual ns from the table of costs, which are never in one column with wall ns.
    Sim,
    /// Real threads, the machine's clock.
    Threads,
    /// Real processes between real cgroups, the machine's clock.
    Linux,
}

/// A whole run: one scenario, one engine, its cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// [`SCHEMA`].
    pub schema: String,
    /// Version of attach-rig that wrote the file.
    pub version: String,
    /// The source of the times.
    pub engine: Engine,
    /// The scenario that was run.
    pub scenario: Scenario,
    /// Command that makes the same run again.
    pub command: String,
    /// `true` when the run was interrupted and cells are missing.
    pub interrupted: bool,
    /// The plan of the run, see [`crate::coverage`]; absent in runs of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// The cells, in the order of the plan.
    pub cells: Vec<Cell>,
    /// Judgement over all cells: invariant × protocol.
    pub verdicts: Vec<Verdict>,
    /// Anything that a reader has to know: cells in which too little happened, rules that never fired, what could not be measured.
    pub notes: Vec<Note>,
    /// Straight lines through medians along an axis, see [`crate::fit`]; absent when nothing was fitted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fits: Vec<Fit>,
    /// Recordings that were replayed, with what was understood of each; absent when there were none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recordings: Vec<Recording>,
}

/// One cell of the matrix: one subject, one fault rate, one rate of moves, one seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// The subject that it measures.
    #[serde(flatten)]
    #[schemars(with = "SubjectParts")]
    pub subject: Subject,
    /// The position on the other axes.
    #[serde(flatten, serialize_with = "cell_axes")]
    #[schemars(with = "crate::axis::Keys")]
    pub point: Point,
    /// Axis: seed.
    pub seed: u64,
    /// Start of the measured part, in ns since the start of the run, on engines with the machine's clock; absent on `sim`,
    /// where cells have no order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_ns: Option<u64>,
    /// Length of the measured part in ns.
    pub duration_ns: u64,
    /// Attaches by outcome, with their latencies.
    pub attach: Attach,
    /// Latency of the workload's own operations.
    pub bystanders: Vec<Bystander>,
    /// One row per lock class and mode, in lock order.
    pub locks: Vec<LockRow>,
    /// The longest holds of all locks, longest first, at most ten.
    pub longest_holds: Vec<LongHold>,
    /// Drift per controller and cgroup.
    pub drift: Vec<Drift>,
    /// Every invariant that was checked in this cell, also those that held.
    #[serde(alias = "promises")]
    pub invariants: Vec<Invariant>,
    /// Faults: what the plan said and what became of it.
    pub faults: Faults,
    /// Exact counts of the simulator; absent on other engines.
    pub sim: Option<SimCounts>,
    /// Attaches that moved, step by step, shortest first, at most three; absent where none was recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timelines: Vec<Timeline>,
    /// The reason why the cell ended early, such as a deadlock, in words; absent otherwise.
    pub ended: Option<String>,
}

/// Attaches of a cell by outcome, with their latencies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attach {
    /// Number of attaches per outcome: `moved`, `noop`, `refused`, `partial`, `gone` (the task exited).
    pub outcomes: BTreeMap<String, u64>,
    /// Refusals by `site errno`, such as `memrlimit.prepare_sleep ENOMEM`.
    pub refusals: BTreeMap<String, u64>,
    /// Aborts run, per `controller.callback` of the abort or undo; also those that never ran.
    pub aborts: BTreeMap<String, u64>,
    /// Attaches during which another task charged or tried to charge the moved mm or its destination.
    pub overlaps: u64,
    /// Refusals of another task's charge that only a reservation caused.
    pub spurious_refusals: u64,
    /// Latency series. `outcome` is one of `outcomes`; successes and refusals never share a series.
    pub latency: Vec<LatencySeries>,
    /// Time in each phase, of attaches that moved. Phases in the order in which they come.
    pub phases: Vec<PhaseSeries>,
    /// Attaches and faults over time, where they were recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_time: Option<Slices>,
    /// Time from the intended start to the real one, of every attach with an intended start that moved or was refused, on
    /// engines with the machine's clock; absent in a closed loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lateness: Option<Hist>,
    /// Single moves over time, on `linux` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moves: Option<Moves>,
}

/// Latency of attaches with one outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LatencySeries {
    /// `moved`, `refused`, ...
    pub outcome: String,
    /// `raw`: from the real start. `corrected`: from the intended start, only with a rate.
    pub kind: LatencyKind,
    /// The samples.
    pub hist: Hist,
}

/// The moment from which a latency is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LatencyKind {
    /// From the moment the mover began.
    Raw,
    /// From the moment the mover should have begun.
    Corrected,
}

/// Time spent in one phase of an attach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseSeries {
    /// `lock`, `prepare_sleep`, `switch`, `attach`, ...
    pub phase: String,
    /// The samples.
    pub hist: Hist,
}

/// Latency of one kind of the workload's operations under one condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bystander {
    /// `mmap`, `munmap`, `touch`, `release`, `fork-thread`, `fork-process`, `exec`, `exit`.
    pub op: String,
    /// `idle`: no attach was under way at any moment of the operation; `attaching`: one was.
    pub condition: Condition,
    /// Operations that failed (ENOMEM and so on); they are not in the histogram.
    pub failed: u64,
    /// The samples.
    pub hist: Hist,
}

/// Presence of an attach during an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// No attach overlapped the operation.
    Idle,
    /// An attach overlapped the operation.
    Attaching,
}

/// Columns of `/proc/lock_stat`, in ns, for one class and mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LockRow {
    /// Lock class, such as `mmap_sem`.
    pub class: String,
    /// `W` or `R` for semaphores, empty for locks with one mode.
    pub mode: String,
    /// Acquisitions that had to wait.
    pub contentions: u64,
    /// Wait of contended acquisitions: min, max, total and distribution.
    pub wait: Hist,
    /// Acquisitions.
    pub acquisitions: u64,
    /// Hold time of all acquisitions.
    pub hold: Hist,
    /// Hold time by phase of the attach in which it was held (by movers only), in the order of phases.
    pub hold_by_phase: Vec<PhaseHold>,
}

/// Part of a lock's hold time that falls into one phase of attaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseHold {
    /// Phase of the attach.
    pub phase: String,
    /// Number of holds that touched the phase.
    pub holds: u64,
    /// Their time within the phase in ns.
    pub total_ns: u64,
}

/// One of the longest holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LongHold {
    /// The lock, such as `mmap_sem(mm 3)`.
    pub lock: String,
    /// `W`, `R` or empty.
    pub mode: String,
    /// Hold time in ns.
    pub hold_ns: u64,
    /// The actor that held it.
    pub holder: String,
    /// Phase of the holder's attach at the release; absent for bystanders.
    pub phase: Option<String>,
    /// Number of waiters at the release.
    pub waiters: u32,
}

/// Drift of one counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// `memrlimit`, `memory`, `cpuset`, ...
    pub controller: String,
    /// Name of the cgroup.
    pub cgroup: String,
    /// `pages` or `tasks`.
    pub unit: String,
    /// Usage at the end, after all actors have finished.
    pub usage_final: i64,
    /// The correct usage, recomputed from tasks and pages; with `by_design`, where that is given.
    pub truth_final: i64,
    /// `usage_final - truth_final`; positive = overcharge.
    pub drift_final: i64,
    /// The error that per-CPU batches of the real kernel may cause either way, in `unit`; absent when the counter is exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<i64>,
    /// The computation of the tolerance, in words: `2 CPUs × (64 pages of charge batch + 15 of pagevec)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
    /// Part of `usage_final` that by design stays in a cgroup whose task has moved away (v2, and v1 without moving
    /// charges). It is part of `truth_final` too, so only the drift was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_design: Option<i64>,
    /// Most positive drift seen, on `sim` only.
    pub peak_over: Option<i64>,
    /// Most negative drift seen, on `sim` only.
    pub peak_under: Option<i64>,
    /// Integral of |drift| over time in unit × µs, on `sim` only.
    pub integral_abs_us: Option<u64>,
    /// Operations and attaches that ended leaving this counter differing from before.
    pub events: u64,
    /// Uncharges that would have gone below zero and were clamped.
    pub clamps: u64,
    /// Peak of what open transactions had reserved.
    pub reserved_peak: i64,
    /// Drift over time, thinned to at most 200 points.
    pub series: Vec<DriftPoint>,
}

/// Drift at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftPoint {
    /// ns since the start of the cell.
    pub at_ns: u64,
    /// usage − truth − in flight.
    pub drift: i64,
    /// `true` when nothing was in flight.
    pub quiescent: bool,
}

/// An invariant in one cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invariant {
    /// Name of the check: `drift`, `rollback`, `partial-move`, ...
    pub name: String,
    /// Number of violations.
    #[serde(alias = "broken")]
    pub violated: u64,
    /// Number of times it was examined, where that can be counted; 0 otherwise.
    pub examined: u64,
    /// The first violation in words. Absent when it held.
    pub first: Option<String>,
}

/// Effects of the fault plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    /// One entry per rule.
    pub rules: Vec<FaultRule>,
    /// Every fired fault, in order of time.
    pub fired: Vec<FiredFault>,
}

/// A rule, and the number of times it applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Text form of the rule.
    pub rule: String,
    /// Times its site was reached.
    pub hits: u64,
    /// Times it fired. A rule that never fired is reported in [`Run::notes`].
    pub fired: u64,
}

/// One fired fault. Columns: site, hit, action, time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FiredFault {
    /// Index into [`Faults::rules`].
    pub rule: u32,
    /// 1-based count of hits of the site.
    pub hit: u64,
    /// ns since the start of the cell.
    pub at_ns: u64,
}

/// Exact counts of the simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SimCounts {
    /// Events taken from the event queue.
    pub dispatches: u64,
    /// Accesses to shared objects.
    pub accesses: u64,
    /// Modelled context switches.
    pub context_switches: u64,
    /// Threads that ever ran.
    pub threads: u64,
    /// Operations finished.
    pub operations: u64,
}

/// One invariant under one protocol, over all cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Name of what was measured, as tables show it: protocol with options (`transactional`, `v1:pids still`).
    pub protocol: String,
    /// Name of the invariant.
    #[serde(alias = "promise")]
    pub invariant: String,
    /// The expectation of the scenario.
    pub expected: Expectation,
    /// Cells in which it was violated.
    #[serde(alias = "cells_broken")]
    pub cells_violated: u64,
    /// Cells in which it was checked.
    pub cells: u64,
    /// Violations over all cells.
    pub violations: u64,
    /// The judgement.
    pub outcome: Judgement,
    /// Command that replays the first cell in which it was violated.
    pub replay: Option<String>,
}

/// Cells in which a scenario expects an invariant to be violated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expectation {
    /// In no cell.
    #[default]
    Never,
    /// In at least one cell.
    Sometimes,
    /// In every cell.
    Always,
}

/// Judgement of a verdict. These are four different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// As expected.
    Pass,
    /// Not as expected.
    Fail,
    /// Too little happened to tell.
    Inconclusive,
    /// Not checked here.
    Skipped,
}

/// A remark that belongs to the run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// `warning` changes nothing, `inconclusive` makes the run so.
    pub kind: NoteKind,
    /// The remark with its remedy.
    pub text: String,
    /// Name of what it is about, as tables show it; absent when it is about the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
}

/// Weight of a [`Note`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoteKind {
    /// Good to know.
    Info,
    /// Something is not as a reader would expect.
    Warning,
    /// A cell in which too little happened; the run is inconclusive.
    #[serde(alias = "thin")]
    Inconclusive,
}
