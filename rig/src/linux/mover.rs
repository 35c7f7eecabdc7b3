//! The timed loop: one write per move, back to back or at intended times that are never skipped.
//!
//! Every write names the cgroup in which the worker is not; a refused one is tried again at the same destination. So
//! no write is a no-op. Nothing in the loops allocates, prints or locks.
use super::clock::{now_ns, sleep_until_ns};
use super::error::{Attempt, LinuxError};
use super::group::Groups;
use super::rate::Rate;
use super::samples::{Samples, Times};
use super::signals::Interrupts;
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Discarded moves at the begin of a closed loop; they leave the kernel as a closed loop finds it.
pub(super) const WARM_UP_CLOSED: u64 = 16;
/// Discarded moves at the begin of an open loop, at its own rate: moves back to back would make the next one cheap.
pub(super) const WARM_UP_OPEN: u64 = 4;
/// Longest sleep without a look at the flags, for a signal that another thread took.
const NAP_NS: u64 = 100_000_000;
/// An open loop that cannot keep up goes on for this many times its duration, then gives up the rest.
pub(super) const OVERRUN: u64 = 3;
const LEAD_NS: u64 = 1_000_000;
const NS_PER_S: u64 = 1_000_000_000;

/// Writes one pid alternately into two files that are opened once.
#[derive(Debug)]
pub(super) struct Mover {
    files: [File; 2],
    paths: [PathBuf; 2],
    pid: u32,
    pid_text: String,
    /// Index of the destination of the next write.
    next: usize,
}

/// Who may end a loop early.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    /// Signals.
    pub(super) interrupts: &'a Interrupts,
    /// Death of the worker, stored with Release by its watcher.
    pub(super) died: &'a AtomicBool,
}

/// How a loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// As planned.
    Complete,
    /// By this signal, after the write that was under way.
    Interrupted(i32),
    /// The worker is gone; what was recorded last is void.
    WorkerDied,
    /// The kernel could not keep up with the rate, and these moves were never begun.
    Backlog {
        /// Their number.
        unstarted: u64,
    },
}

/// What to measure in one cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// Absent for the closed loop.
    pub(super) rate: Option<Rate>,
    /// Length of the measured part.
    pub(super) duration: Duration,
}

impl Plan {
    /// `closed loop` or `20/s`.
    pub(super) fn label(&self) -> String {
        self.rate.map_or_else(|| "closed loop".into(), |rate| rate.to_string())
    }
}

impl Watch<'_> {
    fn stop(&self) -> Option<Ended> {
        match self.interrupts.caught() {
            Some(signal) => Some(Ended::Interrupted(signal)),
            None if self.died.load(Ordering::Acquire) => Some(Ended::WorkerDied),
            None => None,
        }
    }
}

impl Mover {
    /// Opens both files and makes the first move, which is not measured.
    ///
    /// # Errors
    /// [`LinuxError::NotPermitted`] without a remedy yet when the kernel does not let us move the worker here,
    /// [`LinuxError::Setup`] for everything else.
    pub(super) fn enter(groups: &Groups, pid: u32) -> Result<Self, LinuxError> {
        let paths = groups.destinations();
        let open = |path: &PathBuf| {
            OpenOptions::new()
                .write(true)
                .open(path)
                .map_err(|source| LinuxError::Setup { doing: format!("open {}", path.display()), source })
        };
        let files = [open(&paths[0])?, open(&paths[1])?];
        let mut mover = Self { files, paths, pid, pid_text: pid.to_string(), next: 0 };
        let path = mover.paths[0].clone();
        mover.write().map_err(|errno| match errno {
            Errno::ACCESS | Errno::PERM => LinuxError::NotPermitted {
                attempts: vec![Attempt { doing: "move a process into", path, source: errno.into() }],
                remedy: String::new(),
            },
            other => LinuxError::Setup {
                doing: format!("move the worker into {}", path.display()),
                source: other.into(),
            },
        })?;
        Ok(mover)
    }

