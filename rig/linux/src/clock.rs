//! The one clock of this module, CLOCK_MONOTONIC, and the shortest interval that it resolves.
//!
//! Intended starts, real starts and ends come from the same clock, since they are subtracted from each other. `Instant`
//! is the same clock, but a thread cannot sleep until one.
use rustix::thread::{clock_nanosleep_absolute, current_timer_slack, set_current_timer_slack};
use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};
use std::num::NonZeroU64;

const NS_PER_S: u64 = 1_000_000_000;
const READS: u64 = 20_000;
/// Starts whose lateness is looked at, and the time before each, in ns.
const STARTS: usize = 32;
const START_EVERY_NS: u64 = 1_000_000;

/// Returns the present time, in ns since boot.
pub(super) fn now_ns() -> u64 {
    ns(clock_gettime(ClockId::Monotonic))
}

/// Sleeps until `at_ns`, or until a signal comes; a time in the past returns at once.
pub(super) fn sleep_until_ns(at_ns: u64) {
    let at = Timespec { tv_sec: (at_ns / NS_PER_S) as i64, tv_nsec: (at_ns % NS_PER_S) as _ };
    // The only failure left is EINTR, upon which callers look at their flags.
    let _interrupted = clock_nanosleep_absolute(ClockId::Monotonic, &at);
}

/// Measured properties of the clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockFacts {
    /// Resolution that the kernel claims, by clock_getres.
    pub(super) resolution_ns: u64,
    /// Smallest step seen between two reads that differed.
    pub(super) step_ns: u64,
    /// Mean cost of a read. A timed write contains one of them.
    pub(super) read_ns: u64,
}

impl ClockFacts {
    /// Reads the clock some thousand times.
    pub(super) fn measure() -> Self {
        let begin = now_ns();
        let (mut last, mut step_ns) = (begin, u64::MAX);
        for _ in 0..READS {
            let now = now_ns();
            if now > last {
                step_ns = step_ns.min(now - last);
            }
            last = now;
        }
        Self { resolution_ns: ns(clock_getres(ClockId::Monotonic)), step_ns, read_ns: (last - begin) / READS }
    }
}

/// Returns, in words, how late a thread wakes up that sleeps until a start. Takes some 30 ms on the calling thread.
pub(super) fn lateness() -> String {
    let late = |_| {
        let due_ns = now_ns() + START_EVERY_NS;
        sleep_until_ns(due_ns);
        now_ns().saturating_sub(due_ns)
    };
    let mut late_ns = [0; STARTS].map(late);
    late_ns.sort_unstable();
    format!("late by {} ns (median), {} ns at worst of {STARTS}", late_ns[STARTS / 2], late_ns[STARTS - 1])
}

/// Sets the calling thread's timer slack to 1 ns for its lifetime. The default, 50 µs, would be added to every wake-up
/// and with it to every corrected latency.
#[derive(Debug)]
pub(super) struct PreciseSleep {
    before: Option<NonZeroU64>,
}

impl PreciseSleep {
    /// Starts with the shorter slack. Where the kernel refuses it, wake-ups are later and nothing else changes.
    pub(super) fn start() -> Self {
        let before = current_timer_slack().ok().and_then(NonZeroU64::new);
        let set = set_current_timer_slack(Some(NonZeroU64::MIN));
        Self { before: before.filter(|_| set.is_ok()) }
    }

    /// Reports whether the kernel accepted the shorter slack.
    pub(super) fn is_on(&self) -> bool {
        self.before.is_some()
    }
}

impl Drop for PreciseSleep {
    fn drop(&mut self) {
        if self.before.is_some() {
            // It was accepted at the start, so it is accepted again.
            let _restored = set_current_timer_slack(self.before);
        }
    }
}

fn ns(time: Timespec) -> u64 {
    time.tv_sec as u64 * NS_PER_S + time.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleeping_ends_no_earlier_than_asked() {
        let at = now_ns() + 2_000_000;
        sleep_until_ns(at);
        assert!(now_ns() >= at);
        sleep_until_ns(0);
    }

    #[test]
    fn how_late_starts_are_is_said() {
        let words = lateness();
        assert!(words.starts_with("late by ") && words.ends_with(" ns at worst of 32"), "{words}");
    }

    #[test]
    fn the_clock_advances_and_the_slack_is_restored() {
        let facts = ClockFacts::measure();
        assert!(facts.resolution_ns >= 1 && facts.step_ns < NS_PER_S, "{facts:?}");
        let before = current_timer_slack().unwrap();
        drop(PreciseSleep::start());
        assert_eq!(current_timer_slack().unwrap(), before);
    }
}
