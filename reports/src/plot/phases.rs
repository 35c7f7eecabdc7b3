//! Shares of the phases in the time of an attach: one bar a protocol, one part a phase, in percent of the mean.
//!
//! Separate from the latencies, because only means add up; a stack of medians would show an attach that never was.
use super::axis::Axis;
use super::frame::{Bar, Frame};
use super::ink::{Ink, series};

/// A protocol and its parts: number of the phase in the legend, its name, its share in percent.
pub(crate) type PhaseBar<'a> = (String, Vec<(usize, &'a str, f64)>);

/// Draws one bar each, the first at the top. Returns `None` without bars.
pub(crate) fn plot(question: &str, bars: &[PhaseBar<'_>]) -> Option<Frame> {
    if bars.is_empty() {
        return None;
    }
    let names: Vec<String> = bars.iter().rev().map(|(name, _)| name.clone()).collect();
    let mut drawn = Vec::new();
    for (row, (_, parts)) in bars.iter().rev().enumerate() {
        let mut from = 0.0;
        for (phase, name, share) in parts {
            let (bottom, top) = (row as f64 - 0.32, row as f64 + 0.32);
            let (ink, label) = (Ink::Bar(series(*phase)), format!("{name} {share:.0} %"));
            drawn.push(Bar { ink, from: (from, bottom), to: (from + share, top), label });
            from += share;
        }
    }
    Some(Frame {
        question: question.to_owned(),
        x: Axis::shares("share of the mean time of an attach that moved"),
        y: Axis::names("", &names),
        height: 130 + 64 * names.len() as u32,
        lines: Vec::new(),
        bars: drawn,
    })
}
