//! What a run has measured, before it becomes `run.json` and notes.
use super::audit::Audited;
use super::clock::ClockFacts;
use super::discovery::Place;
use super::mover::{Ended, Plan};
use super::options::Options;
use super::provoke::Refused;
use super::samples::Samples;
use super::tally::Tallied;
use super::trace::Traced;
use reports::schema::Note;

/// What was measured in one cell.
#[derive(Debug)]
pub(super) struct CellRecord {
    /// What was to be measured.
    pub(super) plan: Plan,
    /// The samples.
    pub(super) samples: Samples,
    /// How it ended.
    pub(super) ended: Ended,
    /// Length of the measured part.
    pub(super) duration_ns: u64,
    /// Pages that every moved process keeps while it stands still; absent where it works.
    pub(super) kept_pages: Option<u64>,
    /// Pages that moved processes have touched and keep, in all, where they stand still.
    pub(super) touched: i64,
    /// What operations took meanwhile, by operation and condition, warm-up included.
    pub(super) tallies: Vec<[Tallied; 2]>,
    /// Counters beside the workers' books, at the end of the cell.
    pub(super) audited: Vec<Audited>,
    /// What was refused, where that was the purpose.
    pub(super) refused: Option<Refused>,
    /// What was seen inside the kernel, in a traced cell.
    pub(super) traced: Option<Traced>,
}

/// What holds for all cells of a run.
#[derive(Debug)]
pub(super) struct Setting<'a> {
    /// As given.
    pub(super) options: &'a Options,
    /// Where.
    pub(super) place: &'a Place,
    /// As measured at the start.
    pub(super) clock: ClockFacts,
    /// Whether the timer slack could be reduced.
    pub(super) precise_sleep: bool,
    /// What is to be said about tracing.
    pub(super) tracing: &'a [Note],
    /// The signal that ended the run.
    pub(super) signal: Option<i32>,
}

impl CellRecord {
    /// Operations that were done, and those that failed.
    pub(super) fn work(&self) -> (u64, u64) {
        let all = || self.tallies.iter().flatten();
        (all().map(Tallied::count).sum(), all().map(|tallied| tallied.failed).sum())
    }

    /// What notes and facts call the cell: `closed loop`, `20/s traced`, `64 pages kept`.
    pub(super) fn label(&self) -> String {
        match self.kept_pages {
            Some(pages) => format!("{pages} pages kept"),
            None => self.plan.label() + if self.traced.is_some() { " traced" } else { "" },
        }
    }
}
