//! Input of github-action-benchmark with `tool: customSmallerIsBetter`.
//!
//! The form is `[{name, unit, value, range, extra}]`. The name begins with the engine and the unit names the clock.
//! `range` is the smallest and the largest of the seeds' own figures, where there are several. `extra`, which charts
//! show on hovering, describes the samples behind the figure.
use super::OutputError;
use super::figures::{Figure, Unit, figures};
use crate::schema::Run;
use crate::units::{count, grouped};
use serde_json::{Value, json};

/// Writes the figures of `run`.
///
/// # Errors
/// A histogram that cannot be read.
pub fn gab(run: &Run) -> Result<String, OutputError> {
    let all: Vec<Value> = figures(run)?.iter().map(entry).collect();
    super::pretty(&all)
}

fn entry(figure: &Figure) -> Value {
    let (unit, of) = match &figure.unit {
        Unit::Ns(clock) => (format!("{clock} ns"), "samples"),
        Unit::Violations => ("violations".to_owned(), "attaches"),
        Unit::Of(unit) => (unit.clone(), "attaches"),
    };
    let mut entry = json!({
        "name": format!("{}/{}", figure.bench, figure.what),
        "unit": unit,
        "value": figure.value,
    });
    if let Some((low, high)) = figure.range {
        entry["range"] = json!(format!("{low}..{high}"));
    }
    entry["extra"] = json!(format!("{} {of} of {}", grouped(figure.n), count(figure.cells, "cell")));
    entry
}
