//! What became of every line of a recording, so that one can see what a replay leaves out.

use std::collections::BTreeMap;

/// Every line is counted once: `lines` = `used` + `joined` + the sums of `failed`, `ignored` and `unknown`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceReport {
    /// Lines of the log.
    pub lines: u64,
    /// Calls that were replayed, or that changed what later calls mean, and the exits of tasks.
    pub used: u64,
    /// First halves of calls that were interrupted by another task; the call itself counts with its second
    /// half.
    pub joined: u64,
    /// Calls that had failed and so changed nothing, by name.
    pub failed: BTreeMap<String, u64>,
    /// Lines that are known and left out, by name: calls such as `mprotect`, and in brackets signals, blank
    /// lines, halves without their counterpart, and calls of tasks whose fork is not in the log.
    pub ignored: BTreeMap<String, u64>,
    /// Calls that are not known, by name, and in brackets lines that do not look as strace writes them.
    pub unknown: BTreeMap<String, u64>,
    /// Tasks whose fork is not in the log, because strace was attached later; they are not replayed.
    pub orphans: u64,
}

impl TraceReport {
    pub(super) fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
        if let Some(count) = counts.get_mut(name) {
            *count += 1;
        } else {
            counts.insert(name.to_owned(), 1);
        }
    }
}
