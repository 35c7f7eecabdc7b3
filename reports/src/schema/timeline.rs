//! One attach, step by step: its phases, the locks that its mover held, and the threads that waited for them.
//!
//! Everything else in a [`super::Cell`] is a sum; a timeline is a single attach.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An attach that moved, step by step. All times are ns of the run's clock, counted from its start.
///
/// A cell keeps at most three: those that come nearest to its median and to its 99th percentile, of one attach per eighth of
/// an octave of latency, and the longest. The samples of all cells show which of them is which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Timeline {
    /// The actor that moved: `mover 0`.
    pub who: String,
    /// The target of the move: `process 3`, `task 17`, `all tasks`.
    pub what: String,
    /// Names of the cgroups that tasks came from; empty when they stayed where they were.
    pub from: Vec<String>,
    /// Name of the destination.
    pub to: String,
    /// Start of the attach, in ns since the start of the cell.
    pub start_ns: u64,
    /// Latency in ns, from the real start.
    pub latency_ns: u64,
    /// Phases, in order of time. A phase comes several times where tasks are moved one by one.
    pub phases: Vec<PhaseSpan>,
    /// Locks that the mover held, in the order in which they were first taken.
    pub holds: Vec<HoldSpan>,
    /// Waits of the mover for locks.
    pub waited: Vec<WaitSpan>,
    /// Waits of others for locks that the mover held.
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
    /// End of the stretch, in ns since the start of the attach.
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
    /// Moment when it was first taken, in ns since the start of the attach.
    pub from_ns: u64,
    /// Moment when it was last released, in ns since the start of the attach.
    pub to_ns: u64,
    /// Number of times it was taken in between.
    pub times: u64,
    /// Time for which it was held in between, all times together, in ns.
    pub held_ns: u64,
}

/// A wait for a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitSpan {
    /// The actor that waited: `task 7`.
    pub who: String,
    /// The lock, such as `mmap_sem(mm 3)`.
    pub lock: String,
    /// The mode that was requested: `W`, `R` or empty.
    pub mode: String,
    /// Start of the wait, in ns since the start of the attach; 0 if it was under way before the attach.
    pub from_ns: u64,
    /// End of the wait, in ns since the start of the attach; the end of the attach if the wait was longer.
    pub to_ns: u64,
}

/// A fault that fired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultMark {
    /// The site and the action, such as `memrlimit.prepare_sleep delay=200us`.
    pub what: String,
    /// ns since the start of the attach.
    pub at_ns: u64,
}
