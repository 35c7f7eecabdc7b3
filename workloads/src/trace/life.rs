//! One task on its way through the log: collects its operations, and turns the times between them into
//! thinks. Which operations, is for `build`.

use super::{Task, TraceOptions};
use crate::op::Op;

#[derive(Debug, Default)]
pub(super) struct Life {
    pub(super) task: Task,
    /// The address space, as `build` numbers them; `None` before the fork, and for ever if that is not in the
    /// log.
    pub(super) mm: Option<usize>,
    /// When its last operation began, in nanoseconds since 1970.
    pub(super) at_ns: u64,
}

impl Life {
    /// Appends an operation that began at `at_ns`, after a think as long as the time since the one before.
    /// Nothing follows an exit.
    pub(super) fn push(&mut self, at_ns: u64, op: Op, options: TraceOptions) {
        if self.has_exited() {
            return;
        }
        let ns = think_ns(at_ns.saturating_sub(self.at_ns), options);
        if ns > 0 {
            self.task.ops.push(Op::Think { ns });
        }
        self.task.ops.push(op);
        self.at_ns = at_ns.max(self.at_ns);
    }

    /// The finished task; one whose exit is not in the log exits after its last operation.
    pub(super) fn end(mut self) -> Task {
        if !self.has_exited() {
            self.task.ops.push(Op::Exit);
        }
        self.task
    }

    fn has_exited(&self) -> bool {
        self.task.ops.last() == Some(&Op::Exit)
    }
}

/// A recorded gap, scaled and then capped.
fn think_ns(gap_ns: u64, options: TraceOptions) -> u64 {
    let scaled_ns = u128::from(gap_ns) * u128::from(options.scale_percent) / 100;
    u64::try_from(scaled_ns).unwrap_or(u64::MAX).min(options.think_ns_max.unwrap_or(u64::MAX))
}
