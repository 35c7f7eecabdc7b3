//! All workers of a run: those that are moved, and bystanders that are never moved.
//!
//! The rig commands all of them at once, through the memory that they share: to work, or to stand still while it reads
//! counters.
use super::super::clock::now_ns;
use super::super::error::LinuxError;
use super::super::options::LinuxOptions;
use super::pages::PAGE_BYTES;
use super::shared::{Command, ProcessTreeStats, Shared, no_sums};
use super::tally::Tallied;
use super::worker::Worker;
use super::worker_config::WorkerConfig;
use input::proc;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::thread;
use std::time::Duration;

/// Time that workers may take to stand still, in ns.
const STILL_NS: u64 = 10_000_000_000;
const LOOK: Duration = Duration::from_micros(200);

/// All workers of a run. They begin standing still.
#[derive(Debug)]
pub(crate) struct WorkerPool {
    shared: Shared,
    /// All workers; those that are moved come first.
    workers: Vec<Worker>,
    moved: usize,
    died: Arc<AtomicBool>,
}

/// Pages and tasks of the moved workers, by their own books, while they stand still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    /// Pages touched and kept.
    pub(crate) touched: i64,
    /// Tasks, main threads included.
    pub(crate) tasks: i64,
    /// Pages that they use in addition: stacks, heaps, tables of their own. This is anonymous memory by smaps, less
    /// `touched`; absent where smaps cannot be read.
    pub(crate) besides: Option<i64>,
}

impl WorkerPool {
    /// Starts all workers, those that are moved in the cgroup of `home`, its `cgroup.procs`. `started` hears of each
    /// pid before the next one starts.
    ///
    /// # Errors
    /// [`LinuxError::WorkerStart`], [`LinuxError::Setup`], and what `started` says.
    pub(crate) fn start(
        options: &LinuxOptions,
        home: &Path,
        started: &mut dyn FnMut(u32) -> Result<(), LinuxError>,
    ) -> Result<Self, LinuxError> {
        let setup = |source| LinuxError::Setup { doing: "share memory with workers".into(), source };
        let families = options.workloads.iter().map(|workload| workload.spec.processes as usize).sum();
        let shared = Shared::make(families).map_err(setup)?;
        shared.board().tell(Command::Park);
        let home = OpenOptions::new().write(true).open(home).map_err(setup)?;
        let memory = shared.number().ok_or_else(|| setup(io::ErrorKind::NotFound.into()))?;
        let program = options.worker_program.as_deref().unwrap_or(Path::new("/proc/self/exe"));
        let mut crew = Self { shared, workers: Vec::new(), moved: 0, died: Arc::default() };
        let (moved, others): (Vec<_>, Vec<_>) =
            options.workloads.iter().enumerate().partition(|(_, workload)| workload.moved);
        for (number, workload) in moved.into_iter().chain(others) {
            for process in 0..workload.spec.processes {
                let (spec, family) = (workload.spec.clone(), crew.workers.len());
                // Each workload has streams of its own.
                let seed = options.seed.wrapping_add(number as u64);
                let orders = WorkerConfig { spec, seed, process, memory, families, family, resume: None };
                let worker = Worker::start(program, &orders, &crew.died, workload.moved.then_some(&home))?;
                started(worker.pid())?;
                crew.workers.push(worker);
                crew.moved += usize::from(workload.moved);
            }
        }
        Ok(crew)
    }

    /// Returns the workers that are moved.
    pub(crate) fn moved(&self) -> &[Worker] {
        &self.workers[..self.moved]
    }

