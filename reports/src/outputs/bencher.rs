//! Bencher Metric Format, which `bencher run --adapter json` reads.
//!
//! The form is `{bench: {measure: {value, lower_value, upper_value}}}`. A measure on Bencher has one unit and one axis,
//! so the clock is part of its name: `attach-p99-virtual-ns` and `attach-p99-wall-ns` are two. The bounds are those of
//! the seeds' own figures. They are missing where there is one seed, because nothing else is known about the spread.
use super::OutputError;
use super::figures::{Figure, Unit, figures};
use crate::schema::Run;
use serde_json::{Map, Value, json};

/// Writes the figures of `run`.
///
/// # Errors
/// A histogram that cannot be read.
pub fn bmf(run: &Run) -> Result<String, OutputError> {
    let mut benches = Map::new();
    for figure in figures(run)? {
        let bench = benches.entry(figure.bench.clone()).or_insert_with(|| json!({}));
        if let Value::Object(measures) = bench {
            measures.insert(measure(&figure), metric(&figure));
        }
    }
    super::pretty(&benches)
}

fn measure(figure: &Figure) -> String {
    match &figure.unit {
        Unit::Ns(clock) => format!("{}-{clock}-ns", figure.what),
        Unit::Violations | Unit::Of(_) => figure.what.clone(),
    }
}

fn metric(figure: &Figure) -> Value {
    match figure.range {
        Some((low, high)) => json!({"value": figure.value, "lower_value": low, "upper_value": high}),
        None => json!({"value": figure.value}),
    }
}
