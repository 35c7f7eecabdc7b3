//! What the files say of the worker at one moment: its places, its masks, and the counters of the run's cgroups.
use super::error::LinuxError;
use super::group::Groups;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Files of a cgroup that a refused move must leave as they were, where they are there.
const FILES: [&str; 8] = [
    "cgroup.procs",
    "pids.current",
    "cpuset.cpus",
    "cpuset.mems",
    "freezer.state",
    "cgroup.freeze",
    "cgroup.type",
    "memory.max",
];

/// Contents by file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading(BTreeMap<String, String>);

impl Reading {
    /// Reads everything.
    ///
    /// # Errors
    /// [`LinuxError::Setup`] when the worker's own files cannot be read.
    pub(super) fn of(pid: u32, groups: &Groups) -> Result<Self, LinuxError> {
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
        for folder in [groups.top().to_path_buf(), groups.top().join("a"), groups.top().join("b")] {
            FILES.iter().for_each(|file| insert(&mut all, &folder.join(file)));
        }
        Ok(Self(all))
    }

    /// The first file that says something else in `after`, in words.
    pub(super) fn difference(&self, after: &Self) -> Option<String> {
        let nothing = String::new();
        let files = self.0.keys().chain(after.0.keys());
        let differs = |file: &&String| self.0.get(*file) != after.0.get(*file);
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
        assert_eq!(reading("3\n").difference(&reading("3\n")), None);
        assert_eq!(
            reading("3\n").difference(&reading("4\n")).as_deref(),
            Some("a/pids.current read `3` before and `4` after")
        );
        let gone = Reading(BTreeMap::new());
        assert!(reading("3").difference(&gone).is_some() && gone.difference(&reading("3")).is_some());
    }
}
