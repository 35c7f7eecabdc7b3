//! SIGINT and SIGTERM during a run: cells under way are dropped, finished ones are kept and reported.
use signal_hook::consts::{SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Remembers the first signal.
#[derive(Clone)]
pub(super) struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    /// Starts listening. A second signal of the same kind ends the process at once.
    pub(super) fn listen() -> std::io::Result<Self> {
        let seen = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM] {
            let again = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&again))?;
            signal_hook::flag::register(signal, again)?;
            signal_hook::flag::register_usize(signal, Arc::clone(&seen), signal as usize)?;
        }
        Ok(Self(seen))
    }

    /// Sets `stop` when a signal comes, as long as the answer lives.
    pub(super) fn pass_on(&self, stop: &Arc<AtomicBool>) -> std::io::Result<PassedOn> {
        let ids = [SIGINT, SIGTERM].map(|signal| signal_hook::flag::register(signal, Arc::clone(stop)));
        let ids = ids.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(PassedOn(ids))
    }

    /// The number of the signal that came, if one did.
    pub(super) fn signal(&self) -> Option<u8> {
        match self.0.load(Ordering::SeqCst) {
            0 => None,
            signal => Some(signal as u8),
        }
    }
}

/// Signals that set a flag.
pub(super) struct PassedOn(Vec<signal_hook::SigId>);

impl Drop for PassedOn {
    fn drop(&mut self) {
        for id in self.0.drain(..) {
            signal_hook::low_level::unregister(id);
        }
    }
}
