//! Two sets of figures, beside each other: of two runs or stored baselines, or of two protocols of one run.
use super::{Comparison, Row, Verdict, about, asked, meaning};
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
    for place in &b.places {
        let before = a.at(&place.protocol, &place.point());
        rows.extend(beside(b.engine, &place.title(), before, Some(place)));
    }
    for gone in a.places.iter().filter(|place| b.at(&place.protocol, &place.point()).is_none()) {
        rows.extend(beside(a.engine, &gone.title(), Some(gone), None));
    }
    if b.engine != Engine::Sim {
        rows.extend(untold(b));
    }
    Ok(comparison(names, about(a), rows))
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
            run.at(against, &place.point())
                .map_or_else(Vec::new, |before| beside(run.engine, &title, Some(before), Some(place)))
        });
        comparison((against, other), about(run), rows.collect())
    });
    compared.collect()
}

fn comparison(names: (&str, &str), about: String, rows: Vec<Row>) -> Comparison {
    let few = rows.iter().any(|row| row.why.ends_with(FEW));
    let note = format!(
        "With fewer than {SEEDS} seeds the order of events moves times and throughput by a lot; run with --seeds {SEEDS}."
    );
    let names = (names.0.to_owned(), names.1.to_owned());
    Comparison { names, about, rows, notes: few.then_some(note).into_iter().collect() }
}

/// End of the reason where there were not enough seeds.
const FEW: &str = " seeds";

/// The figures of one place.
fn beside(engine: Engine, title: &str, a: Option<&PlaceFigures>, b: Option<&PlaceFigures>) -> Vec<Row> {
    let names: BTreeSet<&String> =
        [a, b].into_iter().flatten().flat_map(|side| side.figures.keys()).collect();
    let get = |side: Option<&PlaceFigures>, name: &str| side.and_then(|p| p.figures.get(name).copied());
    let cells = [a, b].into_iter().flatten().map(|side| side.cells).min().unwrap_or(0);
    let rows = names.into_iter().filter_map(|name| {
        let key: Key = name.parse().ok()?;
        let sides = (get(a, name), get(b, name));
        let (verdict, why) = verdict(engine, &key, sides, cells)?;
        Some(Row { place: title.to_owned(), key, sides, verdict, why })
    });
    rows.collect()
}

/// Rows that say why machine times of two results are not compared.
fn untold(of: &Baseline) -> Vec<Row> {
    let row = |place: &PlaceFigures, key: Key| {
        let (sides, why) = ((None, place.get(&key)), STORED.to_owned());
        Row { place: place.title(), key, sides, verdict: Verdict::CannotTell, why }
    };
    of.places.iter().flat_map(|place| asked().take(1).map(move |key| row(place, key))).collect()
}

/// `None` for what cannot be compared exactly: on machines, whatever depends on how fast they were.
fn verdict(
    engine: Engine,
    key: &Key,
    sides: (Option<u64>, Option<u64>),
    cells: u64,
) -> Option<(Verdict, String)> {
    let (a, b) = match sides {
        (Some(a), Some(b)) => (a, b),
        (None, _) => return Some((Verdict::CannotTell, "the first has none".to_owned())),
        (_, None) => return Some((Verdict::CannotTell, "the second has none".to_owned())),
    };
    if engine != Engine::Sim && !key.metric.is_correctness() {
        return None;
    }
    let chance = !key.metric.is_correctness() && key.metric != Metric::FaultFired;
    let few = chance && cells < SEEDS && a != b;
    let why = format!("{cells} of {SEEDS}{FEW}");
    Some(if few { (Verdict::CannotTell, why) } else { (meaning(key, a, b), String::new()) })
}
