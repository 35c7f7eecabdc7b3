//! A workload as a scenario describes it: all fields except the shape are optional, and only types are checked.
//! `resolve` turns it into numbers, `plan` into a workload that runs.

use serde::{Deserialize, Serialize};

/// The prefix of the name of a recording in [`Spec::shape`].
pub const TRACE_PREFIX: &str = "trace:";

/// One workload. An absent field has the value of the shape's preset.
///
/// ```
/// let text = "
/// shape = 'churn'
/// processes = 4
/// threads = 8
/// cap_pages = 64
/// think_min = '5us'
/// think_max = '20us'
/// mix = { touch = 40, think = 5 }
/// ";
/// let spec: workloads::Spec = toml::from_str(text)?;
/// assert_eq!(spec.threads, 8);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// A preset of `shapes`, or `trace:NAME` for a recording.
    pub shape: String,
    /// Number of processes, or of copies of a recording. 1 to 4096, 1 if absent.
    #[serde(default = "one")]
    pub processes: u32,
    /// Number of threads of each process at the start. 1 to 4096, 1 if absent; a recording has its own.
    #[serde(default = "one")]
    pub threads: u32,

    /// Address space of each process at the start, in pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_pages: Option<u32>,
    /// Smallest `mmap`, `munmap`, `touch` and `release`, in pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op_pages_min: Option<u32>,
    /// Largest `mmap`, `munmap`, `touch` and `release`, in pages; at most `cap_pages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op_pages_max: Option<u32>,
    /// Most pages that one thread keeps mapped, not counting the initial ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_pages: Option<u32>,
    /// Shortest think, with its unit: `"5us"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub think_min: Option<String>,
    /// Longest think, with its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub think_max: Option<String>,
    /// Weights of the operations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mix: Option<Mix>,
    /// Fewest operations of an actor between two forks; not below `child_ops_max`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fork_gap_ops: Option<u32>,
    /// Fewest operations of a forked child before it exits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub child_ops_min: Option<u32>,
    /// Most operations of a forked child before it exits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub child_ops_max: Option<u32>,
    /// Share of forked processes that exec first, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec_percent: Option<u32>,

    /// Scale of recorded times, in percent; 100 if absent, and 0 removes all thinks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_scale_percent: Option<u32>,
    /// Longest think of a recording after scaling, with its unit; no limit if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_think_max: Option<String>,
    /// Percentage of the pages that are touched where a call of a recording commits more than 256 pages at once; 50 if
    /// absent, and 0 touches nothing at all. Smaller steps are touched whole. If the recording has samples of /proc,
    /// those are used instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_touch_percent: Option<u32>,
    /// True to start the first process of a recording again when it has ended; true if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_repeat: Option<bool>,
    /// True to accept a recording in which more than 20 % of the lines cannot be read; false if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_lenient: Option<bool>,
}

/// Weights of the operations, relative to each other. An absent weight is the preset's. At least one must not be 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mix {
    /// Weight of `mmap`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mmap: Option<u32>,
    /// Weight of `munmap`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub munmap: Option<u32>,
    /// Weight of `touch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub touch: Option<u32>,
    /// Weight of `release`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<u32>,
    /// Weight of `think`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub think: Option<u32>,
    /// Weight of `fork thread`, while a fork is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fork_thread: Option<u32>,
    /// Weight of `fork process`, while a fork is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fork_process: Option<u32>,
}

fn one() -> u32 {
    1
}

impl Spec {
    /// Returns the shape with all its own values.
    pub fn new(shape: impl Into<String>, processes: u32, threads: u32) -> Self {
        Spec {
            shape: shape.into(),
            processes,
            threads,
            initial_pages: None,
            op_pages_min: None,
            op_pages_max: None,
            cap_pages: None,
            think_min: None,
            think_max: None,
            mix: None,
            fork_gap_ops: None,
            child_ops_min: None,
            child_ops_max: None,
            exec_percent: None,
            trace_scale_percent: None,
            trace_think_max: None,
            trace_touch_percent: None,
            trace_repeat: None,
            trace_lenient: None,
        }
    }
}
