//! Reading of the files about the worker at one moment: its places, its masks, and the counters of the run's cgroups.
//!
//! Counters of memory may differ by the pages that CPUs hold in advance; everything else has to read the same.
use super::super::error::LinuxError;
use super::super::place::group::Groups;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Files of a cgroup that a refused move must leave as they were, where they are there.
const FILES: [&str; 9] = [
    "cgroup.procs",
    "pids.current",
    "cpuset.cpus",
    "cpuset.mems",
    "freezer.state",
    "cgroup.freeze",
    "cgroup.type",
    "memory.max",
    "memory.limit_in_bytes",
];
/// Counters of memory, in bytes.
const SLACK_FILES: [&str; 2] = ["memory.current", "memory.usage_in_bytes"];

/// Contents by file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading(BTreeMap<String, String>);

impl Reading {
    /// Reads everything.
    ///
    /// # Errors
    /// [`LinuxError::Setup`] when the worker's own files cannot be read.
    pub(crate) fn of(pid: u32, groups: &Groups) -> Result<Self, LinuxError> {
        let mut all = BTreeMap::new();
        let tasks = format!("/proc/{pid}/task");
        let unreadable = |source| LinuxError::Setup { doing: format!("read {tasks}"), source };
        for entry in fs::read_dir(&tasks).map_err(unreadable)? {
            let thread = entry.map_err(unreadable)?.path();
            let read = |file: &str| fs::read_to_string(thread.join(file)).map_err(unreadable);
            let status = read("status")?;
            let masks = status.lines().filter(|line| {
                line.starts_with("Cpus_allowed_list") || line.starts_with("Mems_allowed_list")
            });
            let name = |file: &str| thread.join(file).display().to_string();
            all.insert(name("status"), masks.collect::<Vec<_>>().join(", "));
            all.insert(name("cgroup"), read("cgroup")?);
        }
        for folder in groups.children().iter().map(PathBuf::as_path).chain([groups.top()]) {
            FILES.iter().chain(&SLACK_FILES).for_each(|file| insert(&mut all, &folder.join(file)));
        }
        Ok(Self(all))
    }

    /// Returns the first file that says something else in `after`, in words. Memory counters may differ by
    /// `slack_bytes`.
    pub(crate) fn difference(&self, after: &Self, slack_bytes: i64) -> Option<String> {
        let nothing = String::new();
        let files = self.0.keys().chain(after.0.keys());
        let bytes = |reading: &Self, file: &String| reading.0.get(file)?.trim().parse::<i64>().ok();
        let within = |file: &String| {
            let is_slack = SLACK_FILES.iter().any(|name| file.ends_with(name));
            let both = bytes(self, file).zip(bytes(after, file));
            is_slack && both.is_some_and(|(before, after)| (before - after).abs() <= slack_bytes)
        };
        let differs = |file: &&String| self.0.get(*file) != after.0.get(*file) && !within(file);
        let file = files.into_iter().find(differs)?;
        let text = |reading: &Self| reading.0.get(file).unwrap_or(&nothing).trim().replace('\n', " ");
        Some(format!("{file} read `{}` before and `{}` after", text(self), text(after)))
    }
}

/// A file that this kernel or hierarchy does not have says nothing.
fn insert(all: &mut BTreeMap<String, String>, path: &Path) {
    if let Ok(text) = fs::read_to_string(path) {
        let mut lines: Vec<&str> = text.lines().collect();
        // cgroup.procs is in no order.
        lines.sort_unstable();
        all.insert(path.display().to_string(), lines.join("\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_names_the_file_and_both_contents() {
        let reading = |text: &str| Reading([("a/pids.current".to_owned(), text.to_owned())].into());
        assert_eq!(reading("3\n").difference(&reading("3\n"), 0), None);
        assert_eq!(
            reading("3\n").difference(&reading("4\n"), 9).as_deref(),
            Some("a/pids.current read `3` before and `4` after")
        );
        let gone = Reading(BTreeMap::new());
        assert!(reading("3").difference(&gone, 9).is_some() && gone.difference(&reading("3"), 9).is_some());
    }

    #[test]
    fn memory_may_differ_by_what_cpus_hold() {
        let reading = |text: &str| Reading([("a/memory.current".to_owned(), text.to_owned())].into());
        assert_eq!(reading("4096").difference(&reading("8192"), 4096), None);
        assert!(reading("4096").difference(&reading("8193"), 4096).is_some());
        assert!(reading("4096").difference(&reading("max"), 4096).is_some());
    }
}
