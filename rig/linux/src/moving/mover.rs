//! The timed loop: one write per move, back to back or at intended times that are never skipped.
//!
//! Every write names a cgroup in which its target is not; a refused one is tried again at the same destination. So no
//! write is a no-op. Targets take turns. Nothing in the loops allocates, prints or locks.
use super::super::clock::{now_ns, sleep_until_ns};
use super::super::error::{Attempt, LinuxError};
use super::super::place::group::Groups;
use super::super::workers::shared::ControlBlock;
use super::super::workers::workload::MovedUnit;
use super::samples::{MoveSamples, Times};
use engines::Interrupt;
use input::units::Rate;
use rustix::io::Errno;
use std::fs::{self, File, OpenOptions};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Discarded moves at the begin of a closed loop; they leave the kernel as a closed loop finds it.
pub(crate) const WARM_UP_CLOSED: u64 = 16;
/// Discarded moves at the begin of an open loop, at its own rate: moves back to back would make the next one cheap.
pub(crate) const WARM_UP_OPEN: u64 = 4;
/// Longest sleep without a look at the flags, for a signal that another thread took.
const NAP_NS: u64 = 100_000_000;
/// Fewest moves of a closed loop, however long each takes: below 20 there is no median.
const LEAST: u64 = 25;
/// Factor of its duration up to which an open loop goes on that cannot keep up. It then gives up the rest.
pub(crate) const OVERRUN: u64 = 3;
const LEAD_NS: u64 = 1_000_000;
const NS_PER_S: u64 = 1_000_000_000;

/// Writes ids in turn into files that are opened once.
#[derive(Debug)]
pub(crate) struct Mover {
    moves: MovedUnit,
    cgroups: Vec<Destination>,
    targets: Vec<Target>,
    /// Index of the target of the next write.
    turn: usize,
}

/// A cgroup, with its files.
#[derive(Debug)]
struct Destination {
    /// File that takes pids.
    procs: File,
    /// File that takes ids of threads; absent when threads are not moved.
    threads: Option<File>,
    /// File that lists the tasks in it.
    listing: PathBuf,
}

/// A process or thread that is moved.
#[derive(Debug)]
struct Target {
    id: u32,
    text: String,
    /// Index of the cgroup in which it is.
    at: usize,
    /// Ids of the threads that are to be scattered before every move.
    threads: Vec<String>,
}

impl Target {
    fn new(id: u32, threads: &[u32]) -> Self {
        let threads = threads.iter().map(u32::to_string).collect();
        Self { id, text: id.to_string(), at: 0, threads }
    }
}

/// Events that may end a loop early.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    /// Signals.
    pub(crate) interrupts: &'a Interrupt,
    /// Death of a worker, stored with Release by its watcher.
    pub(crate) died: &'a AtomicBool,
    /// Memory in which workers see that a move is under way.
    pub(crate) board: &'a ControlBlock,
}

/// Outcome of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All moves were made as planned.
    Complete,
    /// This signal ended the loop, after the write that was under way.
    Interrupted(i32),
    /// The worker is gone; the last record is void.
    WorkerDied,
    /// The kernel could not keep up with the rate, and these moves were never begun.
    Backlog {
        /// Number of these moves.
        unstarted: u64,
    },
}

impl Ended {
    /// Combines the outcomes of two movers that ran at once: the worse one counts.
    pub(crate) fn worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Backlog { unstarted: a }, Self::Backlog { unstarted: b }) => {
                Self::Backlog { unstarted: a + b }
            }
            (a, b) => {
                let weight = |ended: Self| match ended {
                    Self::Complete => 0,
                    Self::Backlog { .. } => 1,
                    Self::Interrupted(_) => 2,
                    Self::WorkerDied => 3,
                };
                if weight(a) >= weight(b) { a } else { b }
            }
        }
    }
}

/// Plan of the measurement in one cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MovePlan {
    /// Rate of the open loop; absent for the closed loop.
    pub(crate) rate: Option<Rate>,
    /// Pause between two moves of the closed loop.
    pub(crate) pause: Duration,
    /// Length of the measured part. A closed loop goes on until there are [`LEAST`] moves, up to [`OVERRUN`] times as
    /// long.
    pub(crate) duration: Duration,
}

