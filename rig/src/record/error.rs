//! The reasons why nothing could be recorded, each with a remedy and an exit code.
use reports::exit::Exit;
use std::fs;
use std::io;
use std::process::ExitStatus;

/// The remedy if ptrace is refused.
const PTRACE: &str = "run as root, or `sysctl kernel.yama.ptrace_scope=0`; in a container give it CAP_SYS_PTRACE \
                      (--cap-add SYS_PTRACE)";

/// The reason why nothing could be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is no strace. Exit code 4.
    #[error(
        "no strace in PATH\n  try: apt install strace (or dnf, apk: the package has that name everywhere)"
    )]
    NoStrace,
    /// The program to record is not there. Exit code 2.
    #[error("no program `{name}` in PATH that can be executed; give its path")]
    NoProgram {
        /// The name of the program, safe to print.
        name: String,
    },
    /// The process to record is not there. Exit code 2.
    #[error("no process {pid} here (use `ps` to find it)")]
    NoProcess {
        /// The pid that was given.
        pid: u32,
    },
    /// Another program traces it. Exit code 4.
    #[error("process {pid} is traced by process {by} already\n  try: end that one first (kill {by})")]
    Traced {
        /// The pid of the process.
        pid: u32,
        /// The tracer.
        by: u32,
    },
    /// The machine refused something that recording needs. Exit code 4.
    #[error("cannot {doing}: {source}\n  try: {remedy}")]
    Setup {
        /// The step that failed.
        doing: &'static str,
        /// The error of the system.
        source: io::Error,
        /// The remedy.
        remedy: &'static str,
    },
    /// strace ended without a line. Exit code 4.
    #[error(
        "strace recorded nothing and ended with {status}; its own message is above. {hint}\n  try: {remedy}"
    )]
    Nothing {
        /// The exit status of strace in words.
        status: String,
        /// A related fact from /proc.
        hint: String,
        /// The remedy.
        remedy: &'static str,
    },
    /// The recording could not be written. Exit code 8.
    #[error("cannot write the recording: {0}")]
    Write(io::Error),
}

impl RecordError {
    /// Returns the error for a strace that has written nothing.
    pub(super) fn nothing(status: ExitStatus) -> Self {
        let scope = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").ok();
        let hint = scope.map_or_else(
            || "ptrace may not be permitted here.".to_owned(),
            |scope| format!("kernel.yama.ptrace_scope is {}.", scope.trim()),
        );
        Self::Nothing { status: status.to_string(), hint, remedy: PTRACE }
    }

    /// Returns the exit code of the command.
    #[must_use]
    pub fn exit_code(&self) -> Exit {
        match self {
            Self::NoProgram { .. } | Self::NoProcess { .. } => Exit::Usage,
            Self::NoStrace | Self::Traced { .. } | Self::Setup { .. } | Self::Nothing { .. } => {
                Exit::CannotRun
            }
            Self::Write(_) => Exit::Unwritten,
        }
    }
}
