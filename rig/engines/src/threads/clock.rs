//! The clock: the CPU's time stamp counter where it can be relied on, else the system's monotonic clock; `quanta` decides
//! and calibrates. It stands still while everybody is at rest, so that looking at a run takes none of its time.
use std::sync::atomic::{AtomicU64, Ordering};

/// See the module's text.
#[derive(Debug)]
pub(super) struct Clock {
    clock: quanta::Clock,
    began: u64,
    /// How long it has stood still, in ns. Changed only while everybody is at rest.
    stopped_ns: AtomicU64,
}

impl Clock {
    /// A clock that begins now.
    pub(super) fn new() -> Self {
        let clock = quanta::Clock::new();
        let began = clock.raw();
        Self { clock, began, stopped_ns: AtomicU64::new(0) }
    }

    /// ns since it began. Not ordered against the instructions around it: to the ns that is the reader's error.
    pub(super) fn now(&self) -> u64 {
        // Relaxed: whoever goes on after a rest has passed the lock of `Rest`, which orders this.
        let stopped_ns = self.stopped_ns.load(Ordering::Relaxed);
        self.clock.delta_as_nanos(self.began, self.clock.raw()).saturating_sub(stopped_ns)
    }

    /// Puts it back to `at_ns`, at which everybody has come to rest.
    pub(super) fn put_back(&self, at_ns: u64) {
        // Relaxed: as in `now`.
        self.stopped_ns.fetch_add(self.now().saturating_sub(at_ns), Ordering::Relaxed);
    }
}
