//! Runs of two sides that were made in turn, A B B A, as log ratios of pairs.
//!
//! Separate, because the rule is about order: runs that were not made in turn are not paired, and are refused with the
//! reason. A machine that gets slower steadily makes one pair of a block as much larger as it makes the other smaller.

/// One run of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Time at which the run began, on a clock that all runs share; any unit.
    pub began: u64,
    /// Figure of the run in ns.
    pub value: u64,
}

/// Reason why runs are not blocks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPaired {
    /// Different numbers of runs.
    #[error("{0} runs on one side and {1} on the other; make as many of each")]
    Uneven(usize, usize),
    /// The runs were not made in turn.
    #[error(
        "runs {0} and {1} were not made in turn (A B B A), so a machine that changed in between would look like a difference"
    )]
    NotInTurn(usize, usize),
    /// A figure of 0 has no ratio.
    #[error("a figure is 0 ns, to which nothing has a ratio")]
    Zero,
}

/// Returns the log of b/a for each pair, two for each block A B B A, in the order of time; a pair left over at the end
/// is left out.
///
/// # Errors
/// [`NotPaired`].
pub fn blocks(a: &[Run], b: &[Run]) -> Result<Vec<f64>, NotPaired> {
    if a.len() != b.len() {
        return Err(NotPaired::Uneven(a.len(), b.len()));
    }
    if a.iter().chain(b).any(|run| run.value == 0) {
        return Err(NotPaired::Zero);
    }
    let in_time = |runs: &[Run]| {
        let mut runs = runs.to_vec();
        runs.sort_by_key(|run| run.began);
        runs
    };
    let (a, b) = (in_time(a), in_time(b));
    let mut ratios = Vec::new();
    for (n, (first, second)) in a.chunks_exact(2).zip(b.chunks_exact(2)).enumerate() {
        let [a1, a2, b1, b2] = [first[0], first[1], second[0], second[1]];
        let outside = |a1: Run, b1: Run, b2: Run, a2: Run| {
            a1.began < b1.began && b1.began <= b2.began && b2.began < a2.began
        };
        if !outside(a1, b1, b2, a2) && !outside(b1, a1, a2, b2) {
            return Err(NotPaired::NotInTurn(2 * n + 1, 2 * n + 2));
        }
        let log = |run: Run| (run.value as f64).ln();
        ratios.extend([log(b1) - log(a1), log(b2) - log(a2)]);
    }
    Ok(ratios)
}

#[cfg(test)]
mod tests {
    use super::super::SignedRank;
    use super::*;

    fn runs(values: &[(u64, u64)]) -> Vec<Run> {
        values.iter().map(|(began, value)| Run { began: *began, value: *value }).collect()
    }

    #[test]
    fn a_machine_that_slows_down_steadily_is_no_difference() {
        // Each run takes 10 % longer than the one before.
        let at = |n: u32| (u64::from(n), (1e9 * 1.1_f64.powi(n as i32)) as u64);
        let (a, b) = (runs(&[at(0), at(3), at(4), at(7)]), runs(&[at(1), at(2), at(5), at(6)]));
        let estimate = SignedRank::of(&blocks(&a, &b).unwrap()).unwrap().estimate();
        assert!(estimate.abs() < 1e-6, "{estimate}");
    }

    #[test]
    fn what_was_not_made_in_turn_is_refused() {
        let (a, b) = (runs(&[(0, 5), (1, 5)]), runs(&[(2, 6), (3, 6)]));
        assert_eq!(blocks(&a, &b), Err(NotPaired::NotInTurn(1, 2)));
        assert_eq!(blocks(&a, &b[..1]), Err(NotPaired::Uneven(2, 1)));
        assert_eq!(blocks(&runs(&[(0, 0)]), &runs(&[(1, 1)])), Err(NotPaired::Zero));
        assert_eq!(blocks(&[], &[]), Ok(Vec::new()));
    }
}
