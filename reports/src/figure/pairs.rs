//! A figure on two sides that were measured in turn, as log ratios of pairs.
//!
//! Separate from the statistics, which know no runs. Within a run the units are single cells, which engines with the
//! machine's clock measure in the order A B B A ([`within`]). Across runs they are whole runs, given in the order A B B
//! A in which they were made ([`across`]).
use super::key::Key;
use super::metric::Measured;
use crate::aggregate::{Aggregate, AggregateError, Group};
use crate::axis::Point;
use crate::schema::Run;
use crate::stats::{self, blocks};

/// One protocol at one point.
pub type Spot<'a> = (&'a str, &'a Point);

/// Pairs of two sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    /// Logs of b/a, in order of time.
    pub ratios: Vec<f64>,
    /// Median of the A in ns.
    pub middle_ns: u64,
}

/// Pairs, or the reason why there are none and the way to get some.
pub type Paired = Result<Pairs, String>;

/// Pairs cells of `a` with cells of `b`, both in `run`.
///
/// # Errors
/// A histogram that cannot be read.
pub fn within(run: &Run, a: Spot<'_>, b: Spot<'_>, key: &Key) -> Result<Paired, AggregateError> {
    let side = |(protocol, point): Spot<'_>| -> Result<Vec<Unit>, AggregateError> {
        let cells = run.cells.iter().enumerate();
        let mine = cells.filter(|(_, cell)| cell.subject.label() == protocol && cell.point == *point);
        mine.map(|(index, cell)| Ok((cell.began_ns, key.measure(&Group::of(index, cell)?)))).collect()
    };
    Ok(pair(&side(a)?, &side(b)?))
}

/// Pairs whole runs, merged: those of `a` with those of `b`, both in the order in which they were made, A B B A A B B
/// A.
///
/// # Errors
/// The reason why there are no pairs.
pub fn across(a: &[Aggregate], b: &[Aggregate], (protocol, point): Spot<'_>, key: &Key) -> Paired {
    let side = |runs: &[Aggregate], turns: [usize; 2]| -> Vec<Unit> {
        let units = runs.iter().enumerate().map(|(n, sums)| {
            let measured = sums.at(protocol, point).and_then(|group| key.measure(group));
            (Some((4 * (n / 2) + turns[n % 2]) as u64), measured)
        });
        units.collect()
    };
    pair(&side(a, [0, 3]), &side(b, [1, 2]))
}

/// Time at which a unit began, and its figure.
type Unit = (Option<u64>, Option<Measured>);

fn pair(a: &[Unit], b: &[Unit]) -> Paired {
    let runs = |side: &[Unit]| side.iter().map(|unit| read(*unit)).collect::<Result<Vec<_>, String>>();
    let (a, b) = (runs(a)?, runs(b)?);
    let mut values: Vec<u64> = a.iter().map(|run| run.value).collect();
    values.sort_unstable();
    let middle_ns = values.get(values.len() / 2).copied().unwrap_or(0);
    let ratios = blocks(&a, &b).map_err(|why| why.to_string())?;
    Ok(Pairs { ratios, middle_ns })
}

fn read((began, measured): Unit) -> Result<stats::Run, String> {
    let began = began.ok_or("run.json does not say when its cells began; make the run again")?;
    match measured {
        Some(Measured::Figure(value)) => Ok(stats::Run { began, value }),
        Some(Measured::TooFew(n, needs)) => {
            Err(format!("a run has {n} samples of it, {needs} are needed; give it a longer --duration"))
        }
        None => Err("a run has no such figure".to_owned()),
    }
}
