//! Wilcoxon's signed-rank test, exact, with the estimate and the bounds that belong to it.
//!
//! Separate, because this file is pure textbook. Reference: Hollander, Wolfe and Chicken, Nonparametric Statistical
//! Methods, 3.1 (test), 3.2 (estimate: median of the Walsh averages) and 3.3 (bounds: their order statistics). A test
//! compares it with scipy.

/// Differences of pairs, ranked by size and signed.
#[derive(Clone, Debug)]
pub struct SignedRank {
    /// Averages of any two differences, and each with itself, ascending.
    walsh: Vec<f64>,
    differences: usize,
    /// Chance of a sum of positive ranks at least as large as this one, if nothing differs.
    pub p_above: f64,
    /// Chance of a sum at least as small.
    pub p_below: f64,
}

impl SignedRank {
    /// Returns the ranks of `differences`; `None` when there are none or one is not finite. Takes time and space as the
    /// square of their number.
    #[must_use]
    pub fn of(differences: &[f64]) -> Option<Self> {
        if differences.is_empty() || differences.iter().any(|d| !d.is_finite()) {
            return None;
        }
        let ranks = doubled_ranks(differences);
        let chances = chances(&ranks);
        let observed: usize = ranks.iter().filter(|(positive, _)| *positive).map(|(_, rank)| rank).sum();
        let mut walsh: Vec<f64> = (0..differences.len())
            .flat_map(|i| (i..differences.len()).map(move |j| f64::midpoint(differences[i], differences[j])))
            .collect();
        walsh.sort_by(f64::total_cmp);
        Some(Self {
            walsh,
            differences: differences.len(),
            p_above: chances[observed..].iter().sum::<f64>().min(1.0),
            p_below: chances[..=observed].iter().sum::<f64>().min(1.0),
        })
    }

    /// Returns Hodges and Lehmann's estimate of the difference.
    #[must_use]
    pub fn estimate(&self) -> f64 {
        let (half, n) = (self.walsh.len() / 2, self.walsh.len());
        if n % 2 == 1 { self.walsh[half] } else { f64::midpoint(self.walsh[half - 1], self.walsh[half]) }
    }

    /// Returns the value that the difference exceeds with confidence `1 - alpha`; `None` when there are too few
    /// differences for any.
    #[must_use]
    pub fn low(&self, alpha: f64) -> Option<f64> {
        self.place(alpha).map(|place| self.walsh[place])
    }

    /// Returns the value that the difference stays below with confidence `1 - alpha`; `None` when there are too few
    /// differences for any.
    #[must_use]
    pub fn high(&self, alpha: f64) -> Option<f64> {
        self.place(alpha).map(|place| self.walsh[self.walsh.len() - 1 - place])
    }

    /// Returns the last Walsh average, from 0, below which a sum of ranks is rarer than `alpha`.
    fn place(&self, alpha: f64) -> Option<usize> {
        let untied: Vec<(bool, usize)> = (1..=self.differences).map(|rank| (true, rank)).collect();
        let mut so_far = 0.0;
        let rare = chances(&untied).into_iter().take_while(|chance| {
            so_far += chance;
            so_far <= alpha
        });
        rare.count().checked_sub(1)
    }
}

/// Returns the fewest differences with which [`SignedRank::p_above`] can be as small as `alpha`.
#[must_use]
pub(crate) fn fewest(alpha: f64) -> usize {
    (1..64).find(|n| 0.5_f64.powi(*n) <= alpha).unwrap_or(64) as usize
}

/// Returns (positive, twice the rank of its size) of every difference except 0; equal ones share the mean of their
/// ranks.
fn doubled_ranks(differences: &[f64]) -> Vec<(bool, usize)> {
    let mut sizes: Vec<f64> = differences.iter().filter(|d| **d != 0.0).copied().collect();
    sizes.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let mut ranks = Vec::with_capacity(sizes.len());
    for tied in sizes.chunk_by(|a, b| a.abs().to_bits() == b.abs().to_bits()) {
        let rank = 2 * ranks.len() + tied.len() + 1;
        ranks.extend(tied.iter().map(|size| (*size > 0.0, rank)));
    }
    ranks
}

/// Returns the chance of each sum of those ranks whose sign is positive, when each sign is a coin.
fn chances(ranks: &[(bool, usize)]) -> Vec<f64> {
    let mut chances = vec![0.0; 1 + ranks.iter().map(|(_, rank)| rank).sum::<usize>()];
    chances[0] = 1.0;
    let mut most = 0;
    for (_, rank) in ranks {
        most += rank;
        for sum in (0..=most).rev() {
            let with = if sum >= *rank { chances[sum - rank] } else { 0.0 };
            chances[sum] = f64::midpoint(chances[sum], with);
        }
    }
    chances
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_alike_are_one_in_eight() {
        let seen = SignedRank::of(&[1.0, 2.0, 4.0]).unwrap();
        assert_eq!((seen.p_above, seen.p_below), (0.125, 1.0));
        assert_eq!((seen.estimate(), seen.low(0.125), seen.low(0.1)), (2.25, Some(1.0), None));
        assert_eq!(seen.high(0.125), Some(4.0));
    }

    #[test]
    fn nothing_and_nonsense_say_nothing() {
        assert!(SignedRank::of(&[]).is_none() && SignedRank::of(&[f64::NAN]).is_none());
        let equal = SignedRank::of(&[0.0, 0.0]).unwrap();
        assert_eq!((equal.p_above, equal.p_below, equal.estimate()), (1.0, 1.0, 0.0));
    }

    #[test]
    fn a_bound_is_above_zero_just_when_the_test_says_so() {
        let steps = [0.31, -0.12, 0.44, 0.09, 0.27, -0.03, 0.38, 0.51];
        for shift in -20..20 {
            let moved: Vec<f64> = steps.iter().map(|step| step + f64::from(shift) / 50.0 + 0.0017).collect();
            let seen = SignedRank::of(&moved).unwrap();
            for alpha in [0.01, 0.025, 0.05, 0.2] {
                let bound = seen.low(alpha).is_some_and(|low| low > 0.0);
                assert_eq!(bound, seen.p_above <= alpha, "shift {shift}, alpha {alpha}");
            }
        }
    }

    #[test]
    fn the_fewest_can_and_one_less_cannot() {
        for alpha in [0.05, 0.0125, 0.001] {
            let n = fewest(alpha);
            let best = |n: usize| SignedRank::of(&vec![1.0; n]).unwrap().p_above;
            assert!(best(n) <= alpha && best(n - 1) > alpha);
        }
    }
}
