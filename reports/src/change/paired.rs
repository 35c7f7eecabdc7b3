//! The judgement of machine time: pairs measured in turn, all questions of a comparison or of a file of gates together.
//!
//! Separate from the exact judgement, because every further question takes more pairs to answer all of them.
use super::{Change, Compared, Limits, Seen};
use crate::figure::Key;
use crate::figure::pairs::{Paired, Pairs};
use crate::stats::{Answer, Estimate, Question, decide};

/// Reason why a stored time cannot be a side of a pair.
pub(crate) const STORED: &str = "a wall-clock time of another hour or another machine proves nothing; run both in turn, A B B A, and name them with --paired";

/// A figure to be judged.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Protocol and point, of both sides where they differ.
    pub place: String,
    /// Name of the figure.
    pub key: Key,
    /// Limits of the figure.
    pub limits: Limits,
    /// Pairs of both sides, or the reason why there are none.
    pub pairs: Paired,
}

/// Judges all of them together, in the order in which they were asked.
#[must_use]
pub fn judge(asked: Vec<Asked>) -> Vec<Compared> {
    let questions: Vec<Vec<Question>> = asked.iter().map(questions).collect();
    let mut answers = decide(&questions.concat()).into_iter();
    let judged = asked.into_iter().zip(questions).map(|(Asked { place, key, limits, pairs }, questions)| {
        let answers: Vec<Answer> = answers.by_ref().take(questions.len()).collect();
        let seen = questions.first().and_then(Question::estimate);
        let change = match pairs {
            Ok(pairs) => change(&limits, &pairs, seen, &answers),
            Err(why) => Change::CannotTell(why),
        };
        Compared { place, key, seen: Seen::Pairs(seen), change }
    });
    judged.collect()
}

/// Returns a question for each limit; for a limit on changes in either direction two, the one about decreases last.
fn questions(asked: &Asked) -> Vec<Question> {
    let (Ok(Pairs { ratios, .. }), limits) = (&asked.pairs, &asked.limits) else { return Vec::new() };
    let percent = |percent: u64| (1.0 + percent as f64 / 100.0).ln();
    let more = |above: f64, floor: f64| Question { ratios: ratios.clone(), above, floor };
    let less =
        |floor: f64| Question { ratios: ratios.iter().map(|ratio| -ratio).collect(), above: 0.0, floor };
    let all = [
        limits.max_increase.map(|most| more(0.0, percent(most))),
        limits.max_ratio.map(|most| more((most as f64 / 1_000.0).ln(), 0.0)),
        limits.change.map(|most| more(0.0, percent(most))),
        limits.change.map(|most| less(percent(most))),
    ];
    all.into_iter().flatten().collect()
}

fn change(limits: &Limits, pairs: &Pairs, seen: Option<Estimate>, answers: &[Answer]) -> Change {
    let by_ns = seen.map(|seen| ((seen.ratio - 1.0).abs() * pairs.middle_ns as f64) as u64);
    let small = limits.floor > 0 && by_ns.is_some_and(|by| by <= limits.floor);
    let counts = |answer: &Answer| matches!(answer, Answer::TooFew(..)) || !small;
    match answers.iter().position(|answer| *answer == Answer::Larger && counts(answer)) {
        Some(at) if limits.change.is_some() && at + 1 == answers.len() => Change::Better,
        Some(_) => Change::Worse,
        None if answers.is_empty() => {
            Change::CannotTell("it has no limit that compares two sides".to_owned())
        }
        None => {
            let why = answers.iter().filter(|answer| counts(answer)).find_map(|answer| reason(*answer));
            why.map_or(Change::Same, Change::CannotTell)
        }
    }
}

/// Returns the reason why an answer is inconclusive, and what would give a conclusive one.
fn reason(answer: Answer) -> Option<String> {
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
