//! Fit of a straight line through medians along an axis: the cost of a page.
//!
//! Separate from [`crate::aggregate`], because a line is a claim and needs an interval. The line is that of Theil and
//! Sen: the slope is the median of the slopes of all pairs, so that up to 29 % of the points may be off. The interval
//! is Sen's (1968). It takes the slopes at the ranks that Kendall's test would not reject at 5 %, exact up to `EXACT`
//! points and by the normal approximation above. Points at the same place count as one, their median, so the exact
//! ranks hold. Input and output are integers.
use crate::axis::Axis;
use crate::outcome::AttachOutcome;
use crate::percentile::Samples;
use crate::schema::{Cell, Fit, LatencyKind};
use crate::units::grouped;
use crate::verdict::subjects;
use std::collections::BTreeMap;

/// Number of places below which there is no line.
const LEAST: usize = 3;
/// Number of places up to which the ranks of the interval are exact.
const EXACT: usize = 50;
/// Probability that either end of the interval is wrong.
const TAIL: f64 = 0.025;
/// Quantile of the normal distribution at 1 − [`TAIL`].
const Z: f64 = 1.959_964;

/// A line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// ps per step of the axis.
    pub slope_ps: i64,
    /// 95 % interval of the slope in ps; `None` when there are too few points for one (fewer than five).
    pub interval_ps: Option<(i64, i64)>,
    /// ns at 0 of the axis.
    pub intercept_ns: i64,
    /// Median distance of the points from the line in ns.
    pub spread_ns: u64,
    /// Different places on the axis.
    pub points: u32,
}

/// Returns the line through `points`, each (place on the axis, ns), or `None` with fewer than three different places.
#[must_use]
pub fn theil_sen(points: &[(u64, u64)]) -> Option<Line> {
    let mut at: BTreeMap<u64, Vec<i128>> = BTreeMap::new();
    for (x, y) in points {
        at.entry(*x).or_default().push(i128::from(*y));
    }
    let points: Vec<(i128, i128)> =
        at.into_iter().filter_map(|(x, ys)| Some((i128::from(x), median(ys)?))).collect();
    if points.len() < LEAST {
        return None;
    }
    let mut slopes: Vec<i128> = Vec::new();
    for (n, (x, y)) in points.iter().enumerate() {
        slopes.extend(points[..n].iter().map(|(x0, y0)| divide((y - y0) * 1_000, x - x0)));
    }
    slopes.sort_unstable();
    let slope = i128::from(clamp(median(slopes.clone())?));
    let residual = |(x, y): &(i128, i128)| y - divide(slope * x, 1_000);
    let intercept = median(points.iter().map(residual).collect())?;
    let spread = median(points.iter().map(|point| (residual(point) - intercept).abs()).collect())?;
    let rank = rank(points.len());
    Some(Line {
        slope_ps: clamp(slope),
        interval_ps: rank.map(|rank| (clamp(slopes[rank - 1]), clamp(slopes[slopes.len() - rank]))),
        intercept_ns: clamp(intercept),
        spread_ns: u64::try_from(spread).unwrap_or(u64::MAX),
        points: u32::try_from(points.len()).unwrap_or(u32::MAX),
    })
}

/// Fits a line to the p50 of moves over [`Axis::ResidentPages`], for each subject and rate that has enough places.
/// `what` names the cost, and the rate is added to it.
#[must_use]
pub fn over_resident_pages(cells: &[Cell], what: &str) -> Vec<Fit> {
    let mut fits = Vec::new();
    for subject in subjects(cells) {
        let mut by_rate: BTreeMap<Option<u64>, Vec<(u64, u64)>> = BTreeMap::new();
        for cell in cells.iter().filter(|cell| cell.subject == *subject) {
            if let Some((pages, p50)) = cell.point.get(Axis::ResidentPages).zip(p50(cell)) {
                by_rate.entry(cell.point.get(Axis::Rate)).or_default().push((pages, p50));
            }
        }
        for (rate, points) in by_rate {
            let Some(line) = theil_sen(&points) else { continue };
            let rate = rate.map_or_else(String::new, |rate| format!(" at {} /s", grouped(rate)));
            fits.push(Fit {
                protocol: subject.to_string(),
                what: format!("{what}{rate}"),
                per: "page".to_owned(),
                slope_ps: line.slope_ps,
                slope_low_ps: line.interval_ps.map(|ends| ends.0),
                slope_high_ps: line.interval_ps.map(|ends| ends.1),
                intercept_ns: line.intercept_ns,
                spread_ns: line.spread_ns,
                points: line.points,
            });
        }
    }
    fits
}

/// Returns the median of the moves of `cell` from their real start.
fn p50(cell: &Cell) -> Option<u64> {
    let raw = cell
        .attach
        .latency
        .iter()
        .find(|s| s.outcome == AttachOutcome::Moved.name() && s.kind == LatencyKind::Raw)?;
    Samples::of(&raw.hist).ok()?.p50()
}

/// Returns the middle value, or the mean of the two in the middle.
fn median(mut values: Vec<i128>) -> Option<i128> {
    values.sort_unstable();
    let half = values.len() / 2;
    let high = *values.get(half)?;
    Some(if values.len() % 2 == 1 { high } else { divide(values[half - 1] + high, 2) })
}

