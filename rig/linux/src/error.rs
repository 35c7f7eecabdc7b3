//! Errors of a run: what can go wrong, where, what to try, and with which exit code the command ends.
use super::option_error::OptionError;
use super::reason::Reason;
use reports::exit::Exit;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Reason why a run failed. Each variant says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum LinuxError {
    /// Bad usage. Exit code 2.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The wanted hierarchy is not mounted, or not where this process can see it. Exit code 4.
    #[error("no cgroup hierarchy `{wanted}` to work in: {found}\n  try: {remedy}")]
    NoHierarchy {
        /// The choice that could not be met.
        wanted: String,
        /// Description of what was found instead.
        found: String,
        /// Command that would fix it.
        remedy: String,
    },
    /// The hierarchy is there but does not let us make cgroups or move a process into them. Exit code 4.
    #[error("no permission for cgroups here: {}\n  {remedy}", list(attempts))]
    NotPermitted {
        /// Attempts that were made, with the answers.
        attempts: Vec<Attempt>,
        /// Commands that would grant it.
        remedy: String,
    },
    /// A folder of that name exists already, so it is not ours. Exit code 4.
    #[error("{} exists already and is not used, since this run did not make it\n  try: rmdir it if it is stale", path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
    },
    /// No folder that others cannot change is available for the list of things that a run makes. Exit code 4.
    #[error("no safe folder for the list of what a run makes: {}\n  try: {remedy}", reasons.join("; "))]
    NoState {
        /// The reason against each folder.
        reasons: Vec<String>,
        /// Command that gives one.
        remedy: String,
    },
    /// The machine refused something that the run needs. Exit code 4.
    #[error("cannot {doing}: {source}")]
    Setup {
        /// The action that failed.
        doing: String,
        /// The answer.
        source: io::Error,
    },
    /// The workers would map or touch more memory than is free. Exit code 4.
    #[error(
        "the workers would map and touch up to {wanted_mib} MiB (reservations not counted), more than {percent} % of the {free_mib} MiB free ({by})\n  \
         try: fewer --processes, --threads or --resident-pages, a lower cap_pages or trace_touch_percent, or a larger limit"
    )]
    TooLittleMemory {
        /// Memory that the workers touch at one time.
        wanted_mib: u64,
        /// Free memory.
        free_mib: u64,
        /// The file that reports the free memory.
        by: String,
        /// Part of it that a run may take.
        percent: u64,
    },
    /// The worker did not start. Exit code 4.
    #[error("the worker did not get ready: {reason}")]
    WorkerStart {
        /// Description of what it did instead.
        reason: String,
        /// The kernel's answer, where it is known.
        cause: Option<Cause>,
    },
    /// Another error with the reason that was found on this machine. The exit code is the other's.
    #[error("{error}\n  reason: {}\n  try: {}", reason.why, reason.remedy)]
    Explained {
        /// The error.
        error: Box<LinuxError>,
        /// Reason why it happened, and what to do.
        reason: Reason,
    },
    /// The worker ended during the run. Exit code 101 when it panicked, else 5: it was ended from outside.
    #[error("the worker (pid {pid}) died during the run: {status}")]
    WorkerDied {
        /// The worker.
        pid: u32,
        /// Exit status of the worker.
        status: ExitStatus,
    },
    /// The worker lives but did not answer. Exit code 5.
    #[error("the worker (pid {pid}) did not answer within {waited_s} s; is it frozen or stopped?")]
    WorkerSilent {
        /// The worker.
        pid: u32,
        /// Seconds for which the rig waited.
        waited_s: u64,
    },
    /// The kernel reported a move that did not happen, or another process moved the worker in between. Exit code 1.
    #[error("the worker (pid {pid}) should sit in {} after the last move, but it is not listed there", expected.display())]
    Misplaced {
        /// The worker.
        pid: u32,
        /// `cgroup.procs` of the last destination.
        expected: PathBuf,
    },
    /// Something of ours could not be removed. Exit code 7.
    #[error("could not remove {}{}", list(remains), after.as_ref().map(|e| format!("\n  after: {e}")).unwrap_or_default())]
    Leftover {
        /// Things that remain.
        remains: Vec<Remains>,
        /// The error that had ended the run before.
        after: Option<Box<LinuxError>>,
    },
}

/// The kernel's action on a worker that was starting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It refused a system call.
    Errno(i32),
    /// It ended the worker by a signal.
    Signal(i32),
}

