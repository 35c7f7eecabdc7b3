//! Lengths of the holds of a lock: the number of holds by length, in eighths of a decade, both axes logarithmic.
//!
//! Separate from the percentile curves, because holds have several causes, and each is a hill of its own.
use super::axis::{Axis, log};
use super::frame::{Frame, Line};
use super::ink::Ink;
use crate::percentile::{BINS_PER_DECADE, Samples};

/// Draws one line of steps per series. Returns `None` without samples.
pub(crate) fn plot(question: &str, clock: &str, lock: &str, series: &[(Ink, &Samples)]) -> Option<Frame> {
    let all = || series.iter().map(|(_, samples)| *samples);
    let (low, high) = (all().filter_map(Samples::min).min()?, all().filter_map(Samples::max).max()?);
    let most = all().flat_map(Samples::bins).map(|bin| bin.1).max()?;
    let y = Axis::log_count(&format!("holds of {lock} that took so long"), most);
    let floor = y.range.0;
    Some(Frame {
        question: question.to_owned(),
        x: Axis::log_time(&format!("{clock} time of one hold"), low, high),
        lines: series.iter().map(|(ink, samples)| steps(*ink, samples, floor)).collect(),
        y,
        height: 560,
        bars: Vec::new(),
    })
}

/// Returns a line up to the number of each bin, across it, and down to `floor` where there is none.
fn steps(ink: Ink, samples: &Samples, floor: f64) -> Line {
    let place = |bin: i32| f64::from(bin) / BINS_PER_DECADE;
    let (mut points, mut marks) = (Vec::new(), Vec::new());
    let mut last = None;
    for (bin, count) in samples.bins() {
        let (from, to, y) = (place(bin), place(bin + 1), log(count));
        if last.is_none_or(|last| last != bin - 1) {
            points.extend(last.map(|last: i32| (place(last + 1), floor)));
            points.push((from, floor));
        }
        points.extend([(from, y), (to, y)]);
        marks.push((f64::midpoint(from, to), y));
        last = Some(bin);
    }
    points.extend(last.map(|last| (place(last + 1), floor)));
    Line { ink, points, marks }
}
