//! The verdict on machine time: pairs measured in turn, all gates of a file answered together.
//!
//! Separate from the exact verdict, because here "cannot tell" is an answer.
use super::file::{Gate, GateError};
use super::places::{Earlier, Judged, Place};
use super::report::{Finding, GateRow, GateState};
use crate::aggregate::AggregateError;
use crate::figure::pairs::{Paired, across, within};
use crate::stats::{Answer, Estimate, Question, decide};

/// Question to be answered about one place.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// One question for each direction that is limited, or the reason why there is none.
    questions: Result<Vec<Question>, String>,
    /// Median of the A in ns, for floors in ns.
    middle_ns: u64,
}

/// Returns the question of `gate` about `place`, with every second side made worse by the factor `worse`.
pub(super) fn ask(
    judged: &Judged<'_>,
    gate: &Gate,
    place: &Place<'_>,
    worse: f64,
) -> Result<Asked, GateError> {
    let spot = (place.group.subject.label(), &place.group.point);
    let pairs: Result<Paired, AggregateError> = match (place.against, judged.earlier) {
        (Some(other), _) => within(&judged.runs[0], (other.subject.label(), &other.point), spot, &gate.key),
        (None, Earlier::Paired(_)) => Ok(across(&judged.others, &judged.merged, spot, &gate.key)),
        _ => Ok(Err(STORED.to_owned())),
    };
    let pairs = pairs.map_err(|error| GateError::of(&gate.place, error))?;
    let middle_ns = pairs.as_ref().map_or(0, |pairs| pairs.middle_ns);
    let questions = pairs.map(|pairs| {
        questions(gate, &pairs.ratios.iter().map(|ratio| ratio + worse.ln()).collect::<Vec<_>>())
    });
    Ok(Asked { questions, middle_ns })
}

/// Reason why a stored time cannot be a side of a pair.
pub(crate) const STORED: &str = "a wall-clock time of another hour, or of another machine, cannot be compared; run both in turn, A B B A, and name them with --paired";

fn questions(gate: &Gate, ratios: &[f64]) -> Vec<Question> {
    let limits = &gate.limits;
    let percent = |percent: u64| (1.0 + percent as f64 / 100.0).ln();
    let mut all = Vec::new();
    if let Some(most) = limits.max_increase {
        all.push(Question { ratios: ratios.to_vec(), above: 0.0, floor: percent(most) });
    }
    if let Some(most) = limits.max_ratio {
        all.push(Question { ratios: ratios.to_vec(), above: (most as f64 / 1_000.0).ln(), floor: 0.0 });
    }
    if let Some(most) = limits.change {
        let less = ratios.iter().map(|ratio| -ratio).collect();
        all.push(Question { ratios: ratios.to_vec(), above: 0.0, floor: percent(most) });
        all.push(Question { ratios: less, above: 0.0, floor: percent(most) });
    }
    all
}

/// Answers all questions of a file together, in the order in which they were asked.
pub(super) fn answers(asked: &[Asked]) -> Vec<Vec<Answer>> {
    let all: Vec<Question> =
        asked.iter().filter_map(|one| one.questions.as_ref().ok()).flatten().cloned().collect();
    let mut answers = decide(&all).into_iter();
    asked
        .iter()
        .map(|one| answers.by_ref().take(one.questions.as_ref().map_or(0, Vec::len)).collect())
        .collect()
}

/// Returns the row of a place.
pub(super) fn row(gate: &Gate, place: String, asked: &Asked, answers: &[Answer]) -> GateRow {
    let questions = match &asked.questions {
        Ok(questions) => questions,
        Err(why) => {
            return GateRow {
                place,
                finding: Finding::CannotTell(why.clone()),
                state: GateState::Inconclusive,
            };
        }
    };
    let estimate = questions.first().and_then(Question::estimate);
    let small = estimate.is_some_and(|seen| difference_ns(&seen, asked.middle_ns) <= gate.limits.floor);
    let states = answers.iter().map(|answer| match answer {
        Answer::NotLarger => GateState::Passed,
        Answer::Larger | Answer::Unsettled | Answer::Unconfirmed if gate.limits.floor > 0 && small => {
            GateState::Passed
        }
        Answer::Larger => GateState::Failed,
        _ => GateState::Inconclusive,
    });
    let state = states.max().unwrap_or(GateState::Inconclusive);
    let why = answers.iter().find_map(|answer| reason(*answer)).filter(|_| state == GateState::Inconclusive);
    GateRow { place, finding: Finding::Paired(estimate, why), state }
}

fn difference_ns(estimate: &Estimate, middle_ns: u64) -> u64 {
    ((estimate.ratio - 1.0).abs() * middle_ns as f64) as u64
}

/// Returns the reason why an answer is inconclusive, and what would give a conclusive one.
pub(crate) fn reason(answer: Answer) -> Option<String> {
    match answer {
        Answer::Larger | Answer::NotLarger => None,
        Answer::TooFew(pairs, needs) => Some(format!(
            "{pairs} pairs, {needs} are needed to say anything; 40 find a difference of 10 % in nine sessions of ten"
        )),
        Answer::Unsettled => {
            Some("the estimate is beyond the limit, and may be chance; make more pairs".to_owned())
        }
        Answer::Unconfirmed => Some(
            "the first half of the session says so, the second does not; make the session again".to_owned(),
        ),
    }
}
