//! Decisions whether one side is larger. All such questions of one session are answered together.
//!
//! Separate from the test itself, because the rule is open to argument. A side is larger if three things hold. The test
//! says so on the first half of the session, among all questions (Holm). The second half, which had no part in that,
//! says so too. The estimate of all pairs is beyond the floor, below which a difference does not matter. The last
//! without the others gives no answer.
use super::holm;
use super::signed_rank::{SignedRank, fewest};

/// Probability of a false alarm before it is confirmed.
pub const ALPHA: f64 = 0.05;

/// Question whether ratios are above 1, or above another ratio.
#[derive(Clone, Debug)]
pub struct Question {
    /// Logs of ratios, one for each pair, in order of time.
    pub ratios: Vec<f64>,
    /// Log of the ratio that they are to be above.
    pub above: f64,
    /// Log of the ratio, counted from `above`, up to which a difference does not matter.
    pub floor: f64,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Beyond the floor, and confirmed by the second half.
    Larger,
    /// At most the floor, with enough pairs to find more.
    NotLarger,
    /// Not enough pairs for an answer: (have, need).
    TooFew(usize, usize),
    /// Beyond the floor by the estimate, but possibly by chance.
    Unsettled,
    /// The first half says larger, and the second does not.
    Unconfirmed,
}

/// Estimate from all pairs, as ratios.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Pairs of runs.
    pub pairs: usize,
    /// Hodges and Lehmann's estimate of b/a.
    pub ratio: f64,
    /// 95 % interval, from six pairs on.
    pub interval: Option<(f64, f64)>,
}

impl Question {
    /// Returns the estimate from all pairs; `None` when there are none.
    #[must_use]
    pub fn estimate(&self) -> Option<Estimate> {
        let seen = SignedRank::of(&self.ratios)?;
        let interval = seen.low(ALPHA / 2.0).zip(seen.high(ALPHA / 2.0));
        Some(Estimate {
            pairs: self.ratios.len(),
            ratio: seen.estimate().exp(),
            interval: interval.map(|(low, high)| (low.exp(), high.exp())),
        })
    }

    /// Returns the chance of either half, the first and the second, if nothing exceeded `above`.
    fn halves(&self) -> (f64, f64) {
        let beyond: Vec<f64> = self.ratios.iter().map(|ratio| ratio - self.above).collect();
        let (first, second) = beyond.split_at(beyond.len().div_ceil(2));
        let chance = |half: &[f64]| SignedRank::of(half).map_or(1.0, |seen| seen.p_above);
        (chance(first), chance(second))
    }
}

/// Answers `questions` of one session together.
#[must_use]
pub fn decide(questions: &[Question]) -> Vec<Answer> {
    let (first, second): (Vec<f64>, Vec<f64>) = questions.iter().map(Question::halves).unzip();
    let needs = pairs_needed(questions.len());
    let chances = holm(&first).into_iter().zip(second);
    questions.iter().zip(chances).map(|(question, chances)| answer(question, chances, needs)).collect()
}

/// Returns the number of pairs with which any of `questions` questions can be answered.
#[must_use]
pub fn pairs_needed(questions: usize) -> usize {
    2 * fewest(ALPHA / questions.max(1) as f64)
}

fn answer(question: &Question, (chance, second): (f64, f64), needs: usize) -> Answer {
    let pairs = question.ratios.len();
    let Some(all) = SignedRank::of(&question.ratios).filter(|_| pairs >= needs) else {
        return Answer::TooFew(pairs, needs);
    };
    if all.estimate() - question.above <= question.floor {
        Answer::NotLarger
    } else if chance > ALPHA {
        Answer::Unsettled
    } else if second > ALPHA {
        Answer::Unconfirmed
    } else {
        Answer::Larger
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(ratios: &[f64]) -> Question {
        Question { ratios: ratios.to_vec(), above: 0.0, floor: 0.05 }
    }

    #[test]
    fn each_answer_has_its_case() {
        let up: Vec<f64> = (0..20).map(|n| 0.1 + f64::from(n % 3) / 1_000.0).collect();
        assert_eq!(decide(&[question(&up)]), [Answer::Larger]);
        assert_eq!(decide(&[question(&up[..9])]), [Answer::TooFew(9, 10)]);
        let little: Vec<f64> = up.iter().map(|ratio| ratio / 3.0).collect();
        assert_eq!(decide(&[question(&little)]), [Answer::NotLarger]);
        let first_only: Vec<f64> =
            up.iter().enumerate().map(|(n, r)| if n < 10 { 2.0 * r } else { n as f64 / -1e3 }).collect();
        assert_eq!(decide(&[question(&first_only)]), [Answer::Unconfirmed]);
        let wild: Vec<f64> = (0..20).map(|n| if n % 4 == 0 { -0.9 } else { 0.4 }).collect();
        assert_eq!(decide(&[question(&wild)]), [Answer::Unsettled]);
        assert_eq!(decide(&[]), []);
    }

    #[test]
    fn more_questions_need_more_pairs() {
        assert_eq!([1, 2, 10, 100].map(pairs_needed), [10, 12, 16, 22]);
    }

    #[test]
    fn what_is_to_be_above_another_ratio_is_held_against_it() {
        let thrice: Vec<f64> = (0..12).map(|n| 3.0_f64.ln() + f64::from(n % 5) / 500.0).collect();
        let than = |ratio: f64| Question { ratios: thrice.clone(), above: ratio.ln(), floor: 0.0 };
        assert_eq!(decide(&[than(2.9), than(3.1)]), [Answer::Larger, Answer::NotLarger]);
    }
}