    /// Runs one cell into `samples`; returns how it ended and how long the measured part took, in ns.
    pub(super) fn measure(&mut self, plan: Plan, samples: &mut Samples, watch: &Watch<'_>) -> (Ended, u64) {
        match plan.rate {
            None => self.back_to_back(plan.duration, samples, watch),
            Some(rate) => self.at_rate(rate, plan.duration, samples, watch),
        }
    }

    /// Looks whether the worker sits where the last write put it.
    ///
    /// # Errors
    /// [`LinuxError::Misplaced`], or [`LinuxError::Setup`] when the file cannot be read.
    pub(super) fn verify(&self) -> Result<(), LinuxError> {
        let path = &self.paths[self.next ^ 1];
        let listed = fs::read_to_string(path)
            .map_err(|source| LinuxError::Setup { doing: format!("read {}", path.display()), source })?;
        if listed.lines().any(|line| line == self.pid_text) {
            Ok(())
        } else {
            Err(LinuxError::Misplaced { pid: self.pid, expected: path.clone() })
        }
    }

    fn back_to_back(&mut self, duration: Duration, samples: &mut Samples, watch: &Watch<'_>) -> (Ended, u64) {
        for _ in 0..WARM_UP_CLOSED {
            if let Some(ended) = watch.stop() {
                return (ended, 0);
            }
            // A refusal shows in the measured part too.
            let _discarded = self.write();
        }
        let start = now_ns();
        let until = start + duration.as_nanos() as u64;
        loop {
            if let Some(ended) = watch.stop() {
                return (ended, now_ns() - start);
            }
            let end = self.timed(None, samples);
            if samples.gone > 0 {
                return (Ended::WorkerDied, end - start);
            }
            if end >= until {
                return (Ended::Complete, end - start);
            }
        }
    }

    fn at_rate(
        &mut self,
        rate: Rate,
        duration: Duration,
        samples: &mut Samples,
        watch: &Watch<'_>,
    ) -> (Ended, u64) {
        let (warm_up, moves) = (warm_up_open(rate), rate.moves_in(duration));
        let first = now_ns() + LEAD_NS;
        let measured_from = first + rate.offset_ns(warm_up);
        let give_up = measured_from + OVERRUN * duration.as_nanos() as u64 + NS_PER_S;
        let mut end = measured_from;
        for index in 0..warm_up + moves {
            let intended = first + rate.offset_ns(index);
            if let Some(ended) = sleep_until_or_stop(intended, watch) {
                return (ended, end - measured_from);
            }
            if index < warm_up {
                let _discarded = self.write();
                continue;
            }
            if now_ns() >= give_up {
                return (Ended::Backlog { unstarted: warm_up + moves - index }, end - measured_from);
            }
            end = self.timed(Some(intended), samples);
            if samples.gone > 0 {
                return (Ended::WorkerDied, end - measured_from);
            }
        }
        (Ended::Complete, end - measured_from)
    }

    /// One measured write; returns its end.
    pub(super) fn timed(&mut self, intended: Option<u64>, samples: &mut Samples) -> u64 {
        let begin = now_ns();
        let outcome = self.write();
        let end = now_ns();
        samples.record(outcome, Times { intended, begin, end });
        end
    }

    /// One write. The kernel takes the pid whole or refuses it.
    fn write(&mut self) -> Result<(), Errno> {
        rustix::io::write(&self.files[self.next], self.pid_text.as_bytes())?;
        self.next ^= 1;
        Ok(())
    }
}

/// Fewer where they would take longer than a second.
pub(super) fn warm_up_open(rate: Rate) -> u64 {
    if rate.per_s() >= WARM_UP_OPEN { WARM_UP_OPEN } else { 1 }
}

/// Sleeps until then, in short naps; gives what may end the loop meanwhile.
pub(super) fn sleep_until_or_stop(at_ns: u64, watch: &Watch<'_>) -> Option<Ended> {
    loop {
        if let Some(ended) = watch.stop() {
            return Some(ended);
        }
        let now = now_ns();
        if now >= at_ns {
            return None;
        }
        sleep_until_ns(at_ns.min(now + NAP_NS));
    }
}

#[cfg(test)]
#[path = "mover_tests.rs"]
mod tests;
