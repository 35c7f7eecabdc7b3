//! SIGINT, SIGTERM and SIGHUP: the one place that listens, and sets the flag that every engine looks at.
//!
//! The first signal sets the flag; what runs ends within a second and keeps what it has. A second SIGINT or SIGTERM ends the
//! process at once. A terminal that closes and timeout(1) send the first one twice, so a second one counts only after
//! `REPEAT_NS`, and a second SIGHUP never.
#![allow(unsafe_code)]
use crate::Interrupt;
use input::proc;
use rustix::time::{ClockId, clock_gettime};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The time after the first signal in which a second one is taken for the same, in ns.
const REPEAT_NS: u64 = 200_000_000;

/// Listens from now on until the process ends.
///
/// # Errors
/// [`io::Error`] when a handler cannot be installed.
pub fn listen() -> io::Result<Interrupt> {
    let (own, first_ns) = (Interrupt::never(), Arc::new(AtomicU64::new(0)));
    for signal in signals() {
        let (seen, first_ns) = (own.clone(), Arc::clone(&first_ns));
        let action = move || took(signal, now_ns(), (&seen, &first_ns));
        // SAFETY: a handler may do only what is async-signal-safe. This one reads the monotonic clock and two atomics, and
        // may call `_exit`; it takes no lock, allocates nothing and cannot panic.
        unsafe { low_level::register(signal, action) }?;
    }
    Ok(own)
}

/// Lets a signal end the process at once, with its exit code, from now on: for a command that has nothing to keep.
///
/// # Errors
/// [`io::Error`] when a handler cannot be installed.
pub fn end_at_once() -> io::Result<()> {
    let always = Arc::new(AtomicBool::new(true));
    signals().try_for_each(|signal| {
        signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&always)).map(drop)
    })
}

/// The action of a signal. SeqCst: a handler on another thread sees the time of the first one, or none yet.
fn took(signal: i32, now_ns: u64, (seen, first_ns): (&Interrupt, &AtomicU64)) {
    if seen.set(signal as u8) {
        first_ns.store(now_ns, Ordering::SeqCst);
    } else if ends_at_once(signal, now_ns, first_ns.load(Ordering::SeqCst)) {
        low_level::exit(128 + signal);
    }
}

/// Reports whether a further signal ends the process; `first_ns` is 0 while the first one is being taken.
fn ends_at_once(signal: i32, now_ns: u64, first_ns: u64) -> bool {
    signal != SIGHUP && first_ns > 0 && now_ns.saturating_sub(first_ns) >= REPEAT_NS
}

fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    (now.tv_sec as u64).saturating_mul(1_000_000_000).saturating_add(now.tv_nsec as u64)
}

/// Returns the signals that end a run. Under nohup SIGHUP is ignored, and stays so.
fn signals() -> impl Iterator<Item = i32> {
    [SIGINT, SIGTERM].into_iter().chain((!hangup_is_ignored()).then_some(SIGHUP))
}

/// Reports whether SIGHUP is ignored, as under nohup.
fn hangup_is_ignored() -> bool {
    let ignored = proc::of("self", "status").and_then(|status| proc::bits(&status, "SigIgn"));
    ignored.is_some_and(|bits| bits >> (SIGHUP - 1) & 1 == 1)
}

/// Returns the name of a signal as kill(1) has it.
#[must_use]
pub fn name(signal: i32) -> String {
    low_level::signal_name(signal).map_or_else(|| format!("signal {signal}"), str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_signal_is_known_and_has_a_name() {
        let (interrupt, first_ns) = (Interrupt::never(), AtomicU64::new(0));
        assert!(!interrupt.is_set() && interrupt.signal().is_none());
        took(SIGTERM, 7, (&interrupt, &first_ns));
        took(SIGHUP, 8, (&interrupt, &first_ns));
        assert_eq!((interrupt.signal(), first_ns.into_inner()), (Some(15), 7));
        assert!(interrupt.clone().is_set());
        assert_eq!((name(SIGTERM), name(99)), ("SIGTERM".to_owned(), "signal 99".to_owned()));
    }

    #[test]
    fn a_second_signal_ends_at_once_unless_it_is_the_first_one_again() {
        let second = 1_000 + REPEAT_NS;
        assert!(ends_at_once(SIGINT, second, 1_000) && ends_at_once(SIGTERM, second, 1_000));
        assert!(!ends_at_once(SIGINT, second - 1, 1_000), "sent twice, as by timeout(1)");
        assert!(!ends_at_once(SIGHUP, second, 1_000), "a closed terminal sends two");
        assert!(!ends_at_once(SIGINT, second, 0), "another thread is taking the first one");
    }
}
