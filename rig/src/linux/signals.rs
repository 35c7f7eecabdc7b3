//! SIGINT and SIGTERM become a flag that the mover reads between two writes, so that every end is an orderly one.
use super::error::LinuxError;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Catches the signals as long as it lives. Afterwards they stay without effect: signal-hook never restores the
/// default action, which leaves the command time to write its results.
#[derive(Debug)]
pub(super) struct Interrupts {
    /// 0, or the number of the last signal. Written by the handler (SeqCst, in signal-hook), read here.
    caught: Arc<AtomicUsize>,
    ids: Vec<SigId>,
}

impl Interrupts {
    /// Starts catching.
    ///
    /// # Errors
    /// [`LinuxError::Setup`] when a handler cannot be installed.
    pub(super) fn install() -> Result<Self, LinuxError> {
        let mut interrupts = Self { caught: Arc::default(), ids: Vec::new() };
        // A lost terminal must not leave cgroups behind; but under nohup SIGHUP is ignored, and stays so.
        let hangup = (!hangup_is_ignored()).then_some(SIGHUP);
        for signal in [SIGINT, SIGTERM].into_iter().chain(hangup) {
            let id = flag::register_usize(signal, Arc::clone(&interrupts.caught), signal as usize)
                .map_err(|source| LinuxError::Setup { doing: format!("catch signal {signal}"), source })?;
            interrupts.ids.push(id);
        }
        Ok(interrupts)
    }

    /// Number of the signal that asked to stop. Cheap enough for the timed loop.
    pub(super) fn caught(&self) -> Option<i32> {
        // Relaxed: nothing else is published with it, and the write happens on whichever thread took the signal.
        match self.caught.load(Ordering::Relaxed) {
            0 => None,
            signal => Some(signal as i32),
        }
    }

    /// Catches nothing: a handler installed by one test would stay for the whole test process.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self { caught: Arc::default(), ids: Vec::new() }
    }

    /// As if `signal` had come.
    #[cfg(test)]
    pub(super) fn pretend(&self, signal: usize) {
        self.caught.store(signal, Ordering::Relaxed);
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        for id in self.ids.drain(..) {
            low_level::unregister(id);
        }
    }
}

/// Name of a signal as kill(1) has it.
pub(super) fn name(signal: i32) -> String {
    low_level::signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_string)
}

/// Reports whether SIGHUP is ignored, as under nohup.
pub(crate) fn hangup_is_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok())
        .is_some_and(|bits| bits >> (SIGHUP - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_signal_is_known_and_has_a_name() {
        let interrupts = Interrupts::none();
        assert_eq!(interrupts.caught(), None);
        interrupts.pretend(15);
        assert_eq!(interrupts.caught(), Some(SIGTERM));
        assert_eq!(name(SIGTERM), "SIGTERM");
        assert_eq!(name(99), "signal 99");
    }
}
