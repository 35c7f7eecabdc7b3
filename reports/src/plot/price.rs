//! The price of correctness: the p99 of an attach against the number of invariants that the protocol violates.
use super::axis::{Axis, log};
use super::frame::{Frame, Line};
use super::ink::Ink;
use crate::units::grouped;

/// A protocol: its colour, the invariants that it violates, and the p99 of its attaches in ns.
pub(crate) type Dot = (Ink, u64, u64);

/// Draws a dot per protocol. Returns `None` without any.
pub(crate) fn plot(question: &str, clock: &str, dots: &[Dot]) -> Option<Frame> {
    let p99s = || dots.iter().map(|dot| dot.2);
    let (low, high) = (p99s().min()?, p99s().max()?);
    let most = dots.iter().map(|dot| dot.1).max()?;
    let numbers: Vec<(u64, String)> = (0..=most).map(|violated| (violated, grouped(violated))).collect();
    let (x, places) = Axis::numbers("invariants that were violated", &numbers);
    let line = |(ink, violated, p99): &Dot| Line {
        ink: *ink,
        points: Vec::new(),
        marks: vec![(places[*violated as usize], log(*p99))],
    };
    Some(Frame {
        question: question.to_owned(),
        x,
        y: Axis::log_time(&format!("{clock} time of an attach, from its real start, p99"), low, high),
        height: 440,
        lines: dots.iter().map(line).collect(),
        bars: Vec::new(),
    })
}
