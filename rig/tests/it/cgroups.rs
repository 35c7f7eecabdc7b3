//! Helpers of the tests of real cgroups: they say whether a test can run here, and which cgroups exist.

pub(crate) use crate::skip::skip;
use rustix::process::geteuid;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Reports whether the test cannot run here.
pub(crate) fn skipped(test: &str) -> bool {
    let lacks = if !geteuid().is_root() {
        Some("needs root")
    } else if mounts().is_empty() {
        Some("needs a cgroup mount")
    } else {
        None
    };
    skip(test, lacks)
}

/// Reports whether the test, or the part of it that `test` names as well, cannot run for want of a v1 hierarchy.
pub(crate) fn without_v1(test: &str, controller: &str) -> bool {
    let is_mounted = mounts().iter().any(|mount| mount.ends_with(controller));
    skip(test, (!is_mounted).then(|| format!("needs a v1 mount of {controller}")).as_deref())
}

/// Returns the mount points of all cgroup hierarchies.
pub(crate) fn mounts() -> Vec<PathBuf> {
    let text = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let cgroups = text.lines().filter(|line| line.contains(" - cgroup"));
    cgroups.map(|line| line.split(' ').nth(4).unwrap().into()).collect()
}

/// Returns every cgroup that our process `pid` made, in all hierarchies.
pub(crate) fn groups_of(pid: u32) -> Vec<PathBuf> {
    let name = format!("attach-rig-{pid}-");
    let mut found = Vec::new();
    let mut folders = mounts();
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        for path in entries.filter(|e| e.file_type().is_ok_and(|t| t.is_dir())).map(|e| e.path()) {
            if path.file_name().unwrap().to_string_lossy().starts_with(&name) {
                found.push(path.clone());
            }
            folders.push(path);
        }
    }
    found
}

/// Returns a guard for tests that kill a run of root's, or clean up after dead runs: each would see the leftovers of
/// another.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static CLEANING: Mutex<()> = Mutex::new(());
    CLEANING.lock().unwrap_or_else(PoisonError::into_inner)
}
