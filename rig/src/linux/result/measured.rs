//! What a run has measured, before it becomes `run.json` and notes.
use super::super::checks::audit::Looked;
use super::super::checks::provoke::Refused;
use super::super::clock::{ClockFacts, now_ns};
use super::super::moving::mover::{Ended, Plan};
use super::super::moving::samples::Samples;
use super::super::options::Options;
use super::super::place::discovery::Place;
use super::super::trace::Traced;
use super::super::workers::crew::Crew;
use super::super::workers::tally::Tallied;
use reports::schema::Note;

/// What was measured in one cell.
#[derive(Debug)]
pub(in crate::linux) struct CellRecord {
    /// What was to be measured.
    pub(in crate::linux) plan: Plan,
    /// The samples.
    pub(in crate::linux) samples: Samples,
    /// How it ended.
    pub(in crate::linux) ended: Ended,
    /// When the measured part began, on the machine's monotonic clock.
    pub(in crate::linux) began_ns: u64,
    /// Length of the measured part.
    pub(in crate::linux) duration_ns: u64,
    /// Pages that every moved process keeps while it stands still; absent where it works.
    pub(in crate::linux) kept_pages: Option<u64>,
    /// Pages that moved processes have touched and keep, in all, where they stand still.
    pub(in crate::linux) touched: i64,
    /// What operations took meanwhile, by operation and condition, warm-up included.
    pub(in crate::linux) tallies: Vec<[Tallied; 2]>,
    /// Counters beside the workers' books, at the end of the cell.
    pub(in crate::linux) looked: Looked,
    /// What was refused, where that was the purpose.
    pub(in crate::linux) refused: Option<Refused>,
    /// What was seen inside the kernel, in a traced cell.
    pub(in crate::linux) traced: Option<Traced>,
}

/// What holds for all cells of a run.
#[derive(Debug)]
pub(in crate::linux) struct Setting<'a> {
    /// As given.
    pub(in crate::linux) options: &'a Options,
    /// Where.
    pub(in crate::linux) place: &'a Place,
    /// As measured at the start.
    pub(in crate::linux) clock: ClockFacts,
    /// Whether the timer slack could be reduced.
    pub(in crate::linux) precise_sleep: bool,
    /// What is to be said about tracing.
    pub(in crate::linux) tracing: &'a [Note],
    /// The signal that ended the run.
    pub(in crate::linux) signal: Option<i32>,
}

impl CellRecord {
    /// A cell that has just ended, with what the workers did in it, and nothing special about it.
    pub(in crate::linux) fn new(
        plan: Plan,
        samples: Samples,
        (ended, duration_ns): (Ended, u64),
        crew: &Crew,
    ) -> Self {
        Self {
            plan,
            samples,
            ended,
            began_ns: now_ns().saturating_sub(duration_ns),
            duration_ns,
            kept_pages: None,
            touched: crew.touched(),
            tallies: crew.tallies(),
            looked: Looked::default(),
            refused: None,
            traced: None,
        }
    }

    /// Operations that were done, and those that failed.
    pub(in crate::linux) fn work(&self) -> (u64, u64) {
        let all = || self.tallies.iter().flatten();
        (all().map(Tallied::count).sum(), all().map(|tallied| tallied.failed).sum())
    }

    /// What notes and facts call the cell: `closed loop`, `20/s traced`, `64 pages kept`.
    pub(in crate::linux) fn label(&self) -> String {
        match self.kept_pages {
            Some(pages) => format!("{pages} pages kept"),
            None => self.plan.label() + if self.traced.is_some() { " traced" } else { "" },
        }
    }
}
