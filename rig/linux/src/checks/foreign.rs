//! Processes in the run's cgroups that are not the run's. The kernel counts them and the workers' books do not, so a
//! counter that includes them says nothing about the kernel. They are named and left alone.
use super::super::place::group::Groups;
use super::super::place::inhabitants;
use input::proc;
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Processes that are named one by one.
const NAMED: usize = 5;
/// Tries to follow a process to its ancestors while these end.
const TRIES: usize = 3;

/// Processes of others by cgroup and pid, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Foreign(BTreeMap<(PathBuf, u32), String>);

impl Foreign {
    /// Looks for them in all cgroups of the run. `own` are the workers that are moved; their threads and descendants
    /// also belong to the run.
    pub(crate) fn look(groups: &Groups, own: &[u32]) -> Self {
        let mut found = Self::default();
        let mut folders = vec![groups.top().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for id in inhabitants::tasks(&folder, groups.threads_file()) {
                if let Some(pid) = stranger(id, own, &status) {
                    found.0.insert((folder.clone(), pid), inhabitants::words(pid));
                }
            }
            // A cgroup that another program made below ours counts into it.
            let below = fs::read_dir(&folder).into_iter().flatten().flatten();
            folders.extend(below.map(|entry| entry.path()).filter(|path| path.is_dir()));
        }
        found
    }

    #[cfg(test)]
    pub(crate) fn of_test(cgroup: &str, pid: u32, words: &str) -> Self {
        Self([((cgroup.into(), pid), words.to_owned())].into())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Reports whether one of them is in this cgroup or below it.
    pub(crate) fn is_below(&self, cgroup: &Path) -> bool {
        self.0.keys().any(|(folder, _)| folder.starts_with(cgroup))
    }

    /// Returns all of them in words, each with its cgroup; `None` when there are none.
    pub(crate) fn words(&self) -> Option<String> {
        let each = self.0.iter().map(|((folder, _), words)| format!("{words} in {}", folder.display()));
        let mut named: Vec<String> = each.take(NAMED).collect();
        let more = self.0.len() - named.len();
        named.extend((more > 0).then(|| format!("{more} more")));
        (!named.is_empty()).then(|| named.join(", "))
    }
}

/// A task's process and the parent of that.
#[derive(Clone, Copy, Debug)]
struct Status {
    process: u32,
    parent: u32,
}

fn status(id: u32) -> Option<Status> {
    let text = proc::of(id, "status")?;
    let number = |name: &str| proc::number(&text, name)?.try_into().ok();
    Some(Status { process: number("Tgid")?, parent: number("PPid")? })
}

/// Returns the pid of the task's process when that is neither one of `own` nor a descendant.
fn stranger(id: u32, own: &[u32], status: &impl Fn(u32) -> Option<Status>) -> Option<u32> {
    for _ in 0..TRIES {
        // A task that /proc does not show has ended, or it belongs to another user and is hidden.
        let Some(first) = status(id) else { return exists(id).then_some(id) };
        let mut at = first;
        loop {
            if own.contains(&at.process) {
                return None;
            }
            if at.parent == 0 {
                return Some(first.process);
            }
            // An ancestor that ended has handed its children on.
            let Some(next) = status(at.parent) else { break };
            at = next;
        }
    }
    Some(id)
}

/// Reports whether there is such a task; 0 means a task of another pid namespace.
fn exists(id: u32) -> bool {
    Pid::from_raw(id.cast_signed()).is_none_or(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worker 10 with thread 11, its child 20 and grandchild 30; 40 is of another program, and 50 has an ended parent.
    fn family(id: u32) -> Option<Status> {
        let of = |process, parent| Some(Status { process, parent });
        match id {
            1 => of(1, 0),
            5 => of(5, 1),
            10 | 11 => of(10, 5),
            20 => of(20, 10),
            30 => of(30, 20),
            40 | 41 => of(40, 1),
            50 => of(50, 4_194_304),
            _ => None,
        }
    }

    #[test]
    fn workers_with_their_threads_and_descendants_are_the_runs() {
        for own in [10, 11, 20, 30] {
            assert_eq!(stranger(own, &[10], &family), None, "{own}");
        }
        assert_eq!(stranger(41, &[10], &family), Some(40), "named by its process");
        assert_eq!(stranger(5, &[10], &family), Some(5), "an ancestor of a worker is not of the run");
        assert_eq!(stranger(50, &[10], &family), Some(50));
        // Above the largest pid.
        assert_eq!(stranger(4_194_305, &[10], &family), None, "ended");
        assert_eq!(stranger(0, &[10], &family), Some(0), "of another pid namespace");
    }

    #[test]
    fn many_are_counted_and_found_by_cgroup() {
        let mut foreign = Foreign::default();
        assert_eq!(foreign.words(), None);
        (1..=7)
            .for_each(|pid| foreign.add(Foreign::of_test("/c/run/a/below", pid, &format!("process {pid}"))));
        let words = foreign.words().unwrap();
        assert!(words.starts_with("process 1 in /c/run/a/below, process 2 "), "{words}");
        assert!(words.ends_with("process 5 in /c/run/a/below, 2 more"), "{words}");
        assert!(foreign.is_below(Path::new("/c/run/a")) && !foreign.is_below(Path::new("/c/run/b")));
    }

    #[test]
    fn this_process_has_a_status() {
        let own = std::process::id();
        assert_eq!(status(own).map(|status| status.process), Some(own));
        assert_eq!(stranger(own, &[own], &status), None);
    }
}
