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
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Shape of the operations, or the recording that is replayed.
    ///
    /// Values: [shapes](#shapes), or `trace:FILE` with a file relative to the scenario.
    pub shape: String,
    /// Number of processes, or of copies of a recording.
    ///
    /// Unit: processes. Values: 1 to 4096. Default: `1`.
    #[serde(default = "one")]
    pub processes: u32,
    /// Number of threads of each process at the start; a recording has its own.
    ///
    /// Unit: threads. Values: 1 to 4096. Default: `1`.
    #[serde(default = "one")]
    pub threads: u32,

    /// Address space of each process at the start.
    ///
    /// Unit: pages. Values: 0 to 4294967295. Default: as the shape.
    pub initial_pages: Option<u32>,
    /// Smallest `mmap`, `munmap`, `touch` and `release`; at most `op_pages_max`.
    ///
    /// Unit: pages. Values: 1 to 4294967295. Default: as the shape.
    pub op_pages_min: Option<u32>,
    /// Largest `mmap`, `munmap`, `touch` and `release`; at most `cap_pages`.
    ///
    /// Unit: pages. Values: 0 to 4294967295. Default: as the shape.
    pub op_pages_max: Option<u32>,
    /// Most pages that one thread keeps mapped, not counting the initial ones.
    ///
    /// Unit: pages. Values: 0 to 4294967295. Default: as the shape.
    pub cap_pages: Option<u32>,
    /// Shortest think; at most `think_max`.
    ///
    /// Unit: time. Values: from 1ns. Default: as the shape.
    pub think_min: Option<String>,
    /// Longest think.
    ///
    /// Unit: time. Values: from 1ns. Default: as the shape.
    pub think_max: Option<String>,
    /// Weights of the operations.
    ///
    /// Default: as the shape.
    pub mix: Option<Mix>,
    /// Fewest operations of an actor between two forks; not below `child_ops_max`.
    ///
    /// Unit: operations. Values: 0 to 4294967295. Default: as the shape.
    pub fork_gap_ops: Option<u32>,
    /// Fewest operations of a forked child before it exits; at most `child_ops_max`.
    ///
    /// Unit: operations. Values: 0 to 4294967295. Default: as the shape.
    pub child_ops_min: Option<u32>,
    /// Most operations of a forked child before it exits.
    ///
    /// Unit: operations. Values: 0 to 4294967295. Default: as the shape.
    pub child_ops_max: Option<u32>,
    /// Share of forked processes that exec first.
    ///
    /// Unit: percent. Values: 0 to 100. Default: as the shape.
    pub exec_percent: Option<u32>,

    /// Scale of recorded times; 0 removes all thinks.
    ///
    /// Unit: percent. Values: 0 to 4294967295. Default: `100`.
    pub trace_scale_percent: Option<u32>,
    /// Longest think of a recording after scaling.
    ///
    /// Unit: time. Values: from 0ns. Default: no limit.
    pub trace_think_max: Option<String>,
    /// Percentage of the pages that are touched where a call of a recording commits more than 256 pages at once; 0
    /// touches nothing at all. Smaller steps are touched whole. If the recording has samples of /proc, those are used
    /// instead.
    ///
    /// Unit: percent. Values: 0 to 100. Default: `50`.
    pub trace_touch_percent: Option<u32>,
    /// True to start the first process of a recording again when it has ended.
    ///
    /// Default: `true`.
    pub trace_repeat: Option<bool>,
    /// True to accept a recording in which more than 20 % of the lines cannot be read.
    ///
    /// Default: `false`.
    pub trace_lenient: Option<bool>,
}

/// Weights of the operations, relative to each other. An absent weight is the preset's. At least one must not be 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mix {
    /// Weight of `mmap`.
    ///
    /// Unit: none. Values: 0 to 4294967295. Default: as the shape.
    pub mmap: Option<u32>,
    /// Weight of `munmap`.
    ///
    /// Unit: none. Values: 0 to 4294967295. Default: as the shape.
    pub munmap: Option<u32>,
    /// Weight of `touch`.
    ///
    /// Unit: none. Values: 0 to 4294967295. Default: as the shape.
    pub touch: Option<u32>,
    /// Weight of `release`.
    ///
    /// Unit: none. Values: 0 to 4294967295. Default: as the shape.
    pub release: Option<u32>,
    /// Weight of `think`.
    ///
    /// Unit: none. Values: 0 to 4294967295. Default: as the shape.
    pub think: Option<u32>,
    /// Weight of `fork thread`, while a fork is due.
    ///
    /// Unit: none. Values: 0 to 4294967295. Default: as the shape.
    pub fork_thread: Option<u32>,
    /// Weight of `fork process`, while a fork is due.
    ///
    /// Unit: none. Values: 0 to 4294967295. Default: as the shape.
    pub fork_process: Option<u32>,
}

fn one() -> u32 {
    1
}

impl Spec {
    /// Returns the shape with all its own values.
    pub fn new(shape: impl Into<String>, processes: u32, threads: u32) -> Self {
        Spec { shape: shape.into(), processes, threads, ..Spec::default() }
    }
}
