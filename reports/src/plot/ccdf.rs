//! Share of the workload's operations that took longer than a time: idle (faint) against attaching.
//!
//! Separate from the percentile curves of attaches, because this plot compares two conditions of the same operation.
//! Its question is how often, not how long.
use super::axis::{Axis, log};
use super::frame::{Frame, Line};
use super::ink::Ink;
use crate::percentile::Samples;

/// Draws one line per series. Returns `None` when no series has enough samples for a median.
pub(crate) fn plot(question: &str, clock: &str, op: &str, series: &[(Ink, &Samples)]) -> Option<Frame> {
    let lines: Vec<Line> = series.iter().map(|(ink, samples)| line(*ink, samples)).collect();
    let all = || lines.iter().flat_map(|line| &line.points);
    let deepest = all().map(|point| -point.1).reduce(f64::max)?;
    let shown = || series.iter().map(|(_, samples)| *samples).filter(|samples| samples.p50().is_some());
    let low = shown().filter_map(Samples::min).min()?;
    let high = shown().flat_map(|samples| samples.curve().last().map(|point| point.1)).max()?;
    Some(Frame {
        question: question.to_owned(),
        x: Axis::log_time(&format!("{clock} time of {op}"), low, high),
        y: Axis::share_above(&format!("share of {op} that took longer"), deepest),
        height: 600,
        lines,
        bars: Vec::new(),
    })
}

/// Returns the line from the least sample, which nearly all exceed, through the median and down the tail.
fn line(ink: Ink, samples: &Samples) -> Line {
    let points: Vec<(f64, f64)> = samples.curve().iter().map(|(decades, ns)| (log(*ns), -decades)).collect();
    let marks = points.iter().skip(6).step_by(20).copied().collect();
    Line { ink, points, marks }
}
