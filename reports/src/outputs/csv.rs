//! CSV in long form: one row per figure, so that any tool can select and pivot.
//!
//! | column | contents |
//! |---|---|
//! | `engine`, `clock` | `sim`, `threads` or `linux`; `virtual` or `wall`: never add up or compare both |
//! | `protocol` | with its options |
//! | `fault_rate_percent`, `rate_per_s`, `delay_ns`, `resident_pages`, `seed` | the axes, empty where there is no such axis |
//! | `metric` | `attach-latency/moved/raw`, `bystander/mmap/idle`, `lock-wait/mmap_sem/W`, `lock-hold/…`, `phase/switch`, `outcome/moved`, `drift/memory/b`, `violated/rollback` |
//! | `statistic` | `min`, `p50` to `p99.99`, `max`, `total`; `count`; `final` |
//! | `value`, `unit` | an integer; `ns` of the clock, `pages`, `tasks`, `attaches`, `operations`, `violations` |
//! | `n` | samples, or the number of cases examined; empty where there is none |
//!
//! A percentile that its samples do not support ([`LEVELS`]) has no row.
use super::{OutputError, names, samples};
use crate::axis::Axis;
use crate::hist::Hist;
use crate::labels;
use crate::percentile::LEVELS;
use crate::schema::{Cell, Run};
use ::csv::Writer;

/// Titles of the columns before and after those of the axes.
const HEADER: ([&str; 3], [&str; 6]) =
    (["engine", "clock", "protocol"], ["seed", "metric", "statistic", "value", "unit", "n"]);

/// Writes all figures of `run`, cells in the order of the plan.
///
/// # Errors
/// A histogram that cannot be read.
pub fn csv(run: &Run) -> Result<Vec<u8>, OutputError> {
    let mut rows = Rows { out: Writer::from_writer(Vec::new()), axes: Vec::new(), index: 0 };
    let titles = HEADER.0.into_iter().chain(Axis::ALL.map(Axis::key)).chain(HEADER.1);
    rows.write(titles.map(str::to_owned).collect())?;
    for (index, cell) in run.cells.iter().enumerate() {
        (rows.axes, rows.index) = (axes(run, cell), index);
        attaches(&mut rows, cell)?;
        others(&mut rows, cell)?;
        accounting(&mut rows, cell)?;
    }
    rows.out.into_inner().map_err(|error| OutputError::form("CSV", &error))
}

fn axes(run: &Run, cell: &Cell) -> Vec<String> {
    let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    let begin =
        [labels::engine(run.engine), labels::clock(run.engine), cell.subject.label()].map(str::to_owned);
    let axes = Axis::ALL.map(|axis| number(cell.point.get(axis)));
    begin.into_iter().chain(axes).chain([cell.seed.to_string()]).collect()
}

fn attaches(rows: &mut Rows, cell: &Cell) -> Result<(), OutputError> {
    for (outcome, n) in &cell.attach.outcomes {
        rows.count(&format!("outcome/{outcome}"), *n, "attaches")?;
    }
    for series in &cell.attach.latency {
        rows.times(cell, &names::latency(series), &series.hist)?;
    }
    for series in &cell.attach.phases {
        rows.times(cell, &names::phase(series), &series.hist)?;
    }
    Ok(())
}

fn others(rows: &mut Rows, cell: &Cell) -> Result<(), OutputError> {
    for bystander in &cell.bystanders {
        let metric = names::bystander(bystander);
        rows.times(cell, &metric, &bystander.hist)?;
        rows.count(&format!("{metric}/failed"), bystander.failed, "operations")?;
    }
    for lock in &cell.locks {
        rows.times(cell, &names::lock("lock-wait", lock), &lock.wait)?;
        rows.times(cell, &names::lock("lock-hold", lock), &lock.hold)?;
    }
    Ok(())
}

fn accounting(rows: &mut Rows, cell: &Cell) -> Result<(), OutputError> {
    for drift in &cell.drift {
        let metric = format!("drift/{}/{}", drift.controller, drift.cgroup);
        rows.row(&metric, "final", drift.drift_final.to_string(), &drift.unit, None)?;
    }
    for invariant in &cell.invariants {
        let (metric, violated) = (format!("violated/{}", invariant.name), invariant.violated.to_string());
        rows.row(&metric, "count", violated, "violations", Some(invariant.examined))?;
    }
    Ok(())
}

/// Rows of one cell after another.
struct Rows {
    out: Writer<Vec<u8>>,
    axes: Vec<String>,
    /// Place of the cell in the run, for errors.
    index: usize,
}

impl Rows {
    fn write(&mut self, fields: Vec<String>) -> Result<(), OutputError> {
        self.out.write_record(fields).map_err(|error| OutputError::form("CSV", &error))
    }

    fn row(
        &mut self,
        metric: &str,
        statistic: &str,
        value: String,
        unit: &str,
        n: Option<u64>,
    ) -> Result<(), OutputError> {
        let n = n.map(|n| n.to_string()).unwrap_or_default();
        let mut fields = self.axes.clone();
        fields.extend([metric.to_owned(), statistic.to_owned(), value, unit.to_owned(), n]);
        self.write(fields)
    }

    fn count(&mut self, metric: &str, n: u64, unit: &str) -> Result<(), OutputError> {
        self.row(metric, "count", n.to_string(), unit, None)
    }

    fn times(&mut self, cell: &Cell, metric: &str, hist: &Hist) -> Result<(), OutputError> {
        let samples = samples(self.index, cell, metric, hist)?;
        let n = samples.n();
        let (Some(min), Some(max)) = (samples.min(), samples.max()) else { return Ok(()) };
        self.row(metric, "min", min.to_string(), "ns", Some(n))?;
        for level in LEVELS {
            if let Some(value) = samples.quantile(level.q) {
                self.row(metric, level.name, value.to_string(), "ns", Some(n))?;
            }
        }
        self.row(metric, "max", max.to_string(), "ns", Some(n))?;
        self.row(metric, "total", samples.total().to_string(), "ns", Some(n))
    }
}
