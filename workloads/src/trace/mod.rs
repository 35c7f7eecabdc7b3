//! Recordings of real programs: what `strace` wrote of their calls, in any of its forms, into one stream per
//! task. Start with [`Trace::load`]; the stages are one file each, in this order:
//!
//! `unpack` and `decode` make text, `stitch` puts calls together that something else cut, `line`, `body` and
//! `clock` take a line apart, `read` does all that for all files, `join` puts unfinished and resumed halves
//! together and gives each line to a task, `call` and `flags` say what a call means, `adopt` finds who was
//! there before, `mm`, `touch` and `space` keep address spaces, `build` makes the streams, and `report` says
//! what became of every line.
//!
//! The recording does not hold how much of a mapping is touched, because page faults are no system calls.
//! Where `attach-rig record` sampled /proc (`sample`), that is known; else `touch` has the rule. That `vfork`
//! lends the parent's address space is left out: its child has a copy, as a child of `fork` has. Times are
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
    /// Its content, packed or not.
    pub bytes: Cow<'static, [u8]>,
}

impl Part {
    /// The only file of a recording.
    #[must_use]
    pub fn whole(bytes: Cow<'static, [u8]>) -> Part {
        Part { pid: None, bytes }
    }
}

/// Options for turning a recording into operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceOptions {
    /// Recorded gaps are multiplied by this, in percent; at 0 there are no thinks.
    pub scale_percent: u32,
    /// Longest think after scaling, in nanoseconds; `None` keeps all.
    pub think_ns_max: Option<u64>,
    /// Share of the pages that is touched where a call commits more than 256 pages at once, in percent, rounded
    /// up to pages; at 0 nothing is touched. Smaller steps and heaps are touched whole, of the stack of a thread
    /// 3 pages, and shared, read-only and reserved pages not at all. Where a recording has samples of /proc,
    /// these count instead.
    pub touch_percent: u32,
    /// Reports whether a recording is accepted of which more than 20 % of the lines were not understood.
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
    /// The task that starts; the others are found through their parents.
    root: usize,
    report: TraceReport,
}

/// The operations of one recorded task. Ends with [`Op::Exit`], and holds no other.
#[derive(Clone, Debug, Default)]
struct Task {
    ops: Vec<Op>,
    /// Positions in `Trace::tasks`, by the number of the child.
    children: Vec<usize>,
}

impl Trace {
    /// Reads a recording.
    ///
    /// # Errors
    ///
    /// When a file is damaged or unpacks to more than 256 MiB, when too few of its lines are understood, or
    /// when it holds no call that a task can replay.
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

    /// The report of what became of the lines.
    pub fn report(&self) -> &TraceReport {
        &self.report
    }

    /// Finds a task by the numbers of the children on the way from the root; beyond the number of recorded
    /// children they start again from 0, because a repeated recording goes on counting.
    pub(crate) fn actor_at(&self, descent: &[u32]) -> Option<usize> {
        descent.iter().try_fold(self.root, |at, &child| {
            let children = &self.tasks[at].children;
            children.get((child as usize).checked_rem(children.len())?).copied()
        })
    }

    /// The operations of a task; those of an unknown one are an exit.
    pub(crate) fn ops(&self, task: Option<usize>) -> &[Op] {
        task.map_or(&[Op::Exit], |at| &self.tasks[at].ops)
    }

    /// Returns the number of children that a task forks.
    pub(crate) fn children(&self, task: Option<usize>) -> u32 {
        task.map_or(0, |at| self.tasks[at].children.len() as u32)
    }
}
