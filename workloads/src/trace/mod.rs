//! Recordings of real programs: a log of `strace -f -ttt -o log -e trace=%memory,%process PROGRAM`, plain or
//! gzip, into one stream per task. Start with [`Trace::load`]; the stages are one file each, in this order:
//!
//! `bytes` unpacks, `line` reads one line, `join` puts unfinished and resumed halves together and gives each
//! line to a task, `call` says what a call means, `mm` keeps a process's address space, `build` makes the
//! streams, and `report` says what became of every line.
//!
//! Three things are assumed, because the log does not hold them: how much of a mapping is touched
//! ([`TraceOptions::touch_percent`]; page faults are no system calls), that what `execve` itself maps does
//! not matter, and that a child of `vfork` has a copy of the address space, as a child of `fork` has. Times
//! are those that strace saw, and strace slows every call down.

mod build;
mod bytes;
mod call;
mod join;
mod life;
mod line;
mod mm;
mod report;

use crate::op::Op;
pub use bytes::TraceError;
pub use report::TraceReport;

/// How a recording is turned into operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceOptions {
    /// Recorded gaps are multiplied by this, in percent; at 0 there are no thinks.
    pub scale_percent: u32,
    /// Longest think after scaling, in nanoseconds; `None` keeps all.
    pub think_ns_max: Option<u64>,
    /// Share of the pages of a private or anonymous mapping that is touched as soon as the program can reach
    /// them — when it is mapped, or when `mprotect` opens what was mapped `PROT_NONE` — in percent, rounded
    /// up to pages. Stacks of threads and shared files are not touched.
    pub touch_percent: u32,
}

impl Default for TraceOptions {
    fn default() -> Self {
        TraceOptions { scale_percent: 100, think_ns_max: None, touch_percent: 50 }
    }
}

/// A recording, ready to be replayed.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The first is the program that was started; the others are found through their parents.
    tasks: Vec<Task>,
    report: TraceReport,
}

/// What one recorded task did. Ends with [`Op::Exit`], and holds no other.
#[derive(Clone, Debug, Default)]
struct Task {
    ops: Vec<Op>,
    /// Positions in `Trace::tasks`, by the number of the child.
    children: Vec<usize>,
}

impl Trace {
    /// Reads a log.
    ///
    /// # Errors
    ///
    /// When the bytes are a broken gzip file, unpack to more than 256 MiB, or hold no call that a task can
    /// replay. Lines that make no sense are no error; the report counts them.
    pub fn load(bytes: &[u8], options: TraceOptions) -> Result<Trace, TraceError> {
        let text = bytes::text(bytes)?;
        let mut report = TraceReport::default();
        let events = join::events(&text, &mut report);
        let tasks = build::tasks(events, options, &mut report);
        if tasks.first().is_none_or(|root| root.ops.len() < 2) {
            return Err(bytes::nothing_usable(&text, &report));
        }
        Ok(Trace { tasks, report })
    }

    /// What became of the lines.
    pub fn report(&self) -> &TraceReport {
        &self.report
    }

    /// Finds a task by the numbers of the children on the way from the root; beyond the number of recorded
    /// children they start again from 0, because a repeated recording goes on counting.
    pub(crate) fn actor_at(&self, descent: &[u32]) -> Option<usize> {
        descent.iter().try_fold(0, |at, &child| {
            let children = &self.tasks[at].children;
            children.get((child as usize).checked_rem(children.len())?).copied()
        })
    }

    /// The operations of a task; those of an unknown one are an exit.
    pub(crate) fn ops(&self, task: Option<usize>) -> &[Op] {
        task.map_or(&[Op::Exit], |at| &self.tasks[at].ops)
    }

    /// How many children a task forks.
    pub(crate) fn children(&self, task: Option<usize>) -> u32 {
        task.map_or(0, |at| self.tasks[at].children.len() as u32)
    }
}