impl MovePlan {
    /// Name of the loop: `closed loop` or `20/s`.
    pub(crate) fn label(&self) -> String {
        match self.rate {
            Some(rate) => rate.to_string(),
            None if self.pause.is_zero() => "closed loop".into(),
            None => format!("closed loop with a pause of {:?}", self.pause),
        }
    }
}

impl Watch<'_> {
    fn stop(&self) -> Option<Ended> {
        match self.interrupts.signal() {
            Some(signal) => Some(Ended::Interrupted(i32::from(signal))),
            None if self.died.load(Ordering::Acquire) => Some(Ended::WorkerDied),
            None => None,
        }
    }
}

impl Mover {
    /// Opens the files and moves every worker into the first cgroup, which is not measured. `workers` are the thread
    /// ids of each worker, that of the process first.
    ///
    /// # Errors
    /// [`LinuxError::NotPermitted`] without a remedy yet when the kernel does not let us move the worker here,
    /// [`LinuxError::Setup`] for everything else.
    pub(crate) fn enter(groups: &Groups, moves: MovedUnit, workers: &[Vec<u32>]) -> Result<Self, LinuxError> {
        let threads = (moves != MovedUnit::Processes).then(|| groups.threads_file());
        let open = |path: PathBuf| {
            let opened = OpenOptions::new().write(true).open(&path);
            opened.map_err(|source| LinuxError::Setup { doing: format!("open {}", path.display()), source })
        };
        let destination = |folder: &PathBuf| {
            Ok(Destination {
                procs: open(folder.join("cgroup.procs"))?,
                threads: threads.map(|name| open(folder.join(name))).transpose()?,
                listing: folder.join(threads.unwrap_or("cgroup.procs")),
            })
        };
        let cgroups = groups.children().iter().map(destination).collect::<Result<Vec<_>, LinuxError>>()?;
        for worker in workers {
            let Err(errno) = rustix::io::write(&cgroups[0].procs, worker[0].to_string().as_bytes()) else {
                continue;
            };
            return Err(refused(errno, groups.children()[0].join("cgroup.procs")));
        }
        let targets = match moves {
            MovedUnit::Processes => workers.iter().map(|ids| Target::new(ids[0], &[])).collect(),
            MovedUnit::Scattered => workers.iter().map(|ids| Target::new(ids[0], ids)).collect(),
            MovedUnit::Threads => workers.iter().flatten().map(|id| Target::new(*id, &[])).collect(),
        };
        Ok(Self { moves, cgroups, targets, turn: 0 })
    }

    /// Runs one cell into `samples`; returns how it ended and how long the measured part took, in ns.
    pub(crate) fn measure(
        &mut self,
        plan: MovePlan,
        samples: &mut MoveSamples,
        watch: &Watch<'_>,
    ) -> (Ended, u64) {
        match plan.rate {
            None => self.back_to_back(plan, samples, watch),
            Some(rate) => self.at_rate(rate, plan.duration, samples, watch),
        }
    }

    /// Checks that every target is where the last write put it.
    ///
    /// # Errors
    /// [`LinuxError::Misplaced`], or [`LinuxError::Setup`] when a file cannot be read.
    pub(crate) fn verify(&self) -> Result<(), LinuxError> {
        for (number, cgroup) in self.cgroups.iter().enumerate() {
            let path = &cgroup.listing;
            let listed = fs::read_to_string(path)
                .map_err(|source| LinuxError::Setup { doing: format!("read {}", path.display()), source })?;
            let is_listed = |target: &&Target| listed.lines().any(|line| line == target.text);
            let mut here = self.targets.iter().filter(|target| target.at == number);
            if let Some(target) = here.find(|target| !is_listed(target)) {
                return Err(LinuxError::Misplaced { pid: target.id, expected: path.clone() });
            }
        }
        Ok(())
    }

    /// Ids of its targets, by cgroup.
    pub(crate) fn places(&self) -> Vec<Vec<u32>> {
        let at = |number| {
            self.targets.iter().filter(|target| target.at == number).map(|target| target.id).collect()
        };
        (0..self.cgroups.len()).map(at).collect()
    }

