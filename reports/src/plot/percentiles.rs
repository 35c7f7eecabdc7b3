//! Latency of an attach: one percentile curve a series, x = 1/(1−p), y logarithmic.
//!
//! Separate from the other plots of latency because protocols differ in the tail. Curves end where the samples do.
use super::axis::{Axis, log};
use super::frame::{Frame, Line};
use super::ink::Ink;
use crate::percentile::{LEVELS, Samples, decades};

/// Draws the curves of `series` on a time axis from `span.0` to `span.1` ns, so that neighbouring plots can be
/// compared. Returns `None` when no series has enough samples for a median.
pub(crate) fn plot(
    question: &str,
    clock: &str,
    series: &[(Ink, &Samples)],
    span: (u64, u64),
) -> Option<Frame> {
    let lines: Vec<Line> = series.iter().map(|(ink, samples)| curve(*ink, samples)).collect();
    let ends = lines.iter().filter_map(|line| line.points.last());
    let top = ends.map(|point| point.0).reduce(f64::max)?;
    Some(Frame {
        question: question.to_owned(),
        x: Axis::percentiles(top),
        y: Axis::log_time(&format!("{clock} time of an attach"), span.0, span.1),
        height: 640,
        lines,
        bars: Vec::new(),
    })
}

/// Returns the least and the greatest time that curves of `all` reach, in ns.
pub(crate) fn span<'a>(all: impl Iterator<Item = &'a Samples>) -> (u64, u64) {
    let ends = all.map(Samples::curve).filter_map(|curve| Some((curve.first()?.1, curve.last()?.1)));
    ends.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((1, 1))
}

fn curve(ink: Ink, samples: &Samples) -> Line {
    let points = samples.curve().into_iter().map(|(x, ns)| (x, log(ns))).collect();
    let marked = LEVELS.iter().filter_map(|level| Some((decades(level.q), log(samples.quantile(level.q)?))));
    Line { ink, points, marks: marked.collect() }
}
