//! One task during the recording: collects its operations, and turns the times between them into thinks. `build`
//! chooses the operations.

use super::{Task, TraceOptions};
use crate::op::Op;

#[derive(Debug, Default)]
pub(super) struct Life {
    pub(super) task: Task,
    /// The number of its address space in `build`; `None` before the fork.
    pub(super) space: Option<usize>,
    /// Time at which its last operation began, in ns.
    pub(super) at_ns: u64,
    pub(super) has_exited: bool,
    /// The first and last event of its life.
    pub(super) lived: (usize, usize),
}

impl Life {
    /// Appends an operation that began at `at_ns`, after a think as long as the time since the previous one. Nothing
    /// follows an exit.
    pub(super) fn push(&mut self, at_ns: u64, op: Op, options: TraceOptions) {
        if self.has_exited {
            return;
        }
        self.think(at_ns, options);
        self.task.ops.push(op);
        self.has_exited = op == Op::Exit;
    }

    /// Returns the most pages that its own operations have touched at one time, if each thread has its own memory.
    /// Pages that it touched stay until it releases them itself, whichever thread did so in the recording.
    pub(super) fn resident_max(&self) -> u64 {
        let (mut mapped, mut touched, mut most) = (0u64, 0u64, 0);
        for op in &self.task.ops {
            match *op {
                Op::Mmap { pages } => mapped += u64::from(pages),
                Op::Munmap { pages } => mapped = mapped.saturating_sub(pages.into()),
                Op::Touch { pages } => touched += u64::from(pages),
                Op::Release { pages } => touched = touched.saturating_sub(pages.into()),
                Op::Exec => (mapped, touched) = (0, 0),
                _ => {}
            }
            touched = touched.min(mapped);
            most = most.max(touched);
        }
        most
    }

    fn think(&mut self, at_ns: u64, options: TraceOptions) {
        let ns = think_ns(at_ns.saturating_sub(self.at_ns), options);
        if ns > 0 {
            self.task.ops.push(Op::Think { ns });
        }
        self.at_ns = at_ns.max(self.at_ns);
    }

    /// Returns the finished task; one whose exit is not recorded lives to the end of the recording.
    pub(super) fn end(mut self, end_ns: u64, options: TraceOptions) -> Task {
        self.push(end_ns, Op::Exit, options);
        self.task
    }
}

/// Returns a recorded gap, scaled and then capped.
fn think_ns(gap_ns: u64, options: TraceOptions) -> u64 {
    let scaled_ns = u128::from(gap_ns) * u128::from(options.scale_percent) / 100;
    u64::try_from(scaled_ns).unwrap_or(u64::MAX).min(options.think_ns_max.unwrap_or(u64::MAX))
}