    fn back_to_back(
        &mut self,
        MovePlan { pause, duration, .. }: MovePlan,
        samples: &mut MoveSamples,
        watch: &Watch<'_>,
    ) -> (Ended, u64) {
        for _ in 0..WARM_UP_CLOSED {
            if let Some(ended) = watch.stop() {
                return (ended, 0);
            }
            // A refusal shows in the measured part too.
            let _discarded = self.unmeasured();
        }
        let start = now_ns();
        let (until, give_up) =
            (start + duration.as_nanos() as u64, start + OVERRUN * duration.as_nanos() as u64);
        loop {
            if let Some(ended) = watch.stop() {
                return (ended, now_ns() - start);
            }
            let end = self.timed(None, samples, watch.board);
            if samples.gone > 0 {
                return (Ended::WorkerDied, end - start);
            }
            let enough = samples.moved.count() >= LEAST || end >= give_up;
            if end >= until && enough {
                return (Ended::Complete, end - start);
            }
            if !pause.is_zero() {
                sleep_until_ns(end + pause.as_nanos() as u64);
            }
        }
    }

    fn at_rate(
        &mut self,
        rate: Rate,
        duration: Duration,
        samples: &mut MoveSamples,
        watch: &Watch<'_>,
    ) -> (Ended, u64) {
        let (warm_up, moves) = (warm_up_open(rate), rate.intervals_in(duration));
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
                let _discarded = self.unmeasured();
                continue;
            }
            if now_ns() >= give_up {
                return (Ended::Backlog { unstarted: warm_up + moves - index }, end - measured_from);
            }
            end = self.timed(Some(intended), samples, watch.board);
            if samples.gone > 0 {
                return (Ended::WorkerDied, end - measured_from);
            }
        }
        (Ended::Complete, end - measured_from)
    }

    /// Makes one measured write; returns its end.
    pub(crate) fn timed(
        &mut self,
        intended: Option<u64>,
        samples: &mut MoveSamples,
        board: &ControlBlock,
    ) -> u64 {
        self.scatter();
        board.move_begins();
        let begin = now_ns();
        let outcome = self.write();
        let end = now_ns();
        board.move_ends();
        samples.record(outcome, Times { intended, begin, end });
        end
    }

    fn unmeasured(&mut self) -> Result<(), Errno> {
        self.scatter();
        self.write()
    }

    /// Makes one write. The kernel takes a whole id or refuses it.
    fn write(&mut self) -> Result<(), Errno> {
        let turn = self.turn;
        self.turn = (turn + 1) % self.targets.len();
        let target = &mut self.targets[turn];
        let next = (target.at + 1) % self.cgroups.len();
        let cgroup = &self.cgroups[next];
        let file = if self.moves == MovedUnit::Threads { cgroup.threads.as_ref() } else { None };
        rustix::io::write(file.unwrap_or(&cgroup.procs), target.text.as_bytes())?;
        target.at = next;
        Ok(())
    }

    /// Spreads the threads of the next target over the cgroups that are not its destination.
    fn scatter(&mut self) {
        let target = &self.targets[self.turn];
        let (count, next) = (self.cgroups.len(), (target.at + 1) % self.cgroups.len());
        for (number, thread) in target.threads.iter().enumerate() {
            let source = (next + 1 + number % (count - 1)) % count;
            if let Some(file) = &self.cgroups[source].threads {
                // A thread that stays is moved with the others, and one that is gone fails there, too.
                let _stays = rustix::io::write(file, thread.as_bytes());
            }
        }
    }
}

/// The answer to the first move of a worker, in words.
fn refused(errno: Errno, path: PathBuf) -> LinuxError {
    match errno {
        Errno::ACCESS | Errno::PERM => LinuxError::NotPermitted {
            attempts: vec![Attempt { doing: "move a process into", path, source: errno.into() }],
            remedy: String::new(),
        },
        other => {
            let doing = format!("move the worker into {}", path.display());
            LinuxError::Setup { doing, source: other.into() }
        }
    }
}

/// Returns the number of warm-up moves: fewer where they would take longer than a second.
pub(crate) fn warm_up_open(rate: Rate) -> u64 {
    if rate.per_s() >= WARM_UP_OPEN { WARM_UP_OPEN } else { 1 }
}

/// Sleeps until `at_ns`, in short naps. Returns what ends the loop if that happens before.
pub(crate) fn sleep_until_or_stop(at_ns: u64, watch: &Watch<'_>) -> Option<Ended> {
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
