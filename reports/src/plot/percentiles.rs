//! Latency of an attach: one percentile curve a series from the minimum on, x = 1/(1−p), y logarithmic.
//!
//! Separate from the other plots of latency because protocols differ in the tail. Curves end where the samples do.
use super::axis::{Axis, log};
use super::frame::{Frame, Line};
use super::ink::Ink;
use crate::percentile::{LEVELS, Samples, decades};

/// Draws the curves of `series` on an axis of their own. Returns `None` when no series has enough samples for a median.
pub(crate) fn plot(question: &str, clock: &str, series: &[(Ink, &Samples)]) -> Option<Frame> {
    let curves = || series.iter().map(|(_, samples)| samples.curve());
    let ends: Vec<_> = curves().filter_map(|curve| Some((curve.first()?.1, *curve.last()?))).collect();
    let top = ends.iter().map(|(_, last)| last.0).reduce(f64::max)?;
    let (low, high) = (ends.iter().map(|end| end.0).min()?, ends.iter().map(|end| end.1.1).max()?);
    Some(Frame {
        question: question.to_owned(),
        x: Axis::percentiles(top),
        y: Axis::log_time(&format!("{clock} time of an attach"), low, high),
        height: 640,
        lines: series
            .iter()
            .zip(curves())
            .map(|((ink, samples), curve)| line(*ink, samples, curve))
            .collect(),
        bars: Vec::new(),
    })
}

fn line(ink: Ink, samples: &Samples, curve: Vec<(f64, u64)>) -> Line {
    let points = curve.into_iter().map(|(x, ns)| (x, log(ns))).collect();
    let marked = LEVELS.iter().filter_map(|level| Some((decades(level.q), log(samples.quantile(level.q)?))));
    Line { ink, points, marks: marked.collect() }
}
