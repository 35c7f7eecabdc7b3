//! The clock: the CPU's time stamp counter where it is reliable, else the system's monotonic clock. `quanta` decides
//! and calibrates. The clock is stopped while all actors are at rest, so that inspecting a run takes none of its
//! time.
use std::sync::atomic::{AtomicU64, Ordering};

/// The engine's clock, which can be put back.
#[derive(Debug)]
pub(super) struct Clock {
    clock: quanta::Clock,
    began: u64,
    /// The time for which it was stopped, in ns. Changed only while all actors are at rest.
    stopped_ns: AtomicU64,
}

impl Clock {
    /// Returns a clock that begins now.
    pub(super) fn new() -> Self {
        let clock = quanta::Clock::new();
        let began = clock.raw();
        Self { clock, began, stopped_ns: AtomicU64::new(0) }
    }

    /// Returns the ns since it began. The read is not ordered against the instructions around it, which is an error
    /// of a few ns at most.
    pub(super) fn now(&self) -> u64 {
        // Relaxed: an actor that goes on after a rest has passed the lock of `Quiescence`, which orders this.
        let stopped_ns = self.stopped_ns.load(Ordering::Relaxed);
        self.clock.delta_as_nanos(self.began, self.clock.raw()).saturating_sub(stopped_ns)
    }

    /// Puts it back to `at_ns`, the time at which all actors came to rest.
    pub(super) fn put_back(&self, at_ns: u64) {
        // Relaxed: as in `now`.
        self.stopped_ns.fetch_add(self.now().saturating_sub(at_ns), Ordering::Relaxed);
    }
}
