//! The reason why the kernel refused, looked for on this machine, and what to do about it.
//!
//! ```text
//! limits   tasks and memory: limits up the tree of cgroups, of the user and of the machine
//! cgroups  real-time tasks, threaded cgroups, cpusets without CPUs, controllers in the way
//! ```
//!
//! A module separate from `error`, which knows the action that failed: an errno says little, and files say the rest.
//! Everything is read through [`Look`], so that a machine is a few texts in a test.
mod cgroups;
mod limits;

use super::error::{Cause, LinuxError};
use super::place::discovery::{CGROUP, Hierarchies, MOUNTINFO, Place};
use input::proc;
use rustix::io::Errno;
use std::path::{Path, PathBuf};

pub(crate) use limits::Before;

/// Files of the machine.
pub(crate) trait Look {
    /// Returns the text of a small file; `None` where it cannot be read.
    fn text(&self, path: &Path) -> Option<String>;
    /// Counts the tasks of this user, for a limit that counts those.
    fn tasks_of_user(&self) -> Option<u64>;
}

/// The machine on which this process runs.
pub(crate) struct Here;

impl Look for Here {
    fn text(&self, path: &Path) -> Option<String> {
        let bytes = input::file::read(path, 1 << 20).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn tasks_of_user(&self) -> Option<u64> {
        let own = rustix::process::getuid().as_raw();
        let pids =
            std::fs::read_dir("/proc").ok()?.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
        let tasks = |pid: u32| {
            let status = proc::of(pid, "status")?;
            let is_own = proc::number(&status, "Uid")? == u64::from(own);
            is_own.then(|| proc::number(&status, "Threads")).flatten()
        };
        Some(pids.filter_map(tasks).sum())
    }
}

/// A reason in words, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The finding, with values.
    pub why: String,
    /// A command, or what to change.
    pub remedy: String,
}

impl Reason {
    fn new(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: remedy.into() }
    }
}

/// Reads the hierarchies that the machine shows.
pub(crate) fn hierarchies(look: &dyn Look) -> Hierarchies {
    let text = |path: &str| look.text(Path::new(path)).unwrap_or_default();
    Hierarchies::of(&text(MOUNTINFO), &text(CGROUP))
}

/// Places in which a reason may be found.
pub(crate) struct Scene<'a> {
    look: &'a dyn Look,
    place: &'a Place,
    /// Cgroups of the run that still exist.
    groups: &'a [PathBuf],
    before: &'a Before,
    hierarchies: Hierarchies,
}

impl<'a> Scene<'a> {
    /// Reads mounts and memberships; `before` was taken before the error.
    pub(crate) fn new(
        look: &'a dyn Look,
        place: &'a Place,
        (groups, before): (&'a [PathBuf], &'a Before),
    ) -> Self {
        Self { look, place, groups, before, hierarchies: hierarchies(look) }
    }

    /// The trimmed text of a file in a cgroup.
    fn value(&self, folder: &Path, file: &str) -> Option<String> {
        Some(self.look.text(&folder.join(file))?.trim().to_owned())
    }
}

/// Returns the reason why this process gets no further thread, as the end of a sentence with the remedy. It is empty
/// where nothing explains it.
#[must_use]
pub fn no_thread() -> String {
    let hierarchies = hierarchies(&Here);
    let place = [Some("pids"), None].into_iter().find_map(|name| hierarchies.place(name));
    let before = Before::default();
    let reason = place.and_then(|place| limits::least_tasks(&Scene::new(&Here, &place, (&[], &before))));
    reason.map_or_else(String::new, |Reason { why, remedy }| format!(" ({why}; try: {remedy})"))
}

/// Adds the reason to an error that does not have its own. Errors about options and leftovers stay as they are.
pub(crate) fn explain(error: LinuxError, scene: &Scene<'_>) -> LinuxError {
    if let LinuxError::Leftover { remains, after: Some(after) } = error {
        return LinuxError::Leftover { remains, after: Some(Box::new(explain(*after, scene))) };
    }
    match find(&error, scene).or_else(|| unknown(&error)) {
        Some(reason) => LinuxError::Explained { error: Box::new(error), reason },
        None => error,
    }
}

/// Looks for the reason of an error.
pub(crate) fn find(error: &LinuxError, scene: &Scene<'_>) -> Option<Reason> {
    match error {
        LinuxError::Setup { source, .. } => by_errno(Errno::from_io_error(source)?, scene),
        LinuxError::WorkerStart { cause: Some(Cause::Errno(errno)), .. } => {
            by_errno(Errno::from_raw_os_error(*errno), scene)
        }
        LinuxError::WorkerStart { cause: Some(Cause::Signal(9)), .. } => Some(limits::killed(scene)),
        LinuxError::WorkerDied { status, .. } => {
            let signal = std::os::unix::process::ExitStatusExt::signal(status);
            (signal == Some(9)).then(|| limits::killed(scene))
        }
        LinuxError::WorkerSilent { .. } => limits::throttled(scene),
        _ => None,
    }
}

fn by_errno(errno: Errno, scene: &Scene<'_>) -> Option<Reason> {
    match errno {
        Errno::AGAIN => limits::tasks(scene).or_else(|| limits::descendants(scene)),
        Errno::NOMEM => limits::memory(scene),
        Errno::MFILE | Errno::NFILE => limits::files(scene),
        Errno::INVAL => cgroups::real_time(scene).or_else(|| cgroups::no_cpus(scene)),
        Errno::NOSPC => cgroups::no_cpus(scene).or_else(|| cgroups::too_many(scene)),
        Errno::OPNOTSUPP => cgroups::threaded(scene),
        Errno::BUSY => cgroups::in_the_way(scene),
        Errno::NOENT | Errno::NODEV => cgroups::gone(scene),
        Errno::ROFS => cgroups::read_only(scene),
        Errno::SRCH => Some(Reason::new(
            "the process that was to be moved has ended",
            "run it again; if it happens again, look at what ends processes here (dmesg, a service manager)",
        )),
        _ => None,
    }
}

/// The words for an exit code 4 that nothing explains.
fn unknown(error: &LinuxError) -> Option<Reason> {
    let unexplained = matches!(error, LinuxError::Setup { .. } | LinuxError::WorkerStart { .. });
    unexplained.then(|| {
        Reason::new(
            "no limit, type or mount that this program looks at explains it",
            "attach-rig doctor, which shows what works here; `dmesg | tail` may show what the kernel says",
        )
    })
}

#[cfg(test)]
pub(super) mod tests;
