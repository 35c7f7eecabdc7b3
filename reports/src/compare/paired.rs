//! Machine time of two sides that were measured in turn.
//!
//! Separate from the exact comparison. Only a few figures are compared, because each further question takes more pairs
//! to answer all of them.
use super::{Change, ComparedFigure, Comparison, about, asked as keys};
use crate::aggregate::{AggregateError, aggregate};
use crate::coverage::Coverage;
use crate::figure::pairs::{Paired, Spot, across, within};
use crate::figure::{Baseline, Key};
use crate::gate::paired::reason;
use crate::gate::report::paired;
use crate::schema::Run;
use crate::stats::{Answer, Question, decide};

/// Differences up to this many percent count as no change.
pub const FLOOR_PERCENT: f64 = 5.0;

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
            let point = place.point;
            asked.push((place.title(), across(&a, &b, (&place.protocol, &point), &key), key));
        }
    }
    let missing = a_and_b.flat_map(|run| Coverage::of(run).missing).collect();
    Ok(Comparison { missing, ..comparison(names, &of, rows(asked)) })
}

/// Compares every other protocol of `run` with `against`, cell by cell.
///
/// # Errors
/// A histogram that cannot be read.
pub fn protocols(run: &Run, against: &str) -> Result<Vec<Comparison>, AggregateError> {
    let of = Baseline::of(run)?;
    let mut names: Vec<&str> = of.places.iter().map(|place| place.protocol.as_str()).collect();
    names.dedup();
    let mut all = Vec::new();
    for other in names.into_iter().filter(|name| *name != against) {
        let mut asked = Vec::new();
        for place in of.places.iter().filter(|place| place.protocol == other) {
            let point = place.point;
            let spots: (Spot<'_>, Spot<'_>) = ((against, &point), (other, &point));
            for key in keys().filter(|_| of.at(against, &point).is_some()) {
                asked.push((place.axes_title(), within(run, spots.0, spots.1, &key)?, key));
            }
        }
        let compared = comparison((against, other), &of, rows(asked));
        all.push(Comparison { missing: of.missing.clone(), ..compared });
    }
    Ok(all)
}

fn comparison(names: (&str, &str), of: &Baseline, rows: Vec<ComparedFigure>) -> Comparison {
    let note = format!("Differences of at most {FLOOR_PERCENT} % count as none.");
    let names = (names.0.to_owned(), names.1.to_owned());
    Comparison { names, about: about(of), rows, notes: vec![note], missing: Vec::new() }
}

/// Asks of all figures at once whether they are slower and whether they are faster.
fn rows(asked: Vec<(String, Paired, Key)>) -> Vec<ComparedFigure> {
    let floor = (1.0 + FLOOR_PERCENT / 100.0).ln();
    let question = |ratios: Vec<f64>| Question { ratios, above: 0.0, floor };
    let pairs = asked.iter().filter_map(|(_, pairs, _)| pairs.as_ref().ok());
    let questions: Vec<Question> = pairs
        .flat_map(|pairs| {
            let faster = pairs.ratios.iter().map(|ratio| -ratio).collect();
            [question(pairs.ratios.clone()), question(faster)]
        })
        .collect();
    let answers = decide(&questions);
    let mut answered = questions.chunks_exact(2).zip(answers.chunks_exact(2));
    let rows = asked.into_iter().map(|(place, pairs, key)| {
        let (verdict, why) = match pairs.map(|_| answered.next()) {
            Err(why) => (Change::CannotTell, why),
            Ok(None) => (Change::CannotTell, String::new()),
            Ok(Some((questions, answers))) => {
                let said = questions[0].estimate().map_or_else(String::new, |seen| paired(&seen));
                let why = answers.iter().find_map(|answer| reason(*answer));
                (meaning(answers), [said].into_iter().chain(why).collect::<Vec<_>>().join("; "))
            }
        };
        ComparedFigure { place, key, sides: (None, None), verdict, why }
    });
    rows.collect()
}

fn meaning(answers: &[Answer]) -> Change {
    match answers {
        [Answer::Larger, _] => Change::Worse,
        [_, Answer::Larger] => Change::Better,
        [Answer::NotLarger, Answer::NotLarger] => Change::Same,
        _ => Change::CannotTell,
    }
}
