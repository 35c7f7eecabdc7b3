//! What a run has measured, before it becomes `run.json` and notes.
use super::clock::ClockFacts;
use super::discovery::Place;
use super::mover::{Ended, Plan};
use super::options::Options;
use super::provoke::Refused;
use super::samples::Samples;
use super::worker::Work;

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
    /// The signal that ended the run.
    pub(super) signal: Option<i32>,
}
