//! The name of a run's cgroup, which says to which run it belongs: nothing without such a name is ever removed.
use super::super::error::LinuxError;
use input::proc;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;

const PREFIX: &str = "attach-rig-";

/// Name of a run's cgroup: pid and start time of the process that made it, which together name it for one boot and one
/// namespace of pids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RunId {
    pid: u32,
    start_ticks: u64,
}

impl RunId {
    /// The id of this process.
    ///
    /// # Errors
    /// [`LinuxError::Setup`] when `/proc` cannot be read, or shows another namespace of pids.
    pub(crate) fn own() -> Result<Self, LinuxError> {
        let pid = std::process::id();
        let fail = || LinuxError::Setup {
            doing: format!(
                "find this process (pid {pid}) in /proc (in a pid namespace of its own, first: mount -t proc proc /proc)"
            ),
            source: io::ErrorKind::NotFound.into(),
        };
        pid_namespace().ok_or_else(fail)?;
        Ok(Self { pid, start_ticks: start_ticks(pid).ok_or_else(fail)? })
    }

    /// Reports whether a process of this pid and start time lives, in this namespace of pids.
    pub(crate) fn is_alive(self) -> bool {
        start_ticks(self.pid) == Some(self.start_ticks)
    }

    /// Reads a folder's name back; `None` for every name that a run of ours would not have given.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (pid, ticks) = name.strip_prefix(PREFIX)?.split_once('-')?;
        let id = Self { pid: pid.parse().ok()?, start_ticks: ticks.parse().ok()? };
        // Parsing accepts `+1` and `01`; printing again does not.
        (id.to_string() == name).then_some(id)
    }
}

/// Returns the start of a process in ticks since boot; `None` when no process has that pid, or only a zombie.
pub(crate) fn start_ticks(pid: u32) -> Option<u64> {
    living(&proc::of(pid, "stat")?)
}

fn living(stat: &str) -> Option<u64> {
    let (state, threads, start) = (3, 20, 22);
    // A main thread that has ended is a zombie too, while other threads of its process go on.
    let dead = matches!(proc::stat_field(stat, state)?, "Z" | "X" | "x")
        && matches!(proc::stat_field(stat, threads)?, "0" | "1");
    if dead { None } else { proc::stat_field(stat, start)?.parse().ok() }
}

/// Returns the number of this process's namespace of pids. `None` where `/proc` shows another one: then nothing can be
/// said about a pid.
pub(crate) fn pid_namespace() -> Option<u64> {
    let pid: u32 = proc::of("self", "stat")?.split(' ').next()?.parse().ok()?;
    let namespace = fs::metadata("/proc/self/ns/pid").ok()?.ino();
    (pid == std::process::id()).then_some(namespace)
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}-{}", self.pid, self.start_ticks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_a_run_gives_are_ours() {
        const ID: RunId = RunId { pid: 12, start_ticks: 345 };
        assert_eq!(RunId::parse("attach-rig-12-345"), Some(ID));
        assert_eq!(RunId::parse(&RunId::own().unwrap().to_string()), Some(RunId::own().unwrap()));
        for name in [
            "",
            "a",
            "attach-rig-",
            "attach-rig-12",
            "attach-rig-12-",
            "attach-rig-+1-2",
            "attach-rig-01-2",
            "x-12-345",
        ] {
            assert_eq!(RunId::parse(name), None, "{name}");
        }
    }

    #[test]
    fn a_zombie_is_dead_unless_other_threads_of_it_go_on() {
        let mut child = std::process::Command::new("/bin/true").spawn().unwrap();
        let stat = || fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        let until = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while !stat().contains(") Z ") && std::time::Instant::now() < until {
            std::thread::yield_now();
        }
        assert_eq!(start_ticks(child.id()), None);
        child.wait().unwrap();
        let zombie = |threads| format!("7 (a) b) Z 1 7 7 0 -1 4 0 0 0 0 0 0 0 0 20 0 {threads} 0 345 0");
        assert_eq!(living(&zombie(1)), None);
        assert_eq!(living(&zombie(2)), Some(345));
        assert_eq!(living("7 (a) R"), None);
        assert!(start_ticks(std::process::id()).is_some() && pid_namespace().is_some());
    }
}
