//! Comparison of two sets of figures: of two runs or stored baselines, or of two protocols of one run.
use super::{Change, ComparedFigure, Comparison, about, asked, meaning};
use crate::figure::baseline::{Baseline, BaselineError, PlaceFigures};
use crate::figure::key::Key;
use crate::figure::metric::Metric;
use crate::gate::judge::SEEDS;
use crate::gate::paired::STORED;
use crate::schema::Engine;
use std::collections::BTreeSet;

/// Compares `b` with `a`, which have to be of the same scenario.
///
/// # Errors
/// [`BaselineError::NotComparable`].
pub fn exact(names: (&str, &str), a: &Baseline, b: &Baseline) -> Result<Comparison, BaselineError> {
    a.comparable(b)?;
    let mut rows = Vec::new();
    let mut missing = missing(names, a, b);
    for place in &b.places {
        let before = a.at(&place.protocol, &place.point);
        if before.is_none() {
            missing.push(format!("{} has no {}", names.0, place.title()));
        }
        rows.extend(place_rows(b.engine, &place.title(), before, Some(place)));
    }
    for gone in a.places.iter().filter(|place| b.at(&place.protocol, &place.point).is_none()) {
        missing.push(format!("{} has no {}", names.1, gone.title()));
        rows.extend(place_rows(a.engine, &gone.title(), Some(gone), None));
    }
    if b.engine != Engine::Sim {
        rows.extend(undecided(a, b));
    }
    Ok(Comparison { missing, ..comparison(names, about(a), rows) })
}

/// Compares every other protocol of `run` with `against`, at the same points.
#[must_use]
pub fn protocols(run: &Baseline, against: &str) -> Vec<Comparison> {
    let mut names: Vec<&str> = run.places.iter().map(|place| place.protocol.as_str()).collect();
    names.dedup();
    let others = names.into_iter().filter(|name| *name != against);
    let compared = others.map(|other| {
        let places = run.places.iter().filter(|place| place.protocol == other);
        let rows = places.flat_map(|place| {
            let title = place.axes_title();
            run.at(against, &place.point)
                .map_or_else(Vec::new, |before| place_rows(run.engine, &title, Some(before), Some(place)))
        });
        let compared = comparison((against, other), about(run), rows.collect());
        Comparison { missing: run.missing.clone(), ..compared }
    });
    compared.collect()
}

fn comparison(names: (&str, &str), about: String, rows: Vec<ComparedFigure>) -> Comparison {
    let few = rows.iter().any(|row| row.why.ends_with(FEW));
    let note = format!(
        "With fewer than {SEEDS} seeds the order of events moves times and throughput by a lot; run with --seeds {SEEDS}."
    );
    let names = (names.0.to_owned(), names.1.to_owned());
    Comparison { names, about, rows, notes: few.then_some(note).into_iter().collect(), missing: Vec::new() }
}

/// Returns the missing cells that the runs themselves report.
fn missing(names: (&str, &str), a: &Baseline, b: &Baseline) -> Vec<String> {
    let of = |(name, side): (&str, &Baseline)| {
        side.missing.iter().map(|what| format!("{name}: {what}")).collect::<Vec<_>>()
    };
    [(names.0, a), (names.1, b)].into_iter().flat_map(of).collect()
}

/// End of the reason where there were not enough seeds.
const FEW: &str = " seeds";

/// Compares the figures of one place.
fn place_rows(
    engine: Engine,
    title: &str,
    a: Option<&PlaceFigures>,
    b: Option<&PlaceFigures>,
) -> Vec<ComparedFigure> {
    let names: BTreeSet<&String> =
        [a, b].into_iter().flatten().flat_map(|side| side.figures.keys()).collect();
    let get = |side: Option<&PlaceFigures>, name: &str| side.and_then(|p| p.figures.get(name).copied());
    let of = |side: Option<&PlaceFigures>| side.map_or(0, |side| side.cells);
    let cells = (of(a), of(b));
    let title = titled(engine, title, a, b);
    let rows = names.into_iter().filter_map(|name| {
        let key: Key = name.parse().ok()?;
        let sides = (get(a, name), get(b, name));
        let (verdict, why) = verdict(engine, &key, sides, cells)?;
        Some(ComparedFigure { place: title.clone(), key, sides, verdict, why })
    });
    rows.collect()
}

/// Returns the place with the seeds over which it was taken, on both sides.
fn titled(engine: Engine, place: &str, a: Option<&PlaceFigures>, b: Option<&PlaceFigures>) -> String {
    let seeds = |side: &PlaceFigures| side.seeds(engine);
    let place = if place.is_empty() { "everywhere" } else { place };
    match (a.map(seeds), b.map(seeds)) {
        (Some(a), Some(b)) if a != b => format!("{place} ({a} and {b})"),
        (a, b) => format!("{place} ({})", a.or(b).unwrap_or_default()),
    }
}

/// Returns rows that say why machine times of two results are not compared.
fn undecided(a: &Baseline, b: &Baseline) -> Vec<ComparedFigure> {
    let row = |place: &PlaceFigures, key: Key| {
        let before = a.at(&place.protocol, &place.point);
        let sides = (before.and_then(|before| before.get(&key)), place.get(&key));
        let (title, why) = (titled(b.engine, &place.title(), before, Some(place)), STORED.to_owned());
        ComparedFigure { place: title, key, sides, verdict: Change::CannotTell, why }
    };
    b.places.iter().flat_map(|place| asked().take(1).map(move |key| row(place, key))).collect()
}

/// Returns the verdict; `None` for figures that cannot be compared exactly: on machines, those that depend on their
/// speed.
fn verdict(
    engine: Engine,
    key: &Key,
    sides: (Option<u64>, Option<u64>),
    cells: (u64, u64),
) -> Option<(Change, String)> {
    let (a, b) = match sides {
        (Some(a), Some(b)) => (a, b),
        (None, _) => return Some((Change::CannotTell, "the first has none".to_owned())),
        (_, None) => return Some((Change::CannotTell, "the second has none".to_owned())),
    };
    if engine != Engine::Sim && !key.metric.is_correctness() {
        return None;
    }
    if cells.0 != cells.1 {
        // More breaches in fewer cells are worse, whatever the other cells would show.
        let worse = key.metric.is_correctness() && cells.1 < cells.0 && meaning(key, a, b) == Change::Worse;
        let why = format!("over {} and {} seeds", cells.0, cells.1);
        return Some((if worse { Change::Worse } else { Change::CannotTell }, why));
    }
    let cells = cells.1;
    let chance = !key.metric.is_correctness() && key.metric != Metric::FaultFired;
    let few = chance && cells < SEEDS && a != b;
    let why = format!("{cells} of {SEEDS}{FEW}");
    Some(if few { (Change::CannotTell, why) } else { (meaning(key, a, b), String::new()) })
}
