//! Comparison of two sets of figures: of two runs or stored baselines.
use super::{Comparison, asked};
use crate::change::paired::STORED;
use crate::change::{Change, Compared, Limits, SEEDS, Seen};
use crate::figure::baseline::{Baseline, BaselineError, PlaceFigures, Sides, figures_of};
use crate::figure::key::Key;
use crate::figure::{Measured, Metric};
use crate::schema::Engine;
use crate::units::count;

/// Compares `b` with `a`, which have to be of the same scenario.
///
/// # Errors
/// [`BaselineError::NotComparable`].
pub fn exact(names: (&str, &str), a: &Baseline, b: &Baseline) -> Result<Comparison, BaselineError> {
    a.comparable(b)?;
    let mut rows = Vec::new();
    let own = |name: &str, side: &Baseline| {
        side.missing.iter().map(|what| format!("{name}: {what}")).collect::<Vec<_>>()
    };
    let mut missing = [own(names.0, a), own(names.1, b)].concat();
    for sides in a.places_with(b) {
        let title = sides.1.or(sides.0).map(PlaceFigures::title).unwrap_or_default();
        let lacking = [(sides.0, names.0), (sides.1, names.1)].into_iter().filter(|(side, _)| side.is_none());
        missing.extend(lacking.map(|(_, name)| format!("{name} has no {title}")));
        rows.extend(beside(b.engine, &title, sides));
    }
    if b.engine != Engine::Sim {
        rows.extend(undecided(a, b));
    }
    Ok(Comparison::of(names, a, rows, missing))
}

/// Compares the figures of one place.
pub(super) fn beside(engine: Engine, title: &str, sides: Sides<'_>) -> Vec<Compared> {
    let title = titled(engine, title, sides);
    let of = |side: Option<&PlaceFigures>| side.map_or(0, |side| side.cells);
    let cells = (of(sides.0), of(sides.1));
    let rows = figures_of(sides).into_iter().filter_map(|(key, a, b)| {
        let change = judge(engine, &key, (a, b), cells)?;
        Some(Compared { place: title.clone(), key, seen: Seen::Both(a, b), change })
    });
    rows.collect()
}

/// Returns the place with the seeds over which it was taken, on both sides.
fn titled(engine: Engine, place: &str, (a, b): Sides<'_>) -> String {
    let seeds = |side: &PlaceFigures| side.seeds(engine);
    let place = if place.is_empty() { "everywhere" } else { place };
    match (a.map(seeds), b.map(seeds)) {
        (Some(a), Some(b)) if a != b => format!("{place} ({a} and {b})"),
        (a, b) => format!("{place} ({})", a.or(b).unwrap_or_default()),
    }
}

/// Returns rows that say why machine times of two results are not compared.
fn undecided(a: &Baseline, b: &Baseline) -> Vec<Compared> {
    let row = |place: &PlaceFigures, key: Key| {
        let before = a.at(&place.protocol, &place.point);
        let seen = Seen::Both(before.and_then(|before| before.get(&key)), place.get(&key));
        let title = titled(b.engine, &place.title(), (before, Some(place)));
        Compared { place: title, key, seen, change: Change::CannotTell(STORED.to_owned()) }
    };
    b.places.iter().flat_map(|place| asked().take(1).map(move |key| row(place, key))).collect()
}

/// Returns the judgement; `None` for figures that cannot be compared exactly: on machines, those that depend on their
/// speed.
fn judge(engine: Engine, key: &Key, sides: (Option<u64>, Option<u64>), cells: (u64, u64)) -> Option<Change> {
    let (a, b) = match sides {
        (Some(a), Some(b)) => (a, b),
        (None, _) => return Some(Change::CannotTell("only the second has it".to_owned())),
        (_, None) => return Some(Change::CannotTell("only the first has it".to_owned())),
    };
    let correctness = key.metric.is_correctness();
    if engine != Engine::Sim && !correctness {
        return None;
    }
    let change = Limits::within(0).judge(key, Some(Measured::Figure(a)), Measured::Figure(b));
    let chance = !correctness && key.metric != Metric::FaultFired;
    Some(match change {
        // More breaches in fewer cells are worse, whatever the other cells would show.
        Change::Worse if correctness && cells.1 < cells.0 => change,
        _ if cells.0 != cells.1 => {
            Change::CannotTell(format!("over {} and {}", cells.0, count(cells.1, "seed")))
        }
        change if chance && cells.1 < SEEDS && change != Change::Same => Change::of_few_seeds(cells.1),
        change => change,
    })
}
