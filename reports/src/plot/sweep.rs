//! How the median and the p99 of an attach move along an axis of the run: fault rates, rates of moves, delays.
//!
//! Apart from the percentile curves, which show one point of the axis each. Points stand in the order of the plan at
//! equal distances, because a closed loop has no rate.
use super::axis::{Axis, log};
use super::frame::{Frame, Line};
use super::ink::{Ink, series};
use crate::percentile::Samples;

/// One line for the medians and one, faint, for the p99s of each protocol. `samples[protocol][point]`. `None` when
/// there is nothing to draw.
pub(crate) fn plot(
    question: &str,
    clock: &str,
    axis: &str,
    points: &[String],
    samples: &[Vec<Option<&Samples>>],
) -> Option<Frame> {
    let mut lines = Vec::new();
    for (index, row) in samples.iter().enumerate() {
        let n = series(index);
        lines.push(line(Ink::Faint(n), row, Samples::p99));
        lines.push(line(Ink::Series(n), row, Samples::p50));
    }
    lines.retain(|line| !line.points.is_empty());
    let all = || samples.iter().flatten().flatten();
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
