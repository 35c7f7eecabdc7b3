//! Single moves over time: a dot for each, and a cross for each that was refused.
//!
//! Separate from [`super::over_time`], which has one marker for each slice of a cell. Here a burst of long moves
//! differs from a single one.
use super::axis::{Axis, log};
use super::frame::{Frame, Line};
use super::ink::Ink;
use crate::schema::Move;

/// Draws the moves of one cell in the ink of series `n`. Returns `None` without moves.
pub(crate) fn plot(question: &str, clock: &str, n: u8, moves: &[Move]) -> Option<Frame> {
    let lengths = || moves.iter().map(|one| one.duration_ns);
    let (low, high) = (lengths().min()?, lengths().max()?);
    let end = moves.iter().map(|one| one.start_ns).max()?;
    let line = |ink, moved| {
        let of = moves.iter().filter(|one| one.moved == moved);
        let place = |one: &Move| (one.start_ns as f64, log(one.duration_ns));
        Line { ink, points: Vec::new(), marks: of.map(place).collect() }
    };
    let mut y = Axis::log_time(&format!("{clock} time that a move took"), low, high);
    // A label at the very foot would touch the first one of the other axis.
    let foot = y.range.0 + (y.range.1 - y.range.0) / 32.0;
    y.ticks.retain(|(place, _)| *place >= foot);
    Some(Frame {
        question: question.to_owned(),
        x: Axis::time(&format!("{clock} time at which a move began, since the first of the cell"), end),
        y,
        height: 560,
        lines: vec![line(Ink::Dot(n), true), line(Ink::Fault, false)],
        bars: Vec::new(),
    })
}
