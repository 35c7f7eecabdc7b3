//! One attach, step by step: a lane for its phases, one for each lock, one for each actor that waited.
//!
//! Separate from the other plots, because here time is not a figure but the axis. Bars have the colour of the phase in
//! which a lock was taken; a zigzag is waiting.
use super::axis::Axis;
use super::frame::{Bar, Frame, Line};
use super::ink::{Ink, series};

/// Kind of a span of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SpanKind {
    /// One span of this phase in the legend.
    Whole(usize),
    /// Many short spans of this phase in the legend.
    Often(usize),
    /// Waiting.
    Wait,
}

/// A span of a lane, in ns since the start of the attach.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) kind: SpanKind,
    pub(crate) from_ns: u64,
    pub(crate) to_ns: u64,
    /// Words in it, where they fit.
    pub(crate) label: String,
}

/// A lane: its name and its spans.
pub(crate) type Lane = (String, Vec<Span>);

/// Draws the lanes, the first at the top, over `length_ns`; `faults` are marked in the first. Returns `None` without
/// lanes.
pub(crate) fn plot(
    question: &str,
    clock: &str,
    length_ns: u64,
    lanes: &[Lane],
    faults: &[u64],
) -> Option<Frame> {
    if lanes.is_empty() {
        return None;
    }
    let names: Vec<String> = lanes.iter().rev().map(|(name, _)| name.clone()).collect();
    let rows = lanes.iter().rev().enumerate();
    let bars = rows.flat_map(|(row, (_, spans))| spans.iter().map(move |span| bar(row as f64, span)));
    let top = names.len() as f64 - 1.0;
    let marks = faults.iter().map(|at_ns| (*at_ns as f64, top + 0.32)).collect();
    Some(Frame {
        question: question.to_owned(),
        x: Axis::time(&format!("{clock} time since the start of the attach"), length_ns),
        y: Axis::names("", &names),
        height: 130 + 44 * names.len() as u32,
        bars: bars.collect(),
        lines: vec![Line { ink: Ink::Fault, points: Vec::new(), marks }],
    })
}

fn bar(row: f64, span: &Span) -> Bar {
    let (ink, half) = match span.kind {
        SpanKind::Whole(phase) => (Ink::Bar(series(phase)), 0.34),
        SpanKind::Often(phase) => (Ink::Often(series(phase)), 0.34),
        SpanKind::Wait => (Ink::Wait, 0.22),
    };
    let (from, to) = ((span.from_ns as f64, row - half), (span.to_ns as f64, row + half));
    Bar { ink, from, to, label: span.label.clone() }
}
