//! Recordings of real programs that a run replays: what was understood of them.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The report of a recording. Pages are 4 KiB each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// The name in the scenario, without `trace:`.
    pub name: String,
    /// Files, encoding, pids and times, in words.
    pub form: String,
    /// Lines that are not blank.
    pub lines: u64,
    /// Threads in all, first threads of processes included.
    pub threads: u64,
    /// Most threads at one time.
    pub threads_peak: u64,
    /// Processes in all.
    pub processes: u64,
    /// Most processes at one time.
    pub processes_peak: u64,
    /// Tasks that were there when the recording began.
    pub adopted: u64,
    /// Calls that are replayed, by name.
    pub used: BTreeMap<String, u64>,
    /// Calls that nothing of the replay depends on, by name.
    pub ignored: BTreeMap<String, u64>,
    /// Calls that had failed, by name.
    pub failed: BTreeMap<String, u64>,
    /// Lines that were not understood, by kind.
    pub dropped: Vec<DroppedLines>,
    /// Pages that calls added to address spaces.
    pub pages_mapped: u64,
    /// Of these without access or without a reservation of memory.
    pub pages_reserved: u64,
    /// Private and writable pages.
    pub pages_committed: u64,
    /// Pages that are touched.
    pub pages_touched: u64,
    /// Most touched pages at one time.
    pub pages_touched_peak: u64,
    /// Touched pages of all processes, each at its end.
    pub pages_touched_at_ends: u64,
    /// The rule for touched pages, in words.
    pub touch_rule: String,
    /// Assumptions about what the recording does not hold, a sentence each.
    pub assumptions: Vec<String>,
}

/// Lines of one kind that were not understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DroppedLines {
    /// The reason.
    pub kind: String,
    /// Their number.
    pub count: u64,
    /// Number of the first one, from 1.
    pub first_line: u64,
    /// Beginning of that line, without control characters.
    pub excerpt: String,
}

impl Recording {
    /// Returns the number of lines that were not understood.
    #[must_use]
    pub fn dropped_lines(&self) -> u64 {
        self.dropped.iter().map(|kind| kind.count).sum()
    }
}
