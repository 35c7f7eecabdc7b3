//! A source of interrupts: brings packets to sockets or takes them out, at a rate, in softirq context.
//!
//! It is an actor of its own and takes its turn on a CPU, like the thread of threaded NAPI. It does not take time from the
//! actor that runs on its CPU.
use super::pacing::wait;
use super::worker::WorkerContext;
use model::kernel::ProcessId;
use model::paths::net;
use model::seam::event::{OpKind, Who};
use model::seam::{Current, Event};
use scenario::Pacing;

/// The job of one source. Dropped packets are counted by their own events.
pub(super) struct Interrupt {
    pub(super) number: u32,
    pub(super) what: OpKind,
    pub(super) packets: u64,
    pub(super) processes: Vec<ProcessId>,
    pub(super) pacing: Pacing,
}

impl Interrupt {
    /// Interrupts until the cell ends. Waits before the first interrupt, so that the other actors are at work by then.
    pub(super) fn work<C: Current>(self, cur: &C, stage: &WorkerContext) {
        cur.emit(Event::Start(Who::Interrupt(self.number)));
        let sockets = self.processes.iter().copied().cycle();
        for (turn, process) in (1..).zip(sockets) {
            if wait(self.pacing, cur, stage.end_ns, turn).is_none() {
                break;
            }
            let _ = match self.what {
                OpKind::Drain => net::drain(cur, &stage.world, process, self.packets),
                _ => net::receive(cur, &stage.world, process, self.packets),
            };
        }
    }
}
