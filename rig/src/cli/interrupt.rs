//! SIGINT, SIGTERM and SIGHUP during a run: it ends within a second, and what it had is kept and reported.
use crate::linux::hangup_is_ignored;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Remembers the first signal.
#[derive(Clone)]
pub(super) struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    /// Starts listening. A second signal of the same kind ends the process at once.
    pub(super) fn listen() -> std::io::Result<Self> {
        let seen = Arc::new(AtomicUsize::new(0));
        for signal in signals() {
            let again = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&again))?;
            signal_hook::flag::register(signal, again)?;
            signal_hook::flag::register_usize(signal, Arc::clone(&seen), signal as usize)?;
        }
        Ok(Self(seen))
    }

    /// Sets `stop` when a signal comes, as long as the answer lives.
    pub(super) fn pass_on(&self, stop: &Arc<AtomicBool>) -> std::io::Result<PassedOn> {
        let ids = signals().map(|signal| signal_hook::flag::register(signal, Arc::clone(stop)));
        let ids = ids.collect::<Result<Vec<_>, _>>()?;
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

/// Returns the signals that end a run. Under nohup SIGHUP is ignored, and stays so.
fn signals() -> impl Iterator<Item = i32> {
    [SIGINT, SIGTERM].into_iter().chain((!hangup_is_ignored()).then_some(SIGHUP))
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
