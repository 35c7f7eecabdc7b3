//! Measurements of a run, before they become `run.json` and notes.
use super::super::checks::audit::Looked;
use super::super::checks::provoke::Refused;
use super::super::clock::{ClockFacts, now_ns};
use super::super::moving::mover::{Ended, MovePlan};
use super::super::moving::samples::MoveSamples;
use super::super::options::LinuxOptions;
use super::super::place::discovery::Place;
use super::super::trace::Traced;
use super::super::workers::tally::Tallied;
use super::super::workers::worker_pool::WorkerPool;
use reports::schema::{Noise, Note};

/// Measurements of one cell.
#[derive(Debug)]
pub(crate) struct CellRecord {
    /// Plan of the cell.
    pub(crate) plan: MovePlan,
    /// The samples.
    pub(crate) samples: MoveSamples,
    /// Outcome of the loop of moves.
    pub(crate) ended: Ended,
    /// Time at which the measured part began, on the machine's monotonic clock.
    pub(crate) began_ns: u64,
    /// Length of the measured part.
    pub(crate) duration_ns: u64,
    /// Pages that every moved process keeps in a cell of idle processes; absent where they work.
    pub(crate) resident_pages: Option<u64>,
    /// Pages that moved processes have touched and keep, in all, in a cell of idle processes.
    pub(crate) touched: i64,
    /// Latencies of the workers' operations during the cell, by operation and condition, warm-up included.
    pub(crate) tallies: Vec<[Tallied; 2]>,
    /// Counters compared with the workers' books, at the end of the cell.
    pub(crate) looked: Looked,
    /// Refusals, where they were the purpose.
    pub(crate) refused: Option<Refused>,
    /// Measurements from inside the kernel, in a traced cell.
    pub(crate) traced: Option<Traced>,
}

/// Facts that hold for all cells of a run.
#[derive(Debug)]
pub(crate) struct RunSetting<'a> {
    /// Options as given.
    pub(crate) options: &'a LinuxOptions,
    /// Place of the run.
    pub(crate) place: &'a Place,
    /// Properties of the clock as measured at the start.
    pub(crate) clock: ClockFacts,
    /// True when the timer slack could be reduced.
    pub(crate) precise_sleep: bool,
    /// Remarks on tracing.
    pub(crate) tracing: &'a [Note],
    /// Noise of the machine; absent until the run has ended.
    pub(crate) noise: Option<&'a Noise>,
    /// The signal that ended the run.
    pub(crate) signal: Option<i32>,
}

impl CellRecord {
    /// A cell that has just ended, with what the workers did in it, and nothing special about it.
    pub(crate) fn new(
        plan: MovePlan,
        samples: MoveSamples,
        (ended, duration_ns): (Ended, u64),
        crew: &WorkerPool,
    ) -> Self {
        Self {
            plan,
            samples,
            ended,
            began_ns: now_ns().saturating_sub(duration_ns),
            duration_ns,
            resident_pages: None,
            touched: crew.touched(),
            tallies: crew.tallies(),
            looked: Looked::default(),
            refused: None,
            traced: None,
        }
    }

    /// Operations that were done, and those that failed.
    pub(crate) fn work(&self) -> (u64, u64) {
        let all = || self.tallies.iter().flatten();
        (all().map(Tallied::count).sum(), all().map(|tallied| tallied.failed).sum())
    }

    /// Name of the cell in notes and facts: `closed loop`, `20/s traced`, `64 pages kept`.
    pub(crate) fn label(&self) -> String {
        match self.resident_pages {
            Some(pages) => format!("{pages} pages kept"),
            None => self.plan.label() + if self.traced.is_some() { " traced" } else { "" },
        }
    }
}
