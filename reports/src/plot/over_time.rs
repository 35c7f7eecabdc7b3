//! Latency of attaches over time, with the number of faults that fired behind it.
//!
//! Separate from the percentile curves, which do not show time. A marker is the longest attach of a slice and not a
//! median, because a slice may have only a few.
use super::axis::{Axis, log};
use super::frame::{Bar, Frame, Line};
use super::ink::Ink;
use crate::slices::Slices;

/// Share of the height that the slice with most faults takes.
const SHADED: f64 = 0.3;

/// Draws markers for each (number of the series, its slices). Returns `None` when nothing moved.
pub(crate) fn plot(question: &str, clock: &str, all: &[(u8, &Slices)]) -> Option<Frame> {
    let longest =
        || all.iter().flat_map(|(_, slices)| slices.longest_ns.iter().copied()).filter(|ns| *ns > 0);
    let (low, high) = (longest().min()?, longest().max()?);
    let end = |slices: &Slices| slices.slice_ns.saturating_mul(slices.moved.len() as u64);
    let end = all.iter().map(|(_, slices)| end(slices)).max()?;
    let y = Axis::log_time(&format!("{clock} time of the longest attach of each slice"), low, high);
    let lines = all.iter().map(|(n, slices)| dots(Ink::Loose(*n), slices)).collect();
    Some(Frame {
        question: question.to_owned(),
        x: Axis::time(&format!("{clock} time since the start of the cell"), end),
        bars: shades(all, y.range),
        y,
        height: 560,
        lines,
    })
}

/// Returns a marker for each slice in which an attach moved.
fn dots(ink: Ink, slices: &Slices) -> Line {
    let longest = slices.longest_ns.iter().enumerate().filter(|(_, ns)| **ns > 0);
    let place = |(at, ns): (usize, &u64)| ((at as f64 + 0.5) * slices.slice_ns as f64, log(*ns));
    Line { ink, points: Vec::new(), marks: longest.map(place).collect() }
}

/// Returns bars from the foot of the plot up: the number of failures in each slice, all series together.
fn shades(all: &[(u8, &Slices)], (low, high): (f64, f64)) -> Vec<Bar> {
    let mut sum = Slices::default();
    all.iter().for_each(|(_, slices)| sum.merge(slices));
    let (_, failures) = failures(&sum);
    let most = failures.iter().copied().max().unwrap_or(0).max(1) as f64;
    let bar = |(at, n): (usize, &u64)| {
        let left = at as f64 * sum.slice_ns as f64;
        let top = low + (high - low) * SHADED * *n as f64 / most;
        let to = (left + sum.slice_ns as f64, top);
        Bar { ink: Ink::Shade, from: (left, low), to, label: String::new() }
    };
    failures.iter().enumerate().filter(|(_, n)| **n > 0).map(bar).collect()
}

/// Returns the failures that are drawn, with their name: faults that fired, or refusals where none did, because the
/// real kernel has no fault plan.
pub(crate) fn failures(slices: &Slices) -> (&'static str, &[u64]) {
    if slices.faults.iter().any(|n| *n > 0) {
        ("faults that fired", &slices.faults)
    } else {
        ("refused attaches", &slices.refused)
    }
}