/// A refused attempt to use a cgroup.
#[derive(Debug)]
pub struct Attempt {
    /// `mkdir` or `move a process into`.
    pub doing: &'static str,
    /// The folder.
    pub path: PathBuf,
    /// The answer.
    pub source: io::Error,
}

/// Something that the run made and could not remove.
#[derive(Debug)]
pub struct Remains {
    /// A folder, or `process <pid>`.
    pub what: String,
    /// The last answer.
    pub why: String,
    /// Command that removes it once the reason is gone.
    pub remedy: String,
}

impl LinuxError {
    /// Exit code of the command, as the table of codes has it.
    #[must_use]
    pub fn exit_code(&self) -> Exit {
        match self {
            Self::Option(_) => Exit::Usage,
            Self::NoHierarchy { .. }
            | Self::NotPermitted { .. }
            | Self::NotOurs { .. }
            | Self::NoState { .. }
            | Self::Setup { .. }
            | Self::TooLittleMemory { .. }
            | Self::WorkerStart { .. } => Exit::CannotRun,
            Self::WorkerDied { status, .. } if status.code() == Some(Exit::Internal.number().into()) => {
                Exit::Internal
            }
            Self::WorkerDied { .. } | Self::WorkerSilent { .. } => Exit::Inconclusive,
            Self::Misplaced { .. } => Exit::Violated,
            Self::Explained { error, .. } => error.exit_code(),
            Self::Leftover { after, .. } => Exit::Left.worst(after.as_ref().map(|error| error.exit_code())),
        }
    }
}

impl LinuxError {
    /// Joins two errors of one run: a leftover carries the earlier error, otherwise the first one counts.
    pub(super) fn join(first: Option<Self>, second: Self) -> Self {
        match (first, second) {
            (None, second) => second,
            (Some(Self::Leftover { mut remains, after }), Self::Leftover { remains: more, .. }) => {
                remains.extend(more);
                Self::Leftover { remains, after }
            }
            (Some(first), Self::Leftover { remains, .. }) => {
                Self::Leftover { remains, after: Some(Box::new(first)) }
            }
            (Some(first), _) => first,
        }
    }
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.doing, self.path.display(), self.source)
    }
}

impl fmt::Display for Remains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (later: {})", self.what, self.why, self.remedy)
    }
}

fn list<T: fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;

    fn leftover(after: Option<LinuxError>) -> LinuxError {
        let remains = Remains {
            what: "/x/attach-rig-1-2".into(),
            why: "busy".into(),
            remedy: "rmdir /x/attach-rig-1-2".into(),
        };
        LinuxError::Leftover { remains: vec![remains], after: after.map(Box::new) }
    }

    #[test]
    fn a_leftover_outranks_everything_but_violated_invariants_and_internal_errors() {
        let died = |raw| LinuxError::WorkerDied { pid: 7, status: ExitStatus::from_raw(raw) };
        assert_eq!(died(9).exit_code(), Exit::Inconclusive);
        assert_eq!(died(101 << 8).exit_code(), Exit::Internal);
        assert_eq!(leftover(None).exit_code(), Exit::Left);
        assert_eq!(leftover(Some(died(9))).exit_code(), Exit::Left);
        assert_eq!(leftover(Some(died(101 << 8))).exit_code(), Exit::Internal);
        assert_eq!(
            leftover(Some(LinuxError::Misplaced { pid: 7, expected: "/x".into() })).exit_code(),
            Exit::Violated
        );
    }

    #[test]
    fn of_two_errors_none_is_lost() {
        let start = || LinuxError::WorkerStart { reason: "early".into(), cause: None };
        let joined = LinuxError::join(Some(LinuxError::join(Some(start()), leftover(None))), leftover(None));
        let LinuxError::Leftover { remains, after } = joined else { panic!("{joined}") };
        assert_eq!((remains.len(), after.map(|e| e.exit_code())), (2, Some(Exit::CannotRun)));
        assert_eq!(LinuxError::join(None, start()).exit_code(), Exit::CannotRun);
    }

    #[test]
    fn messages_name_what_remains_and_what_came_before() {
        let error =
            leftover(Some(LinuxError::WorkerStart { reason: "it wrote nonsense".into(), cause: None }))
                .to_string();
        assert!(error.contains("/x/attach-rig-1-2: busy (later: rmdir"), "{error}");
        assert!(error.contains("after: the worker did not get ready: it wrote nonsense"), "{error}");
    }
}
