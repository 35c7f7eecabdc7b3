//! `.hgrm`: the percentile distribution of each latency series, as HdrHistogram's own tools print and plot it.
//!
//! One block per cell and series. A line beginning with `#` names protocol, axes, outcome and kind; then the columns
//! `Value` in µs, `Percentile` between 0 and 1, `TotalCount` of samples up to there, and `1/(1-Percentile)`.
//! Percentiles end where [`LEVELS`](crate::percentile::LEVELS) says that the samples end; the last line is the maximum.
use super::axes;
use crate::hist::HistError;
use crate::percentile::{Samples, supported};
use crate::schema::{Cell, LatencySeries, Run};
use crate::words;
use std::fmt::Write as _;

/// Steps in each half of the distance to 1, as HdrHistogram prints by default.
const TICKS: u32 = 5;

/// All latency series of `run`.
///
/// # Errors
/// A histogram that cannot be read.
pub fn hgrm(run: &Run) -> Result<String, HistError> {
    let mut out = String::new();
    for cell in &run.cells {
        for series in &cell.attach.latency {
            block(&mut out, run, cell, series)?;
        }
    }
    Ok(out)
}

fn block(out: &mut String, run: &Run, cell: &Cell, series: &LatencySeries) -> Result<(), HistError> {
    let samples = Samples::of(&series.hist)?;
    let (Some(max), n) = (samples.max(), samples.n()) else { return Ok(()) };
    let hist = series.hist.decode()?;
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "# protocol={} {} outcome={} kind={} engine={} clock={}",
        cell.protocol,
        axes(cell),
        series.outcome,
        words::latency(series.kind),
        words::engine(run.engine),
        words::clock(run.engine),
    );
    let _ = writeln!(
        out,
        "{:>12} {:>14} {:>10} {:>14}\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    );
    for q in ticks().take_while(|q| supported(*q, n)) {
        let Some(value) = samples.quantile(q) else { break };
        let below = hist.count_between(0, hist.value_at_quantile(q));
        let _ = writeln!(out, "{:>12} {q:>14.12} {below:>10} {:>14.2}", micros(value), 1.0 / (1.0 - q));
    }
    let _ = writeln!(out, "{:>12} {:>14.12} {n:>10}", micros(max), 1.0);
    let mean = micros(samples.mean().unwrap_or(0));
    let _ = writeln!(out, "#[Mean = {mean}, Max = {}, Total count = {n}]\n", micros(max));
    Ok(())
}

/// Quantiles from 0 on: [`TICKS`] steps to the half of what is left, again and again.
fn ticks() -> impl Iterator<Item = f64> {
    (0..20_u32).flat_map(|half| {
        let left = 0.5_f64.powi(half as i32);
        (0..TICKS).map(move |tick| 1.0 - left + left / 2.0 * f64::from(tick) / f64::from(TICKS))
    })
}

/// ns as µs, all digits kept.
fn micros(ns: u64) -> String {
    format!("{}.{:03}", ns / 1_000, ns % 1_000)
}
