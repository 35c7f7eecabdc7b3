//! Median and p99 of an attach along an axis of the run: fault rates, rates of moves, delays.
//!
//! Separate from the percentile curves, which show one point of the axis each. Points are in the order of the plan at
//! equal distances, because a closed loop has no rate.
use super::axis::{Axis, log};
use super::frame::{Frame, Line};
use super::ink::Ink;
use crate::percentile::Samples;

/// A protocol along the axis.
pub(crate) struct Row<'a> {
    /// Number of its series.
    pub(crate) series: u8,
    /// Samples of the line, by point.
    pub(crate) samples: Vec<Option<&'a Samples>>,
}

/// Draws one line for the medians and one, faint, for the p99s of each row. Returns `None` when there is nothing to
/// draw.
pub(crate) fn plot(
    question: &str,
    clock: &str,
    axis: &str,
    points: &[String],
    rows: &[Row<'_>],
) -> Option<Frame> {
    let mut lines = Vec::new();
    for Row { series, samples } in rows {
        lines.push(line(Ink::Faint(*series), samples, Samples::p99));
        lines.push(line(Ink::Series(*series), samples, Samples::p50));
    }
    lines.retain(|line| !line.points.is_empty());
    let all = || rows.iter().flat_map(|row| &row.samples).flatten();
    let low = all().filter_map(|samples| samples.p50()).min()?;
    let high = all().filter_map(|samples| samples.p99().or_else(|| samples.p50())).max()?;
    Some(Frame {
        question: question.to_owned(),
        x: Axis::names_across(axis, points),
        y: Axis::log_time(&format!("{clock} time of an attach"), low, high),
        height: 560,
        lines,
        bars: Vec::new(),
    })
}

fn line(ink: Ink, row: &[Option<&Samples>], figure: impl Fn(&Samples) -> Option<u64>) -> Line {
    let places = row.iter().enumerate();
    let points: Vec<(f64, f64)> =
        places.filter_map(|(at, samples)| Some((at as f64, log(figure((*samples)?)?)))).collect();
    Line { ink, marks: points.clone(), points }
}
