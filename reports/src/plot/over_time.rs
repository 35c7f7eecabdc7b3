//! Latency of attaches over time, with the number of faults that fired behind it.
//!
//! Separate from the percentile curves, which do not show time. A line is the longest attach of each slice and not a
//! median, because a slice may have only a few. The line is broken where nothing moved.
use super::axis::{Axis, log};
use super::frame::{Bar, Frame, Line};
use super::ink::Ink;
use crate::slices::Slices;

/// Share of the height that the slice with most faults takes.
const SHADED: f64 = 0.3;

/// Draws one line for each (number of the series, its slices). Returns `None` when nothing moved.
pub(crate) fn plot(question: &str, clock: &str, all: &[(u8, &Slices)]) -> Option<Frame> {
    let longest =
        || all.iter().flat_map(|(_, slices)| slices.longest_ns.iter().copied()).filter(|ns| *ns > 0);
    let (low, high) = (longest().min()?, longest().max()?);
    let end = |slices: &Slices| slices.slice_ns.saturating_mul(slices.moved.len() as u64);
    let end = all.iter().map(|(_, slices)| end(slices)).max()?;
    let y = Axis::log_time(&format!("{clock} time of the longest attach of each slice"), low, high);
    let lines = all.iter().flat_map(|(n, slices)| pieces(Ink::Series(*n), slices)).collect();
    Some(Frame {
        question: question.to_owned(),
        x: Axis::time(&format!("{clock} time since the start of the cell"), end),
        bars: shades(all, y.range),
        y,
        height: 560,
        lines,
    })
}

/// Returns the line of `slices`, in pieces without gaps; a single slice is a marker.
fn pieces(ink: Ink, slices: &Slices) -> Vec<Line> {
    let middle = |at: usize| (at as f64 + 0.5) * slices.slice_ns as f64;
    let places: Vec<(usize, u64)> = slices.longest_ns.iter().copied().enumerate().collect();
    let pieces = places.split(|(_, ns)| *ns == 0).filter(|piece| !piece.is_empty());
    let line = |piece: &[(usize, u64)]| {
        let points: Vec<(f64, f64)> = piece.iter().map(|(at, ns)| (middle(*at), log(*ns))).collect();
        // A marker now and then distinguishes lines; more would hide them.
        let marks = points.iter().copied().step_by(12).collect();
        Line { ink, points, marks }
    };
    pieces.map(line).collect()
}

/// Returns bars from the foot of the plot up: the number of faults in each slice, all lines together.
fn shades(all: &[(u8, &Slices)], (low, high): (f64, f64)) -> Vec<Bar> {
    let mut sum = Slices::default();
    all.iter().for_each(|(_, slices)| sum.merge(slices));
    let most = sum.faults.iter().copied().max().unwrap_or(0).max(1) as f64;
    let fired = sum.faults.iter().enumerate().filter(|(_, faults)| **faults > 0);
    let bar = |(at, faults): (usize, &u64)| {
        let left = at as f64 * sum.slice_ns as f64;
        let top = low + (high - low) * SHADED * *faults as f64 / most;
        Bar {
            ink: Ink::Shade,
            from: (left, low),
            to: (left + sum.slice_ns as f64, top),
            label: String::new(),
        }
    };
    fired.map(bar).collect()
}