    /// Pids of those that are moved.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.moved().iter().map(Worker::pid).collect()
    }

    /// The memory that all share.
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    fn moved_families(&self) -> impl Iterator<Item = &ProcessTreeStats> {
        (0..self.moved).map(|number| self.shared.family(number))
    }

    /// Ids of the threads of the moved workers that are there from the start, by worker, its main thread first.
    pub(crate) fn threads(&self) -> Vec<Vec<u32>> {
        let own = |family: &ProcessTreeStats| -> Vec<u32> {
            family.tids.iter().map(|tid| tid.load(Acquire)).take_while(|tid| *tid != 0).collect()
        };
        let of = |(worker, family): (&Worker, &ProcessTreeStats)| [vec![worker.pid()], own(family)].concat();
        self.moved().iter().zip(self.moved_families()).map(of).collect()
    }

    /// Lets all workers work.
    pub(crate) fn work(&self) {
        self.shared.board().tell(Command::Run);
    }

    /// Lets all workers stand still, and waits until they do.
    ///
    /// # Errors
    /// [`LinuxError::WorkerDied`], [`LinuxError::WorkerSilent`].
    pub(crate) fn park(&mut self) -> Result<(), LinuxError> {
        self.shared.board().tell(Command::Park);
        let until = now_ns() + STILL_NS;
        for number in 0..self.workers.len() {
            while !self.shared.family(number).is_still() {
                let worker = &mut self.workers[number];
                if worker.death_flag().load(Acquire) {
                    return Err(worker.death());
                }
                if now_ns() > until {
                    return Err(worker.silent());
                }
                thread::sleep(LOOK);
            }
        }
        Ok(())
    }

    /// Becomes true when any of them dies; stored with Release.
    pub(crate) fn death_flag(&self) -> &AtomicBool {
        &self.died
    }

    /// The error for the first of them that has died or is dying.
    pub(crate) fn death(&mut self) -> LinuxError {
        let dead = self.workers.iter().position(|worker| worker.death_flag().load(Acquire));
        self.workers[dead.unwrap_or(0)].death()
    }

    /// Pages that the moved workers have touched and keep.
    pub(crate) fn touched(&self) -> i64 {
        self.moved_families().map(|family| family.touched.load(Relaxed)).sum()
    }

    /// Returns what the moved workers have by their own books. The values are right only while the workers stand still.
    pub(crate) fn ledger(&self) -> Ledger {
        let sum = |of: fn(&ProcessTreeStats) -> i64| self.moved_families().map(of).sum::<i64>();
        let touched = self.touched();
        let anonymous: Option<i64> = self.moved().iter().map(|worker| anonymous_pages(worker.pid())).sum();
        Ledger {
            touched,
            besides: anonymous.map(|pages| pages - touched),
            tasks: self.moved as i64 + sum(|family| family.threads.load(Relaxed)),
        }
    }

    /// Returns the tasks by cgroup, from the ids that are in each; `None` when single threads are moved, since their
    /// processes' threads may be anywhere.
    pub(crate) fn tasks(&self, places: &[Vec<u32>]) -> Option<Vec<i64>> {
        let tasks = |id: &u32| {
            let number = self.moved().iter().position(|worker| worker.pid() == *id)?;
            Some(1 + self.shared.family(number).threads.load(Relaxed))
        };
        let of = |ids: &Vec<u32>| ids.iter().map(tasks).sum();
        places.iter().map(of).collect()
    }

    /// Lets every moved worker keep this many pages.
    ///
    /// # Errors
    /// As [`Worker::keep`].
    pub(crate) fn keep(&mut self, pages: u64) -> Result<(), LinuxError> {
        self.workers[..self.moved].iter_mut().try_for_each(|worker| worker.keep(pages))
    }

    /// Clears the latencies of operations.
    pub(crate) fn reset(&self) {
        self.shared.families().for_each(ProcessTreeStats::reset);
    }

    /// Returns the latencies of operations since the last reset, of all workers, by operation and condition: idle,
    /// attaching.
    pub(crate) fn tallies(&self) -> Vec<[Tallied; 2]> {
        let mut sums = no_sums();
        self.shared.families().for_each(|family| family.add_to(&mut sums));
        sums
    }

    /// Ends and reaps all workers.
    ///
    /// # Errors
    /// As [`Worker::stop`], joined.
    pub(crate) fn stop(self) -> Result<(), LinuxError> {
        self.shared.board().tell(Command::Stop);
        let stopped = self.workers.into_iter().filter_map(|worker| worker.stop().err());
        let failed = stopped.fold(None, |before, error| Some(LinuxError::join(before, error)));
        failed.map_or(Ok(()), Err)
    }
}

/// Anonymous memory of a process in pages of the ledger, counted by the kernel page by page.
fn anonymous_pages(pid: u32) -> Option<i64> {
    let kib = proc::number(&proc::of(pid, "smaps_rollup")?, "Anonymous")?;
    Some((kib * 1024 / PAGE_BYTES as u64) as i64)
}
