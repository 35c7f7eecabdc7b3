//! Recordings of real programs: turns the output of `strace`, in any of its forms, into one stream per task. Start with
//! [`Trace::load`]; each stage has its own file, in this order:
//!
//! `unpack` and `decode` produce text. `stitch` rejoins calls that other output has cut. `line`, `body` and `clock`
//! parse a line, and `read` does all of that for all files. `join` joins unfinished and resumed halves and assigns each
//! line to a task. `call` and `flags` interpret calls, and `adopt` finds the tasks that existed before. `mm`, `touch`
//! and `space` track address spaces, `build` makes the streams, and `report` accounts for every line.
//!
//! The recording does not show how much of a mapping is touched, because page faults are not system calls. If
//! `attach-rig record` sampled /proc (`sample`), the samples show it; otherwise `touch` has the rule. The replay does
//! not model that `vfork` lends the parent's address space: the child has a copy, like a child of `fork`. Times are
//! those that strace saw, and strace slows every call down.

mod adopt;
mod body;
mod build;
mod call;
mod clock;
mod decode;
mod error;
mod flags;
mod join;
mod life;
mod line;
mod mm;
mod read;
mod report;
mod sample;
mod space;
mod stitch;
mod touch;
mod unpack;

use std::borrow::Cow;

use crate::op::Op;
pub use error::TraceError;
pub use report::{DroppedLines, Drops, PageCounts, TraceReport};
pub use sample::Sample;

/// One file of a recording.
#[derive(Clone, Debug)]
pub struct Part {
    /// The pid at the end of the file's name, as `strace -ff` writes it.
    pub pid: Option<u32>,
    /// The content of the file, packed or not.
    pub bytes: Cow<'static, [u8]>,
}

impl Part {
    /// Returns the only file of a recording.
    #[must_use]
    pub fn whole(bytes: Cow<'static, [u8]>) -> Part {
        Part { pid: None, bytes }
    }
}

/// Options for turning a recording into operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceOptions {
    /// Scale of recorded gaps, in percent; at 0 there are no thinks.
    pub scale_percent: u32,
    /// Longest think after scaling, in nanoseconds; `None` keeps all.
    pub think_ns_max: Option<u64>,
    /// Percentage of the pages that are touched where a call commits more than 256 pages at once, rounded up to pages;
    /// at 0 nothing is touched. Smaller steps and heaps are touched whole, of the stack of a thread 3 pages, and
    /// shared, read-only and reserved pages not at all. If a recording has samples of /proc, those are used instead.
    pub touch_percent: u32,
    /// True to accept a recording in which more than 20 % of the lines cannot be read.
    pub lenient: bool,
}

impl Default for TraceOptions {
    fn default() -> Self {
        TraceOptions { scale_percent: 100, think_ns_max: None, touch_percent: 50, lenient: false }
    }
}

/// A recording, ready to be replayed.
#[derive(Clone, Debug)]
pub struct Trace {
    tasks: Vec<Task>,
    /// The first task; the others are found through their parents.
    root: usize,
    report: TraceReport,
}

/// The operations of one recorded task. The last one is [`Op::Exit`], and there is no other.
#[derive(Clone, Debug, Default)]
struct Task {
    ops: Vec<Op>,
    /// Positions in `Trace::tasks`, by number of the child.
    children: Vec<usize>,
}

impl Trace {
    /// Reads a recording.
    ///
    /// # Errors
    ///
    /// If a file is damaged or unpacks to more than 256 MiB, if too few of its lines can be read, or if it contains no
    /// call that a task can replay.
    pub fn load(parts: &[Part], options: TraceOptions) -> Result<Trace, TraceError> {
        let mut report = TraceReport::default();
        let files = read::decoded(parts)?;
        let read = read::read(&files, &mut report);
        let events = join::events(&read, &mut report);
        let (tasks, root) = build::tasks(&events, read.is_by_file, options, &mut report);
        report.say_rules(&read, options, events.firsts.iter().any(|first| first.pid == 0));
        if tasks.iter().all(|task| task.ops.len() < 2) {
            return Err(read::nothing_usable(&files, &report));
        }
        if !options.lenient {
            error::check_dropped(&report)?;
        }
        Ok(Trace { tasks, root, report })
    }

    /// Returns the report on the lines.
    pub fn report(&self) -> &TraceReport {
        &self.report
    }

    /// Finds a task by the numbers of the children on the path from the root. Beyond the number of recorded children
    /// the numbers start again from 0, because a repeated recording continues counting.
    pub(crate) fn actor_at(&self, descent: &[u32]) -> Option<usize> {
        descent.iter().try_fold(self.root, |at, &child| {
            let children = &self.tasks[at].children;
            children.get((child as usize).checked_rem(children.len())?).copied()
        })
    }

    /// Returns the operations of a task; an unknown task only exits.
    pub(crate) fn ops(&self, task: Option<usize>) -> &[Op] {
        task.map_or(&[Op::Exit], |at| &self.tasks[at].ops)
    }

    /// Returns the number of children that a task forks.
    pub(crate) fn children(&self, task: Option<usize>) -> u32 {
        task.map_or(0, |at| self.tasks[at].children.len() as u32)
    }
}
