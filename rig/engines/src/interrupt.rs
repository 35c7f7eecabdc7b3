//! The flag that every engine looks at: a signal asked to stop. The handler of signals sets it.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of the signal that asked to stop, if one did. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    /// Returns a flag that no signal sets.
    #[must_use]
    pub fn never() -> Self {
        Self::default()
    }

    /// Reports whether a signal came. Cheap enough for a timed loop.
    #[inline]
    #[must_use]
    pub fn is_set(&self) -> bool {
        // Relaxed: nothing else is published with it, and whichever thread takes the signal writes it.
        self.0.load(Ordering::Relaxed) != 0
    }

    /// Returns the number of the signal that came first, if one did.
    #[must_use]
    pub fn signal(&self) -> Option<u8> {
        match self.0.load(Ordering::Relaxed) {
            0 => None,
            signal => Some(signal as u8),
        }
    }

    /// Sets the flag; reports whether `signal` is the first. Safe within a handler.
    pub fn set(&self, signal: u8) -> bool {
        // SeqCst: handlers on two threads agree on which was first.
        self.0.compare_exchange(0, signal.into(), Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}
