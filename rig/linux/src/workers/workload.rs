//! Workloads of the workers and the unit that is moved: the part of the options that makes processes.
use super::super::option_error::OptionError;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Pages per operation of [`Workload::mapping`]: 256 KiB.
const PAGES: u32 = 64;

/// Some worker processes that do the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workload {
    /// Work of the processes.
    pub spec: workloads::Spec,
    /// True when movers move them.
    pub moved: bool,
}

impl Workload {
    /// Processes that are moved, whose threads map, touch and unmap 64 pages at a time.
    #[must_use]
    pub fn mapping(processes: u32, threads: u32, load: Load) -> Self {
        let mut spec = workloads::Spec::new("steady", processes, threads);
        let pages = Some(PAGES);
        (spec.op_pages_min, spec.op_pages_max, spec.cap_pages) = (pages, pages, pages);
        spec.initial_pages = Some(0);
        (spec.think_min, spec.think_max) = (Some("1ms".into()), Some("1ms".into()));
        let think = u32::from(load == Load::Light);
        spec.mix = Some(workloads::Mix {
            mmap: Some(1),
            munmap: Some(1),
            touch: Some(1),
            release: Some(0),
            think: Some(think),
            fork_thread: Some(0),
            fork_process: Some(0),
        });
        Self { spec, moved: true }
    }

    /// Processes that are not moved and do nothing but fork processes that exit, every 2 ms.
    #[must_use]
    pub fn forking(processes: u32) -> Self {
        let mut spec = workloads::Spec::new("fork-storm", processes, 1);
        spec.initial_pages = Some(0);
        (spec.think_min, spec.think_max) = (Some("2ms".into()), Some("2ms".into()));
        (spec.fork_gap_ops, spec.child_ops_min, spec.child_ops_max) = (Some(1), Some(0), Some(0));
        spec.exec_percent = Some(0);
        spec.mix = Some(workloads::Mix {
            mmap: Some(0),
            munmap: Some(0),
            touch: Some(0),
            release: Some(0),
            think: Some(1),
            fork_thread: Some(0),
            fork_process: Some(1000),
        });
        Self { spec, moved: false }
    }
}

/// Unit that one move moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MovedUnit {
    /// A whole process, by its pid in `cgroup.procs`.
    #[default]
    Processes,
    /// One thread, by its id in `tasks` or `cgroup.threads`; threads take turns.
    Threads,
    /// A whole process whose threads were spread over the two other cgroups before, which is not timed.
    Scattered,
}

impl MovedUnit {
    /// Returns the name that the command line uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Processes => "process",
            Self::Threads => "thread",
            Self::Scattered => "scattered",
        }
    }
}

impl FromStr for MovedUnit {
    type Err = OptionError;

    fn from_str(given: &str) -> Result<Self, OptionError> {
        let all = [Self::Processes, Self::Threads, Self::Scattered];
        all.into_iter().find(|moves| moves.name() == given).ok_or_else(|| OptionError {
            option: "--move",
            given: given.into(),
            problem: "cannot be moved",
            expected: "use process, thread or scattered".into(),
        })
    }
}

/// Load that the threads of [`Workload::mapping`] make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Load {
    /// One operation in four is a sleep of 1 ms: some percent of a CPU per thread, so that an open-loop mover finds a
    /// CPU when it wakes.
    #[default]
    Light,
    /// No sleep at all: the threads saturate the CPUs, and the mover competes for one.
    Busy,
}

impl Load {
    /// `light` or `busy`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Busy => "busy",
        }
    }
}

impl FromStr for Load {
    type Err = OptionError;

    fn from_str(given: &str) -> Result<Self, OptionError> {
        match given {
            "light" => Ok(Self::Light),
            "busy" => Ok(Self::Busy),
            _ => Err(OptionError {
                option: "--worker-load",
                given: given.into(),
                problem: "is not a load",
                expected: "use light or busy".into(),
            }),
        }
    }
}
