//! What a run has measured, before it becomes `run.json` and notes.
use super::clock::ClockFacts;
use super::discovery::Place;
use super::mover::{Ended, Plan};
use super::options::Options;
use super::provoke::Refused;
use super::samples::Samples;
use super::trace::Traced;
use super::worker::Work;
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
    /// What the worker did meanwhile, warm-up included.
    pub(super) work: Work,
    /// What was refused, where that was the purpose.
    pub(super) refused: Option<Refused>,
    /// What was seen inside the kernel, in a traced cell.
    pub(super) traced: Option<Traced>,
}

impl CellRecord {
    /// What notes and facts call the cell: `closed loop`, `20/s traced`.
    pub(super) fn label(&self) -> String {
        self.plan.label() + if self.traced.is_some() { " traced" } else { "" }
    }
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
