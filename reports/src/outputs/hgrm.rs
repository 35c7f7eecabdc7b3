//! `.hgrm`: the percentile distribution of each latency series, as HdrHistogram's own tools print and plot it.
//!
//! One block per cell and series. A line beginning with `#` names protocol, axes, outcome and kind. The columns follow:
//! `Value` in µs, `Percentile` between 0 and 1, `TotalCount` of samples up to there, and `1/(1-Percentile)`, in steps
//! of [`TICKS`] in each half of the distance to 1.
//!
//! The lines are, byte for byte, those of HdrHistogram's `outputPercentileDistribution`, except that
//!
//! - percentiles end where [`LEVELS`](crate::percentile::LEVELS) says that the samples end; theirs go on until the last
//!   sample, whatever it is worth;
//! - no value exceeds the largest sample, which is exactly in the last line, where theirs has the edge of its bucket;
//! - the mean is exact, theirs that of the buckets' middles;
//! - the line `#[Buckets = ..., SubBuckets = ...]` is missing: it describes a layout in memory that run.json does not
//!   have.
use super::{OutputError, axes, samples};
use crate::labels;
use crate::percentile::supported;
use crate::schema::{Cell, LatencySeries, Run};
use std::fmt::Write as _;

/// Steps in each half of the distance to 1, as HdrHistogram prints by default.
const TICKS: u64 = 5;

/// Writes all latency series of `run`.
///
/// # Errors
/// A histogram that cannot be read.
pub fn hgrm(run: &Run) -> Result<String, OutputError> {
    let mut out = String::new();
    for (index, cell) in run.cells.iter().enumerate() {
        for series in &cell.attach.latency {
            block(&mut out, run, (index, cell), series)?;
        }
    }
    Ok(out)
}

fn block(
    out: &mut String,
    run: &Run,
    (index, cell): (usize, &Cell),
    series: &LatencySeries,
) -> Result<(), OutputError> {
    let name = format!("latency of {}", series.outcome);
    let samples = samples(index, cell, &name, &series.hist)?;
    let (Some(max), n) = (samples.max(), samples.n()) else { return Ok(()) };
    let hist = series.hist.decode().map_err(|error| OutputError::histogram(index, cell, &name, error))?;
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "# protocol={} {} outcome={} kind={} engine={} clock={}",
        cell.subject.label(),
        axes(cell).join(" "),
        series.outcome,
        labels::latency(series.kind),
        labels::engine(run.engine),
        labels::clock(run.engine),
    );
    let _ = writeln!(
        out,
        "{:>12} {:>14} {:>10} {:>14}\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    );
    let mut buckets = hist.iter_recorded();
    let (mut below, mut value) = (0_u64, 0);
    for level in levels() {
        if !supported(level.q(), n) || below >= n {
            break;
        }
        while below == 0 || level.is_above(below, n) {
            let Some(bucket) = buckets.next() else { break };
            below = below.saturating_add(bucket.count_at_value());
            value = bucket.value_iterated_to();
        }
        let (value, q, inverse) = (micros(value.min(max)), level.text(), level.inverse());
        let _ = writeln!(out, "{value:>12} {q} {below:>10} {inverse:>14}");
    }
    let max = micros(max);
    let _ = writeln!(out, "{max:>12} {} {n:>10}", Level { parts: 1, of: 1 }.text());
    let mean = micros(samples.mean().unwrap_or(0));
    let deviation = hist.stdev() / 1_000.0;
    let _ = writeln!(out, "#[Mean    = {mean:>12}, StdDeviation   = {deviation:>12.3}]");
    let _ = writeln!(out, "#[Max     = {max:>12}, Total count    = {n:>12}]\n");
    Ok(())
}

/// A quantile as an exact fraction. In floating point the third step of 0.1 is above 0.3, and so one sample too far.
struct Level {
    parts: u64,
    of: u64,
}

impl Level {
    fn q(&self) -> f64 {
        self.parts as f64 / self.of as f64
    }

    /// Writes twelve decimals, rounded half up.
    fn text(&self) -> String {
        decimals::<12>(self.parts, self.of)
    }

    /// Writes `1/(1-Percentile)` with two decimals.
    fn inverse(&self) -> String {
        decimals::<2>(self.of, self.of - self.parts)
    }

    /// Reports whether `below` of `n` samples do not reach it.
    fn is_above(&self, below: u64, n: u64) -> bool {
        u128::from(below) * u128::from(self.of) < u128::from(n) * u128::from(self.parts)
    }
}

/// Returns levels from 0 on: [`TICKS`] steps to the half of the rest, again and again.
fn levels() -> impl Iterator<Item = Level> {
    (0..20_u32).flat_map(|halvings| {
        let of = (2 * TICKS) << halvings;
        (0..TICKS).map(move |tick| Level { parts: of - 2 * TICKS + tick, of })
    })
}

/// Writes `a / b` with `DIGITS` decimals, rounded half up.
fn decimals<const DIGITS: usize>(a: u64, b: u64) -> String {
    let one = 10_u128.pow(DIGITS as u32);
    let scaled = (2 * u128::from(a) * one + u128::from(b)) / (2 * u128::from(b));
    format!("{}.{:0DIGITS$}", scaled / one, scaled % one)
}

/// Writes ns as µs, with all digits.
fn micros(ns: u64) -> String {
    format!("{}.{:03}", ns / 1_000, ns % 1_000)
}
