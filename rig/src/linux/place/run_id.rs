//! The name of a run's cgroup, which says whose it is: nothing without such a name is ever removed.
use super::super::error::LinuxError;
use std::fmt;
use std::fs;
use std::io;

const PREFIX: &str = "attach-rig-";

/// Name of a run's cgroup: pid and start time of the process that made it, which together name it for one boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::linux) struct RunId {
    pid: u32,
    start_ticks: u64,
}

impl RunId {
    /// The id of this process.
    ///
    /// # Errors
    /// [`LinuxError::Setup`] when `/proc/self/stat` cannot be read.
    pub(in crate::linux) fn own() -> Result<Self, LinuxError> {
        let pid = std::process::id();
        let fail = || LinuxError::Setup {
            doing: format!("read /proc/{pid}/stat"),
            source: io::ErrorKind::InvalidData.into(),
        };
        Ok(Self { pid, start_ticks: start_ticks(pid).ok_or_else(fail)? })
    }

    /// Whether the run is still under way.
    pub(in crate::linux) fn is_alive(self) -> bool {
        start_ticks(self.pid) == Some(self.start_ticks)
    }

    /// Reads a folder's name back; `None` for every name that a run of ours would not have given.
    pub(in crate::linux) fn parse(name: &str) -> Option<Self> {
        let (pid, ticks) = name.strip_prefix(PREFIX)?.split_once('-')?;
        let id = Self { pid: pid.parse().ok()?, start_ticks: ticks.parse().ok()? };
        // Parsing accepts `+1` and `01`; printing again does not.
        (id.to_string() == name).then_some(id)
    }
}

/// When a process started, in ticks since boot; `None` when there is none of that pid.
pub(in crate::linux) fn start_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; `starttime` is field 22, the 20th after it.
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.split(' ').nth(19)?.parse().ok()
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
}
