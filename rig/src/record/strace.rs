//! strace as a child process: finds it, starts it with the flags that a recording needs, and ends it.
use super::error::RecordError;
use input::proc;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

/// Time in µs for which each process is held at its exit, so that its memory can be read once more.
const EXIT_DELAY_US: u32 = 10_000;

/// The subject of a recording.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A program with its arguments, to be started.
    Program(Vec<OsString>),
    /// Running processes.
    Pids(Vec<u32>),
}

impl Subject {
    /// Returns the processes that exist at the beginning.
    pub(super) fn pids(&self) -> &[u32] {
        match self {
            Self::Program(_) => &[],
            Self::Pids(pids) => pids,
        }
    }

    fn check(&self) -> Result<(), RecordError> {
        match self {
            Self::Program(words) => {
                let name = words.first().cloned().unwrap_or_default();
                let shown = || input::text::printable(&name.to_string_lossy()).into_owned();
                find(&name).map(drop).ok_or_else(|| RecordError::NoProgram { name: shown() })
            }
            Self::Pids(pids) => pids.iter().try_for_each(|pid| check_pid(*pid)),
        }
    }
}

fn check_pid(pid: u32) -> Result<(), RecordError> {
    let status = proc::of(pid, "status").ok_or(RecordError::NoProcess { pid })?;
    match proc::number(&status, "TracerPid").and_then(|by| by.try_into().ok()) {
        Some(0) | None => Ok(()),
        Some(by) => Err(RecordError::Traced { pid, by }),
    }
}

/// Finds a program by name in PATH, or by path.
fn find(name: &OsString) -> Option<PathBuf> {
    let is_program = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    };
    if name.as_encoded_bytes().contains(&b'/') {
        return Some(PathBuf::from(name)).filter(is_program);
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(is_program)
}

/// A running strace. Dropping it ends it; a service that it was attached to keeps running.
pub(super) struct Strace {
    child: Child,
    is_attached: bool,
    /// Number of signals sent to the program.
    signals: usize,
}

impl Strace {
    /// Starts strace, which writes to `output`.
    pub(super) fn start(subject: &Subject, output: &Path) -> Result<Self, RecordError> {
        let strace = find(&"strace".into()).ok_or(RecordError::NoStrace)?;
        subject.check()?;
        let mut command = Command::new(strace);
        command.args(["-f", "-ttt", "-q", "-s", "0", "-e", "trace=%memory,%process", "-e", "signal=none"]);
        command.arg("-e").arg(format!("inject=exit_group:delay_enter={EXIT_DELAY_US}"));
        command.arg("-o").arg(output);
        match subject {
            Subject::Program(words) => command.arg("--").args(words),
            Subject::Pids(pids) => {
                command.args(pids.iter().flat_map(|pid| ["-p".to_owned(), pid.to_string()]))
            }
        };
        let child = command.spawn().map_err(|source| RecordError::Setup {
            doing: "start strace",
            source,
            remedy: "check whether `strace -V` works",
        })?;
        Ok(Self { child, is_attached: matches!(subject, Subject::Pids(_)), signals: 0 })
    }

    /// Returns the exit status, once strace has ended.
    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>, RecordError> {
        self.child.try_wait().map_err(waiting)
    }

    /// Makes strace detach from the processes.
    pub(super) fn detach(&mut self) -> Result<(), RecordError> {
        if self.is_attached { self.signal(self.child.id(), Signal::INT) } else { Ok(()) }
    }

    /// Asks the program to end: first as Ctrl-C does, then by SIGTERM, then by SIGKILL.
    pub(super) fn end_program(&mut self, program: Option<u32>) -> Result<(), RecordError> {
        let signals = [Signal::INT, Signal::TERM, Signal::KILL];
        let signal = signals[self.signals.min(signals.len() - 1)];
        self.signals += 1;
        if self.is_attached {
            return self.signal(self.child.id(), signal);
        }
        program.map_or(Ok(()), |program| self.signal(program, signal))
    }

    fn signal(&mut self, pid: u32, signal: Signal) -> Result<(), RecordError> {
        // The pid of the program is not reused before strace, its parent, has waited for it.
        let is_there = self.ended()?.is_none();
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).filter(|_| is_there);
        match pid.map(|pid| kill_process(pid, signal)) {
            None | Some(Ok(()) | Err(rustix::io::Errno::SRCH)) => Ok(()),
            Some(Err(error)) => Err(RecordError::Setup {
                doing: "end the recording",
                source: error.into(),
                remedy: "end the program yourself",
            }),
        }
    }
}

fn waiting(source: io::Error) -> RecordError {
    RecordError::Setup { doing: "wait for strace", source, remedy: "use `ps` to see its state" }
}

impl Drop for Strace {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
            // On SIGTERM strace detaches. With a program of its own only SIGKILL ends it, and the program ends with it.
            let signal = if self.is_attached { Signal::TERM } else { Signal::KILL };
            let _ = pid.map(|pid| kill_process(pid, signal));
            let _ = self.child.wait();
        }
    }
}
