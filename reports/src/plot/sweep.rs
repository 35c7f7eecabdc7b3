//! Median, p99 and longest time of an attach along an axis of numbers: fault rates, rates of moves, delays, pages, CPUs.
//!
//! Separate from the percentile curves, which show one point of the axis each.
use super::axis::{Axis, log};
use super::frame::{Frame, Line};
use super::ink::Ink;
use crate::percentile::Samples;
use crate::units::clip;

/// A protocol along the axis.
pub(crate) struct Row<'a> {
    /// Number of its series.
    pub(crate) series: u8,
    /// Samples of the line, by point.
    pub(crate) samples: Vec<Option<&'a Samples>>,
}

/// Returns the legend of a protocol that has `series`.
pub(crate) fn keys(series: u8, name: &str) -> [(Ink, String); 3] {
    let key = |ink: Ink, figure: &str| (ink, format!("{}, {figure}", clip(name, 60)));
    [key(Ink::Series(series), "p50"), key(Ink::Faint(series), "p99"), key(Ink::Loose(series), "longest")]
}

/// Draws for each row a line of medians, one of p99s, and markers of the longest. `points` are the numbers of the axis.
/// Returns `None` when there is nothing to draw.
pub(crate) fn plot(
    question: &str,
    clock: &str,
    axis: &str,
    points: &[(u64, String)],
    rows: &[Row<'_>],
) -> Option<Frame> {
    let (x, places) = Axis::numbers(axis, points);
    let line = |ink: Ink, row: &Row<'_>, figure: fn(&Samples) -> Option<u64>| {
        let at = |(at, samples): (&f64, &Option<&Samples>)| Some((*at, log(figure((*samples)?)?)));
        let mut marks: Vec<(f64, f64)> = places.iter().zip(&row.samples).filter_map(at).collect();
        marks.sort_by(|a, b| a.0.total_cmp(&b.0));
        let points = if matches!(ink, Ink::Loose(_)) { Vec::new() } else { marks.clone() };
        Line { ink, points, marks }
    };
    let lines = rows.iter().flat_map(|row| {
        [
            line(Ink::Loose(row.series), row, Samples::max),
            line(Ink::Faint(row.series), row, Samples::p99),
            line(Ink::Series(row.series), row, Samples::p50),
        ]
    });
    let lines: Vec<Line> = lines.filter(|line| !line.marks.is_empty()).collect();
    let all = || rows.iter().flat_map(|row| &row.samples).flatten();
    let low = all().filter_map(|samples| samples.p50().or_else(|| samples.max())).min()?;
    let high = all().filter_map(|samples| samples.max()).max()?;
    Some(Frame {
        question: question.to_owned(),
        x,
        y: Axis::log_time(&format!("{clock} time of an attach, from its real start"), low, high),
        height: 560,
        lines,
        bars: Vec::new(),
    })
}
