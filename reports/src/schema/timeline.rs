//! One attach, step by step: its phases, the locks that its mover held, and who waited for them meanwhile.
//!
//! Apart from the figures of a [`super::Cell`], which are sums: this is the one thing in `run.json` that is a single attach.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An attach that moved, step by step. All times are ns of the run's clock, counted from its start.
///
/// A cell keeps at most three: those that come nearest to its median and to its 99th percentile, of one attach per eighth of
/// an octave of latency, and the longest. Which is which is for the reader to say, from the samples of all cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// Who moved: `mover 0`.
    pub who: String,
    /// What was moved: `process 3`, `task 17`, `everybody`.
    pub what: String,
    /// Names of the cgroups that tasks came from; empty when they stayed where they were.
    pub from: Vec<String>,
    /// Name of the destination.
    pub to: String,
    /// When it began, in ns since the start of the cell.
    pub start_ns: u64,
    /// How long it took in ns, from its real start.
    pub latency_ns: u64,
    /// Its phases, in order of time. A phase comes several times where tasks are moved one by one.
    pub phases: Vec<PhaseSpan>,
    /// What its mover held, in the order in which it was first taken.
    pub holds: Vec<HoldSpan>,
    /// When its mover waited for a lock itself.
    pub waited: Vec<WaitSpan>,
    /// When others waited for a lock that its mover held.
    pub waits: Vec<WaitSpan>,
    /// Faults that fired in it.
    pub faults: Vec<FaultMark>,
    /// Spans of any kind beyond what a timeline holds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// A stretch of time in one phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseSpan {
    /// `lock`, `prepare`, `switch`, ...
    pub phase: String,
    /// ns since the start of the attach.
    pub from_ns: u64,
    /// Likewise.
    pub to_ns: u64,
}

/// One hold of a lock, or all holds of one spinlock in one stretch of a phase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldSpan {
    /// The lock, such as `mmap_sem(mm 3)`.
    pub lock: String,
    /// `W`, `R` or empty.
    pub mode: String,
    /// Phase in which it was taken; absent before the first phase.
    pub phase: Option<String>,
    /// When it was first taken, in ns since the start of the attach.
    pub from_ns: u64,
    /// When it was last released.
    pub to_ns: u64,
    /// How often it was taken in between.
    pub times: u64,
    /// For how long it was held in between, all times together.
    pub held_ns: u64,
}

/// Somebody waited for a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitSpan {
    /// Who waited: `task 7`.
    pub who: String,
    /// For which lock, such as `mmap_sem(mm 3)`.
    pub lock: String,
    /// How it was asked for: `W`, `R` or empty.
    pub mode: String,
    /// Since when, in ns since the start of the attach; 0 for those who waited before it began.
    pub from_ns: u64,
    /// Until when; the end of the attach for those who went on waiting.
    pub to_ns: u64,
}

/// A fault that fired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultMark {
    /// The site and what was done there, such as `memrlimit.prepare_sleep delay=200us`.
    pub what: String,
    /// ns since the start of the attach.
    pub at_ns: u64,
}
