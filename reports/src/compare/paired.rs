//! Comparison of two sides that were measured in turn: whole runs, or the protocols of one run.
//!
//! Of machine time only a few figures are compared, because each further question takes more pairs to answer all of
//! them.
use super::exact::beside;
use super::{Comparison, asked as keys};
use crate::aggregate::{AggregateError, aggregate};
use crate::change::Limits;
use crate::change::paired::{Asked, judge};
use crate::coverage::Coverage;
use crate::figure::pairs::{Paired, across, within};
use crate::figure::{Baseline, Key};
use crate::schema::{Engine, Run};

/// Differences up to this many percent count as no change.
pub const FLOOR_PERCENT: u64 = 5;

/// Compares runs of two sides in the order in which they were made, A B B A, each side in its own.
///
/// # Errors
/// A histogram that cannot be read.
pub fn sides(names: (&str, &str), a: &[Run], b: &[Run]) -> Result<Comparison, AggregateError> {
    let of = Baseline::of(&b[0])?;
    let a_and_b = a.iter().chain(b);
    let merged = |runs: &[Run]| runs.iter().map(aggregate).collect::<Result<Vec<_>, _>>();
    let (a, b) = (merged(a)?, merged(b)?);
    let mut asked = Vec::new();
    for place in &of.places {
        for key in keys() {
            let pairs = across(&a, &b, (&place.protocol, &place.point), &key);
            asked.push(ask(place.title(), key, pairs));
        }
    }
    let missing = a_and_b.flat_map(|run| Coverage::of(run).missing).collect();
    Ok(Comparison::of(names, &of, judge(asked), missing))
}

/// Compares every other protocol of a result with `against`, at the same points; with its `run`, also machine time,
/// cell by cell.
///
/// # Errors
/// A histogram that cannot be read.
pub fn protocols(
    figures: &Baseline,
    run: Option<&Run>,
    against: &str,
) -> Result<Vec<Comparison>, AggregateError> {
    let mut names: Vec<&str> = figures.places.iter().map(|place| place.protocol.as_str()).collect();
    names.dedup();
    let mut all = Vec::new();
    for other in names.into_iter().filter(|name| *name != against) {
        let (mut rows, mut asked) = (Vec::new(), Vec::new());
        for after in figures.places.iter().filter(|place| place.protocol == other) {
            let Some(before) = figures.at(against, &after.point) else { continue };
            rows.extend(beside(figures.engine, &after.axes_title(), (Some(before), Some(after))));
            let Some(run) = run.filter(|run| run.engine != Engine::Sim) else { continue };
            for key in keys() {
                let pairs = within(run, (against, &after.point), (other, &after.point), &key)?;
                asked.push(ask(after.axes_title(), key, pairs));
            }
        }
        rows.extend(judge(asked));
        all.push(Comparison::of((against, other), figures, rows, figures.missing.clone()));
    }
    Ok(all)
}

fn ask(place: String, key: Key, pairs: Paired) -> Asked {
    Asked { place, key, limits: Limits::within(FLOOR_PERCENT), pairs }
}
