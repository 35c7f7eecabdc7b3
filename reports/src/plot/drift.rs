//! Drift of a counter from the truth over time: steps on a symmetric logarithmic axis, quiescent points marked.
//!
//! Separate from the other plots because its axis has two sides: over- and undercharge are different faults.
use super::axis::{Axis, symlog};
use super::frame::{Frame, Line};
use super::ink::{Ink, series};
use crate::schema::DriftPoint;

/// Largest number of quiescent points with a marker; more would hide the line.
const MAX_MARKS: usize = 40;
/// Largest number of points of a line, whatever the run holds.
const MAX_POINTS: usize = 400;

/// Draws one line per (number of the series, its points), on an axis of `unit`. Returns `None` without points.
pub(crate) fn plot(question: &str, clock: &str, unit: &str, all: &[(usize, &[DriftPoint])]) -> Option<Frame> {
    let points = || all.iter().flat_map(|(_, points)| points.iter());
    let end = points().map(|point| point.at_ns).max()?;
    let low = points().map(|point| point.drift).min()?;
    let high = points().map(|point| point.drift).max()?;
    Some(Frame {
        question: question.to_owned(),
        x: Axis::time(&format!("{clock} time since the start of the cell"), end),
        y: Axis::symlog(&format!("drift, {unit}: above 0 overcharged, below 0 undercharged"), low, high),
        height: 600,
        lines: all.iter().map(|(n, points)| steps(Ink::Series(series(*n)), points)).collect(),
        bars: Vec::new(),
    })
}

/// Returns the steps of a line. A drift holds until the next one, so the line goes across first, then up or down.
fn steps(ink: Ink, points: &[DriftPoint]) -> Line {
    let place = |point: &DriftPoint| (point.at_ns as f64, symlog(point.drift));
    // Everything adds up at the start, until the first point.
    let mut line: Vec<(f64, f64)> = vec![(0.0, symlog(0))];
    for point in points.iter().step_by(points.len().div_ceil(MAX_POINTS).max(1)) {
        let (x, y) = place(point);
        if let Some((_, before)) = line.last().copied().filter(|(_, before)| *before != y) {
            line.push((x, before));
        }
        line.push((x, y));
    }
    let quiescent: Vec<(f64, f64)> = points.iter().filter(|point| point.quiescent).map(place).collect();
    let marks = quiescent.iter().copied().step_by(quiescent.len().div_ceil(MAX_MARKS).max(1)).collect();
    Line { ink, points: line, marks }
}
