//! strace as a child: found, started with the flags that a recording needs, ended.
use super::error::RecordError;
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

/// Each process stays this long at its exit, so that its memory can be read once more.
const EXIT_DELAY_US: u32 = 10_000;

/// The subject of a recording.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A program with its arguments, which is started.
    Program(Vec<OsString>),
    /// Processes that run.
    Pids(Vec<u32>),
}

impl Subject {
    /// Processes that are there at the beginning.
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
    let status =
        fs::read_to_string(format!("/proc/{pid}/status")).map_err(|_| RecordError::NoProcess { pid })?;
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    match tracer.and_then(|tracer| tracer.trim().parse().ok()) {
        Some(0) | None => Ok(()),
        Some(by) => Err(RecordError::Traced { pid, by }),
    }
}

/// A program by name in PATH, or by path.
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

/// strace while it runs. Dropping it ends it; a service that it was attached to goes on.
pub(super) struct Strace {
    child: Child,
    is_attached: bool,
    /// Signals that the program got.
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
            remedy: "look whether `strace -V` works",
        })?;
        Ok(Self { child, is_attached: matches!(subject, Subject::Pids(_)), signals: 0 })
    }

    /// The exit status, once it has ended.
    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>, RecordError> {
        self.child.try_wait().map_err(waiting)
    }

    /// Lets strace leave the processes to which it was attached.
    pub(super) fn detach(&mut self) -> Result<(), RecordError> {
        if self.is_attached { self.signal(self.child.id(), Signal::INT) } else { Ok(()) }
    }

    /// Asks the program to end: first as Ctrl-C does, then by SIGTERM, then it has to.
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
        // The pid of the program is not reused while strace, its parent, has not waited for it.
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
    RecordError::Setup { doing: "wait for strace", source, remedy: "look with `ps` what became of it" }
}

impl Drop for Strace {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
            // On SIGTERM strace detaches; with a program of its own it takes only SIGKILL, and the program ends with it.
            let signal = if self.is_attached { Signal::TERM } else { Signal::KILL };
            let _ = pid.map(|pid| kill_process(pid, signal));
            let _ = self.child.wait();
        }
    }
}
