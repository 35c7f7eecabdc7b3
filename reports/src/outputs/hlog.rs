//! `.hlog`: HdrHistogram's log, format V2: every distribution of the run in full, for its log readers and analysers.
//!
//! One interval a line: each series of each cell is one. It begins where its cell begins, at 0, and is as long as its
//! cell, in s of the engine's clock. `Tag=` names engine, protocol, axes and series, as in the CSV. A comma or blank in
//! a name becomes `_`, because a tag ends there. Values in the histograms are ns. The third field, the largest value,
//! is in ms, as in HdrHistogram's own writer.
use super::{OutputError, axes, names};
use crate::hist::Hist;
use crate::labels;
use crate::schema::{Cell, Engine, Run};
use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use std::time::Duration;

/// ns in one unit of the third field.
const NS_OF_MAX: f64 = 1_000_000.0;

/// Writes all distributions of `run`.
///
/// # Errors
/// A histogram that cannot be read.
pub fn hlog(run: &Run) -> Result<String, OutputError> {
    let (mut out, mut serializer) = (Vec::new(), V2DeflateSerializer::new());
    let wrong = |message: String| OutputError::form("HdrHistogram's log", &message);
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment("[Histogram log format version 1.3]")
        .add_comment(&head(run))
        .with_max_value_divisor(NS_OF_MAX)
        .begin_log_with(&mut out, &mut serializer)
        .map_err(|error| wrong(error.to_string()))?;
    for (index, cell) in run.cells.iter().enumerate() {
        for (series, hist) in names::histograms(cell) {
            let read = decode(hist).map_err(|error| OutputError::histogram(index, cell, &series, error))?;
            let Some(read) = read else { continue };
            let tag = tag(run.engine, cell, &series);
            let length = Duration::from_nanos(cell.duration_ns);
            log.write_histogram(&read, Duration::ZERO, length, Tag::new(&tag))
                .map_err(|error| wrong(error.to_string()))?;
        }
    }
    String::from_utf8(out).map_err(|error| wrong(error.to_string()))
}

/// Returns the samples, if there are any.
fn decode(hist: &Hist) -> Result<Option<Histogram<u64>>, crate::hist::HistError> {
    if hist.hdr.is_empty() && hist.count == 0 {
        return Ok(None);
    }
    hist.decode().map(Some)
}

fn head(run: &Run) -> String {
    let clock = match run.engine {
        Engine::Sim => {
            "virtual time of a model, not of any machine: there is no time of day, and no wall time"
        }
        Engine::Threads | Engine::Linux => "wall time; the time of day is not part of a run",
    };
    format!(
        "{} on {}, seed {}: {clock}\nevery interval begins at 0, the start of its own cell; values in ns",
        run.scenario.name.replace(['\r', '\n'], " "),
        labels::engine(run.engine),
        run.scenario.seed,
    )
}

fn tag(engine: Engine, cell: &Cell, series: &str) -> String {
    let name =
        format!("{}/{}/{}/{series}", labels::engine(engine), cell.subject.label(), axes(cell).join("/"));
    name.chars().map(|c| if c == ',' || c.is_whitespace() || c.is_control() { '_' } else { c }).collect()
}
