//! Time of the phases of an attach: one bar a protocol, one part a phase, each as long as its mean.
//!
//! Separate from the latencies, because only means add up; a stack of medians would show an attach that never was.
use super::axis::Axis;
use super::frame::{Bar, Frame};
use super::ink::{Ink, series};
use crate::units::ns;

/// A protocol and its parts: number of the phase in the legend, its name, its mean time in ns.
pub(crate) type PhaseBar<'a> = (&'a str, Vec<(usize, &'a str, u64)>);

/// Draws one bar each, the first at the top. Returns `None` without bars.
pub(crate) fn plot(question: &str, clock: &str, bars: &[PhaseBar<'_>]) -> Option<Frame> {
    let sum = |parts: &[(usize, &str, u64)]| parts.iter().map(|part| part.2).fold(0, u64::saturating_add);
    let longest = bars.iter().map(|(_, parts)| sum(parts)).max()?;
    let names: Vec<String> = bars.iter().rev().map(|(name, _)| (*name).to_owned()).collect();
    let mut drawn = Vec::new();
    for (row, (_, parts)) in bars.iter().rev().enumerate() {
        let mut from = 0.0;
        for (phase, name, mean_ns) in parts {
            let (bottom, top) = (row as f64 - 0.32, row as f64 + 0.32);
            let (ink, label) = (Ink::Bar(series(*phase)), format!("{name} {}", ns(*mean_ns)));
            drawn.push(Bar { ink, from: (from, bottom), to: (from + *mean_ns as f64, top), label });
            from += *mean_ns as f64;
        }
    }
    Some(Frame {
        question: question.to_owned(),
        x: Axis::time(&format!("{clock} time, mean of the attaches that moved"), longest),
        y: Axis::names("", &names),
        height: 130 + 64 * names.len() as u32,
        lines: Vec::new(),
        bars: drawn,
    })
}
