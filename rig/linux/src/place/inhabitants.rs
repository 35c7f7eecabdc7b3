//! Lists the processes in a cgroup, and gets them out again.
use super::walk;
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, openat};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

const FILE: &str = "cgroup.procs";

/// Returns the pids of the processes in a cgroup; 0 means a process of another pid namespace. The set is empty where
/// they cannot be read, as in a threaded cgroup, whose processes its parent lists.
pub(crate) fn of(cgroup: &OwnedFd) -> BTreeSet<u32> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut text = String::new();
    let read = openat(cgroup, FILE, flags, Mode::empty())
        .map_err(io::Error::from)
        .and_then(|file| File::from(file).read_to_string(&mut text));
    if read.is_ok() { parse(&text) } else { BTreeSet::new() }
}

/// Returns the ids of the tasks that `file` of a cgroup lists; 0 means a task of another pid namespace. The set is
/// empty once the cgroup is gone.
pub(crate) fn tasks(cgroup: &Path, file: &str) -> BTreeSet<u32> {
    fs::read_to_string(cgroup.join(file)).map_or_else(|_| BTreeSet::new(), |text| parse(&text))
}

fn parse(text: &str) -> BTreeSet<u32> {
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

/// A process in words: its pid and its name.
pub(crate) fn words(pid: u32) -> String {
    if pid == 0 {
        return "a process of another pid namespace".into();
    }
    let name = input::proc::of(pid, "comm").unwrap_or_default();
    format!("process {pid} ({})", input::text::printable(name.trim_end_matches('\n')))
}

/// Moves every process in `cgroup` into `to`; returns the processes that were moved, in words.
pub(crate) fn move_out(cgroup: &OwnedFd, to: &OwnedFd) -> Vec<String> {
    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let Ok(file) = openat(to, FILE, flags, Mode::empty()) else { return Vec::new() };
    let mut file = File::from(file);
    let pids = of(cgroup).into_iter().filter(|pid| *pid != 0);
    pids.filter_map(|pid| {
        let words = words(pid);
        file.write_all(pid.to_string().as_bytes()).ok().map(|()| words)
    })
    .collect()
}

/// Moves every process out of the cgroup at `path`, into the cgroup `levels` above it; returns those moved, in words.
pub(crate) fn move_up(path: &Path, levels: usize) -> Vec<String> {
    let moved = || {
        let top = path.ancestors().nth(levels).ok_or(io::ErrorKind::NotFound)?;
        let to = walk::folder(top)?;
        let cgroup = walk::below(&to, path.strip_prefix(top).unwrap_or(path))?;
        Ok::<_, io::Error>(move_out(&cgroup, &to))
    };
    // Where this fails, the cgroup stays busy, and that is reported.
    moved().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pids_are_read_from_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "7\n0\n12\n").unwrap();
        let opened = walk::folder(&folder.path().canonicalize().unwrap()).unwrap();
        assert_eq!(of(&opened), [0, 7, 12].into());
        assert_eq!(tasks(folder.path(), FILE), of(&opened));
        assert_eq!(tasks(folder.path(), "tasks"), [].into());
        assert!(words(0).contains("another pid namespace"));
        assert!(words(std::process::id()).starts_with(&format!("process {} (", std::process::id())));
    }
}