/// Returns `value / by`, rounded to the nearest; `by` is positive.
fn divide(value: i128, by: i128) -> i128 {
    value.div_euclid(by) + i128::from(value.rem_euclid(by) >= by - by / 2)
}

fn clamp(value: i128) -> i64 {
    value.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

/// Returns the rank from either end, from 1, of the slopes that bound the interval; `None` when even the outermost do
/// not.
fn rank(points: usize) -> Option<usize> {
    if points > EXACT {
        let (n, pairs) = (points as f64, (points * (points - 1) / 2) as f64);
        let sigma = (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
        return Some(((pairs - Z * sigma) / 2.0).floor() as usize).filter(|rank| *rank > 0);
    }
    let mut below = 0.0;
    let wide = inversions(points).into_iter().take_while(|share| {
        below += *share;
        below <= TAIL
    });
    Some(wide.count()).filter(|rank| *rank > 0)
}

/// Returns the share of the orders of `n` things that have 0, 1, 2, ... pairs the wrong way round.
fn inversions(n: usize) -> Vec<f64> {
    let mut shares = vec![1.0];
    for things in 2..=n {
        let mut next = vec![0.0; shares.len() + things - 1];
        for (at, share) in shares.iter().enumerate() {
            next[at..at + things].iter_mut().for_each(|sum| *sum += share / things as f64);
        }
        shares = next;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_hand_computed_line() {
        let line = theil_sen(&[(0, 10), (1, 12), (2, 14), (3, 16), (4, 1_000)]).unwrap();
        // Ten slopes: six of 2 ns, and with the outlier 990/4, 988/3, 986/2 and 984 ns. The median is 2 ns.
        assert_eq!((line.slope_ps, line.intercept_ns, line.points), (2_000, 10, 5));
        // Five points: only the outermost slopes bound it, 1 of 120 orders has no inversion.
        assert_eq!(line.interval_ps, Some((2_000, 984_000)));
        assert_eq!(line.spread_ns, 0);
    }

    #[test]
    fn a_falling_line_and_fractions_of_a_ns() {
        let line = theil_sen(&[(0, 30), (4, 29), (8, 28)]).unwrap();
        assert_eq!((line.slope_ps, line.intercept_ns, line.interval_ps), (-250, 30, None));
    }

    #[test]
    fn points_at_one_place_count_once() {
        let line = theil_sen(&[(1, 10), (1, 90), (1, 20), (2, 30), (3, 40)]).unwrap();
        assert_eq!((line.slope_ps, line.points), (10_000, 3));
        assert_eq!(theil_sen(&[(1, 10), (1, 20), (2, 30), (2, 31)]), None);
        assert_eq!(theil_sen(&[]), None);
    }

    /// The ranks agree with the tables of Kendall's K for 2.5 % (Hollander and Wolfe, A.30): n = 4 has none.
    #[test]
    fn ranks_are_those_of_kendalls_table() {
        assert_eq!(rank(4), None);
        // n = 5: P(0) = 1/120; P(at most 1) = 5/120 > 2.5 %. n = 6: 1 + 5 of 720 are at most 1, 20 are at most 2 > 18.
        assert_eq!((rank(5), rank(6)), (Some(1), Some(2)));
        assert!((inversions(6).iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let near = |n: usize| {
            let (pairs, n) = ((n * (n - 1) / 2) as f64, n as f64);
            (pairs - Z * (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt()) / 2.0
        };
        assert!((rank(EXACT).unwrap() as f64 - near(EXACT)).abs() < 2.0, "both ways meet");
    }

    #[test]
    fn extremes_do_not_overflow() {
        let line = theil_sen(&[(0, 0), (1, u64::MAX), (u64::MAX, 0), (7, 7), (9, 1)]).unwrap();
        assert!(line.interval_ps.unwrap().1 == i64::MAX);
    }

    proptest! {
        /// A known line with a tenth of the points far off and the rest within ±50 ns is found.
        #[test]
        fn a_noisy_line_is_found(
            slope_ps in 1_000_i64..200_000,
            intercept in 1_000_u64..50_000,
            noise in proptest::collection::vec(0_u64..=100, 20),
            off in proptest::collection::vec((0_usize..20, 0_u64..1_000_000), 2),
        ) {
            let mut points: Vec<(u64, u64)> = noise
                .iter()
                .enumerate()
                .map(|(n, noise)| (n as u64 * 256, intercept + n as u64 * 256 * slope_ps as u64 / 1_000 + noise))
                .collect();
            for (at, add) in off {
                points[at].1 += add;
            }
            let line = theil_sen(&points).unwrap();
            let (low, high) = line.interval_ps.unwrap();
            prop_assert!(low <= line.slope_ps && line.slope_ps <= high);
            // Two of 20 points off: at least 153 of 190 slopes are between two good points, so the median is too.
            prop_assert!((line.slope_ps - slope_ps).abs() <= 101_000 / 256 + 1, "{line:?}");
            prop_assert!((line.intercept_ns - intercept as i64).abs() <= 2_600, "{line:?}");
        }
    }
}
