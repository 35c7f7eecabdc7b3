//! The few figures of a run that a benchmark service follows over time, smaller always being better.
//!
//! Separate from the two forms in which they are written, so that both services get the same numbers. There is one set
//! per protocol and point, with seeds merged as in the table. A percentile that its samples do not support is left out.
//! So is the largest sample, which on a real machine is a property of the machine.
use crate::aggregate::{AggregateError, DriftSum, Group, PointSum, aggregate};
use crate::labels;
use crate::outcome::AttachOutcome;
use crate::percentile::{LEVELS, Samples};
use crate::schema::{Engine, LatencyKind, Run};

/// One figure.
pub(super) struct Figure {
    /// Name of the measurement: `sim/default/transactional/fault_rate_percent=1`. The engine comes first, so that
    /// virtual and wall time never meet under one name.
    pub(super) bench: String,
    /// Name of the figure, such as `attach-p99`.
    pub(super) what: String,
    /// Value of the figure.
    pub(super) value: u64,
    /// Smallest and largest of the cells' own figures, where there are several and each has enough samples.
    pub(super) range: Option<(u64, u64)>,
    /// Unit that the figure counts.
    pub(super) unit: Unit,
    /// Samples behind it, or attaches.
    pub(super) n: u64,
    /// Cells behind it.
    pub(super) cells: u64,
}

/// Unit that a figure counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// ns of the clock of that name.
    Ns(&'static str),
    /// Violated invariants.
    Violations,
    /// `pages` or `tasks` of a counter.
    Of(String),
}

/// Returns the figures of `run`, protocols and points in the order of the plan.
pub(super) fn figures(run: &Run) -> Result<Vec<Figure>, AggregateError> {
    let mut cells = Vec::new();
    for (index, cell) in run.cells.iter().enumerate() {
        cells.push((cell.subject.label(), cell.point, Group::of(index, cell)?));
    }
    let mut all = Vec::new();
    for sum in &aggregate(run)?.groups {
        let mine =
            cells.iter().filter(|(name, point, _)| *name == sum.subject.label() && *point == sum.point);
        let mine: Vec<&Group> = mine.map(|(_, _, group)| group).collect();
        let bench = bench(run, sum);
        times(&mut all, run.engine, &bench, &sum.sum, &mine);
        counts(&mut all, &bench, &sum.sum);
    }
    Ok(all)
}

fn bench(run: &Run, sum: &PointSum) -> String {
    let begin = format!("{}/{}/{}", labels::engine(run.engine), run.scenario.name, sum.subject.label());
    sum.point.given().fold(begin, |name, (axis, value)| format!("{name}/{}={value}", axis.key()))
}

/// A series of a group: its name, and a function that finds it in any group.
type Series<'a> = (String, Box<dyn Fn(&Group) -> Option<&Samples> + 'a>);

fn times(all: &mut Vec<Figure>, engine: Engine, bench: &str, sum: &Group, cells: &[&Group]) {
    let attaches = [("attach", LatencyKind::Raw), ("attach-from-intended-start", LatencyKind::Corrected)];
    for (name, kind) in attaches {
        let series: Series<'_> =
            (name.to_owned(), Box::new(move |group| group.latency(AttachOutcome::Moved, kind)));
        for level in LEVELS.iter().filter(|level| [0.5, 0.99, 0.999].contains(&level.q)) {
            all.extend(time(engine, bench, sum, cells, &series, (level.name, level.q)));
        }
    }
    for bystander in &sum.bystanders {
        let condition = super::names::condition(bystander.condition);
        let series: Series<'_> = (
            format!("{}-{condition}", bystander.op),
            Box::new(move |group| {
                group.bystander(&bystander.op, bystander.condition).map(|found| &found.samples)
            }),
        );
        all.extend(time(engine, bench, sum, cells, &series, ("p99", 0.99)));
    }
}

fn time(
    engine: Engine,
    bench: &str,
    sum: &Group,
    cells: &[&Group],
    (name, find): &Series<'_>,
    (level, q): (&str, f64),
) -> Option<Figure> {
    let samples = find(sum)?;
    let value = samples.quantile(q)?;
    let each: Option<Vec<u64>> = cells.iter().map(|cell| find(cell)?.quantile(q)).collect();
    let each = each.filter(|each| each.len() > 1);
    // Buckets of merged histograms may differ from those of each by one.
    let range =
        each.and_then(|each| Some((*each.iter().min()?.min(&value), *each.iter().max()?.max(&value))));
    Some(Figure {
        bench: bench.to_owned(),
        what: format!("{name}-{level}"),
        value,
        range,
        unit: Unit::Ns(labels::clock(engine)),
        n: samples.n(),
        cells: cells.len() as u64,
    })
}

/// Adds violated invariants, and for each unit the drift that is farthest beyond its tolerance.
fn counts(all: &mut Vec<Figure>, bench: &str, sum: &Group) {
    let attaches = sum.outcomes.values().fold(0, |sum: u64, n| sum.saturating_add(*n));
    let mut push = |what: String, value, unit| {
        let bench = bench.to_owned();
        all.push(Figure { bench, what, value, range: None, unit, n: attaches, cells: sum.cells });
    };
    if !sum.invariants.is_empty() {
        let violated =
            sum.invariants.iter().fold(0, |sum: u64, invariant| sum.saturating_add(invariant.violated));
        push("violated-invariants".to_owned(), violated, Unit::Violations);
    }
    for unit in crate::verdict::in_order(sum.drift.iter().map(|drift| drift.unit.as_str())) {
        let worst = sum.drift.iter().filter(|drift| drift.unit == unit).map(DriftSum::beyond).max();
        push(format!("drift-{unit}"), worst.unwrap_or(0), Unit::Of(unit.to_owned()));
    }
}
