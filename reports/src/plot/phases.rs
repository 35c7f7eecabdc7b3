//! Where the time of an attach goes: one bar a protocol, one part a phase, in percent of the mean.
//!
//! Apart from the latencies, because only means add up; a stack of medians would show an attach that never was.
use super::axis::Axis;
use super::frame::{Bar, Frame};
use super::ink::{Ink, series};

/// One bar per (protocol, parts): parts are (number of the phase in the legend, its share in percent).
pub(crate) fn plot(question: &str, bars: &[(String, Vec<(usize, f64)>)]) -> Option<Frame> {
    if bars.is_empty() {
        return None;
    }
    // The first protocol stands at the top.
    let names: Vec<String> = bars.iter().rev().map(|(name, _)| name.clone()).collect();
    let mut drawn = Vec::new();
    for (row, (_, parts)) in bars.iter().rev().enumerate() {
        let mut from = 0.0;
        for (phase, share) in parts {
            let (bottom, top) = (row as f64 - 0.32, row as f64 + 0.32);
            let ink = Ink::Series(series(*phase));
            drawn.push(Bar { ink, from: (from, bottom), to: (from + share, top) });
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
