//! What a scenario may say about a workload, as it is written: everything but the shape is optional, nothing
//! is checked beyond the types. `resolve` turns it into numbers, `plan` into something that runs.

use serde::{Deserialize, Serialize};

/// The prefix of the name of a recording in [`Spec::shape`].
pub const TRACE_PREFIX: &str = "trace:";

/// One workload. A field that is absent keeps the value of the shape's preset.
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
    /// Processes; for a recording, how many copies of it run. 1 to 4096, 1 if absent.
    #[serde(default = "one")]
    pub processes: u32,
    /// Threads of each process at the start. 1 to 4096, 1 if absent; a recording brings its own.
    #[serde(default = "one")]
    pub threads: u32,

    /// Address space of each process at the start, in pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_pages: Option<u32>,
    /// Smallest `mmap`, `munmap`, `touch` and `release`, in pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op_pages_min: Option<u32>,
    /// Largest of them, in pages; at most `cap_pages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op_pages_max: Option<u32>,
    /// What one thread keeps mapped at most, in pages, the start's not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap_pages: Option<u32>,
    /// Shortest think, with its unit: `"5us"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub think_min: Option<String>,
    /// Longest think, with its unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub think_max: Option<String>,
    /// How often each operation is drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mix: Option<Mix>,
    /// Operations of an actor from one fork to the next, at least; not below `child_ops_max`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fork_gap_ops: Option<u32>,
    /// Fewest operations of a forked child before it exits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub child_ops_min: Option<u32>,
    /// Most of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub child_ops_max: Option<u32>,
    /// Share of forked processes that exec first, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exec_percent: Option<u32>,

    /// Recorded times are multiplied by this, in percent; 100 if absent, 0 leaves no thinks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_scale_percent: Option<u32>,
    /// Longest think of a recording after scaling, with its unit; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_think_max: Option<String>,
    /// Share of the pages that is touched where a call of a recording commits more than 256 pages at once, in
    /// percent; 50 if absent, 0 touches nothing at all. Smaller steps are touched whole. Samples of /proc in the
    /// recording count instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_touch_percent: Option<u32>,
    /// Reports whether the first process of a recording starts again when it has ended; yes if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_repeat: Option<bool>,
    /// Reports whether a recording is accepted of which more than 20 % of the lines were not understood; no if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_lenient: Option<bool>,
}

/// Weights of the operations, relative to each other; an absent one keeps the preset's. At least one must not
/// be 0.
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
    /// The shape with all its own values.
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
