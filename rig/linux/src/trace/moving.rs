//! The loop of a traced cell: a fixed number of moves, with the time of each, and its trace taken out between moves
//! where there is time.
use super::super::clock::now_ns;
use super::super::moving::mover::{
    Ended, MovePlan, Mover, WARM_UP_CLOSED, Watch, sleep_until_or_stop, warm_up_open,
};
use super::super::moving::samples::MoveSamples;
use super::session::Session;
use std::time::Duration;

/// Moves back to back, and at a rate.
const MOVES_CLOSED: u64 = 200;
const MOVES_OPEN: u64 = 20;
/// Time after which a traced cell ends, however few moves there were; one at a rate is planned to end before.
pub(crate) const TIME_MAX: Duration = Duration::from_secs(5);
const LEAD_NS: u64 = 1_000_000;

/// A write that was made, and whether it moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Move {
    /// Begin in ns of our clock.
    pub(super) begin: u64,
    /// End in ns of our clock.
    pub(super) end: u64,
    pub(super) moved: bool,
}

/// The moves of a cell, how it ended, and how long it took in ns.
pub(super) struct Moves {
    pub(super) made: Vec<Move>,
    pub(super) ended: Ended,
    pub(super) duration_ns: u64,
}

/// Returns the number of moves that a cell makes.
pub(super) fn wanted(plan: MovePlan) -> u64 {
    plan.rate.map_or(MOVES_CLOSED, |rate| rate.intervals_in(TIME_MAX).clamp(1, MOVES_OPEN))
}

/// Makes the moves of a cell; those of the warm-up are in no samples.
pub(super) fn moves(
    plan: MovePlan,
    mover: &mut Mover,
    session: &mut Session,
    samples: &mut MoveSamples,
    watch: &Watch<'_>,
) -> Moves {
    let warm_up = plan.rate.map_or(WARM_UP_CLOSED, warm_up_open);
    let mut moves =
        Moves { made: Vec::with_capacity(wanted(plan) as usize), ended: Ended::Complete, duration_ns: 0 };
    let (mut discarded, start) = (MoveSamples::new(), now_ns() + LEAD_NS);
    let (mut measured_from, mut until) = (start, u64::MAX);
    for index in 0..warm_up + wanted(plan) {
        let intended = plan.rate.map(|rate| start + rate.offset_ns(index));
        if let Some(ended) = sleep_until_or_stop(intended.unwrap_or(0), watch) {
            moves.ended = ended;
            break;
        }
        if index == warm_up {
            measured_from = intended.unwrap_or_else(now_ns);
            until = measured_from.saturating_add(TIME_MAX.as_nanos() as u64);
        }
        let into = if index < warm_up { &mut discarded } else { &mut *samples };
        let (before, begin) = (into.moved.count(), now_ns());
        let end = mover.timed(intended, into, watch.board);
        if into.gone > 0 {
            moves.ended = Ended::WorkerDied;
            break;
        }
        if index >= warm_up {
            moves.made.push(Move { begin, end, moved: into.moved.count() > before });
            moves.duration_ns = end.saturating_sub(measured_from);
        }
        if plan.rate.is_some() {
            session.drain();
        }
        if end >= until {
            let unstarted = warm_up + wanted(plan) - index - 1;
            if plan.rate.is_some() && unstarted > 0 {
                moves.ended = Ended::Backlog { unstarted };
            }
            break;
        }
    }
    moves
}
