//! Axes: a range of places, and the ticks with their words.
//!
//! Separate from drawing, because logarithms are taken and labels are chosen in this file. A place is a number on a
//! straight line. [`Axis`] constructors say how a value becomes one ([`log`], [`symlog`],
//! [`crate::percentile::decades`]), so that plotters draws straight axes only.
use super::svg::{TEXT, text_width};
use crate::percentile::{LEVELS, decades};
use crate::units::{clip, grouped, short_ns, signed};
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use std::ops::Range;

/// Least width of a plot, in half pixels, left by the labels.
const PLOT_WIDTH: f64 = 1_100.0;
/// Largest number of labels of a logarithmic axis.
const MAX_TICKS: usize = 12;

/// An axis.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    /// Title of the axis, with the unit.
    pub(crate) name: String,
    /// Lowest and highest place.
    pub(crate) range: (f64, f64),
    /// Places with a label.
    pub(crate) ticks: Vec<(f64, String)>,
}

/// Returns the place of a positive value on a logarithmic axis; 0 has the place of 1.
pub(crate) fn log(value: u64) -> f64 {
    (value.max(1) as f64).log10()
}

/// Returns the place of a value on a symmetric logarithmic axis: 0 in the middle, decades to both sides.
pub(crate) fn symlog(value: i64) -> f64 {
    let size = (1.0 + value.unsigned_abs() as f64).log10();
    if value < 0 { -size } else { size }
}

impl Axis {
    /// Returns an axis of times from `low` to `high` ns, logarithmic. It is not longer than that, except for a margin of
    /// a sixteenth at both ends.
    pub(crate) fn log_time(name: &str, low: u64, high: u64) -> Self {
        let (low, high) = (low.max(1), high.max(low).max(1));
        let range = with_margin(log(low), log(high));
        let shown = |values: &mut dyn Iterator<Item = u64>| -> Vec<(f64, String)> {
            let places = values.map(|value| (log(value), short_ns(value)));
            let mut ticks: Vec<_> =
                places.filter(|(place, _)| (range.0..=range.1).contains(place)).take(MAX_TICKS).collect();
            ticks.dedup_by(|next, last| next.1 == last.1);
            ticks
        };
        let rounds = |steps: &'static [u64]| {
            let decade = |decade| steps.iter().map(move |step| 10_u64.pow(decade).saturating_mul(*step));
            shown(&mut (0..20).flat_map(decade))
        };
        let step = step(high - low, 4);
        let equal =
            || shown(&mut (0..=(high - low) / step + 2).map(|n| (low / step + n).saturating_mul(step)));
        let mut ticks = rounds(&[1]);
        for more in [&|| rounds(&[1, 2, 5]) as Vec<_>, &equal as &dyn Fn() -> Vec<_>] {
            ticks = if ticks.len() < 3 { more() } else { ticks };
        }
        if ticks.len() < 2 {
            ticks = shown(&mut [low, high].into_iter());
        }
        Self { name: name.to_owned(), range, ticks }
    }

    /// Returns an axis of percentiles from the minimum to the level at `top` decades.
    pub(crate) fn percentiles(top: f64) -> Self {
        let shown = LEVELS.iter().filter(|level| decades(level.q) <= top + 1e-9);
        let levels = shown.map(|level| (decades(level.q), level.percent.to_owned()));
        let ticks = std::iter::once((0.0, "min".to_owned())).chain(levels).collect();
        Self { name: "share of attaches that took at most this long".to_owned(), range: (0.0, top), ticks }
    }

    /// Returns an axis of the share of operations that took longer, from all at the top down to one in 10^`decades`.
    pub(crate) fn share_above(name: &str, decades: f64) -> Self {
        let words = [1.0, 0.5, 0.1, 0.01, 0.001, 0.0001].map(f64::log10).into_iter();
        let words = words.zip(["100 %", "50 %", "10 %", "1 %", "0.1 %", "0.01 %"]);
        let ticks =
            words.filter(|(place, _)| -place <= decades + 1e-9).map(|(at, word)| (at, word.to_owned()));
        Self { name: name.to_owned(), range: (-decades, 0.0), ticks: ticks.collect() }
    }

    /// Returns an axis of counts from 1 to `high`, logarithmic, with room for 0 below.
    pub(crate) fn log_count(name: &str, high: u64) -> Self {
        let range = (-0.3, log(high.max(10)) + 0.1);
        let values = (0..19).map(|decade| 10_u64.pow(decade));
        let ticks = values.map(|value| (log(value), grouped(value)));
        Self {
            name: name.to_owned(),
            range,
            ticks: ticks.take_while(|(place, _)| *place <= range.1).collect(),
        }
    }

    /// Returns an axis of times from 0 to `high` ns in equal steps.
    pub(crate) fn time(name: &str, high: u64) -> Self {
        let high = high.max(1);
        let step = step(high, 6);
        let ticks = (0..=high / step).map(|n| n * step).map(|at| (at as f64, short_ns(at))).collect();
        Self { name: name.to_owned(), range: (0.0, high as f64), ticks }
    }

    /// Returns an axis of signed counts from `low` to `high`, symmetric logarithmic.
    pub(crate) fn symlog(name: &str, low: i64, high: i64) -> Self {
        let range = with_margin(symlog(low.min(0)), symlog(high.max(0)));
        let mut values = vec![0_i64];
        values.extend((0..18).map(|n| 10_i64.pow(n)).flat_map(|size| [size, -size]));
        let ticks: Vec<(f64, String)> = values
            .into_iter()
            .map(|value| (symlog(value), signed(value)))
            .filter(|(place, _)| (range.0..=range.1).contains(place))
            .collect();
        Self { name: name.to_owned(), range, ticks }
    }

    /// Returns an axis of these numbers, each with its words, and the place of each number: in equal steps, or
    /// logarithmic where the largest is more than twenty times the smallest above 0. Words that would cover earlier ones
    /// are left out.
    pub(crate) fn numbers(name: &str, numbers: &[(u64, String)]) -> (Self, Vec<f64>) {
        let values = || numbers.iter().map(|(value, _)| *value);
        let least = values().filter(|value| *value > 0).min().unwrap_or(1);
        let straight = values().max().unwrap_or(0) / least <= 20;
        let place = |value: u64| if straight { value as f64 } else { (value as f64 / least as f64).ln_1p() };
        let places: Vec<f64> = values().map(place).collect();
        let ends = places.iter().fold((f64::MAX, f64::MIN), |ends, at| (ends.0.min(*at), ends.1.max(*at)));
        let range = with_margin(ends.0, ends.1.max(ends.0));
        let mut order: Vec<usize> = (0..numbers.len()).collect();
        order.sort_by(|a, b| places[*a].total_cmp(&places[*b]));
        let (mut ticks, mut free) = (Vec::new(), f64::MIN);
        for n in order {
            let word = clip(&numbers[n].1, 24);
            let half = f64::from(text_width(&word) + TEXT / 2) / 2.0 / PLOT_WIDTH * (range.1 - range.0);
            if places[n] - half >= free {
                free = places[n] + half;
                ticks.push((places[n], word));
            }
        }
        let how = if straight { "" } else { ", logarithmic" };
        (Self { name: format!("{name}{how}"), range, ticks }, places)
    }

    /// Returns an axis of names at 0, 1, 2, ... with half a place around them, each cut so that there is room for the
    /// plot.
    pub(crate) fn names(name: &str, names: &[String]) -> Self {
        let ticks = names.iter().enumerate().map(|(n, word)| (n as f64, clip(word, 32))).collect();
        Self { name: name.to_owned(), range: (-0.5, names.len().max(1) as f64 - 0.5), ticks }
    }
}

/// Returns a range that is a sixteenth longer at both ends; of a single place some room around it.
fn with_margin(low: f64, high: f64) -> (f64, f64) {
    let margin = if high > low { (high - low) / 16.0 } else { 0.05 };
    (low - margin, high + margin)
}

/// Returns the smallest of 1, 2, 5, 10, 20, ... of which at most `most` fit into `length`.
fn step(length: u64, most: u64) -> u64 {
    let mut step = 1_u64;
    while length / step > most {
        let leading = step / 10_u64.pow(step.ilog10());
        step = if leading == 2 { step / 2 * 5 } else { step.saturating_mul(2) };
    }
    step
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, place: &f64, (from, to): (i32, i32)) -> i32 {
        let share = (place - self.range.0) / (self.range.1 - self.range.0);
        from + (share.clamp(-0.1, 1.1) * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        let bold = !hint.weight().allow_light_points();
        self.ticks.iter().filter(|_| bold).map(|(place, _)| *place).collect()
    }

    fn range(&self) -> Range<f64> {
        self.range.0..self.range.1
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, place: &f64) -> String {
        let near = self.ticks.iter().find(|(tick, _)| (tick - place).abs() < 1e-9);
        near.map_or_else(String::new, |(_, word)| word.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, word)| word.as_str()).collect()
    }

    #[test]
    fn labels_are_round_and_few() {
        assert_eq!(words(&Axis::log_time("t", 800, 9_000_000)), ["1 µs", "10 µs", "100 µs", "1 ms", "10 ms"]);
        assert_eq!(words(&Axis::log_time("t", 1_150, 81_800)), ["1 µs", "10 µs", "100 µs"]);
        assert_eq!(words(&Axis::log_time("t", 1_000, 9_000)), ["1 µs", "2 µs", "5 µs", "10 µs"]);
        assert_eq!(words(&Axis::log_time("t", 20_000, 22_600)), ["20 µs", "21 µs", "22 µs"]);
        assert_eq!(
            words(&Axis::time("t", 50_000_000)),
            ["0 ns", "10 ms", "20 ms", "30 ms", "40 ms", "50 ms"]
        );
        assert_eq!(words(&Axis::symlog("d", -3, 120)), ["0", "+1", "−1", "+10", "+100"]);
        assert_eq!(words(&Axis::percentiles(decades(0.999))), ["min", "50 %", "90 %", "99 %", "99.9 %"]);
        assert_eq!(words(&Axis::share_above("s", 2.4)), ["100 %", "50 %", "10 %", "1 %"]);
        for high in [0, 1, 7, 63, 999, u64::MAX] {
            assert!((1..=8).contains(&Axis::time("t", high).ticks.len()), "{high}");
            assert!((1..=12).contains(&Axis::log_time("t", high / 2, high).ticks.len()), "{high}");
        }
        assert!(!Axis::log_time("t", 0, u64::MAX).ticks.is_empty());
        assert!(Axis::symlog("d", i64::MIN, i64::MAX).ticks.len() > 3);
    }

    /// A difference of 13 % takes most of the height when it is all that there is.
    #[test]
    fn a_range_is_hardly_longer_than_its_values() {
        for (low, high) in [(20_000, 22_600), (1_000, 1_001), (1, 1_000_000_000)] {
            let (from, to) = Axis::log_time("t", low, high).range;
            assert!((log(high) - log(low)) / (to - from) > 0.8, "{low} to {high}");
        }
    }

    #[test]
    fn numbers_are_where_they_belong() {
        let of = |values: &[u64]| {
            Axis::numbers("n", &values.iter().map(|n| (*n, format!("{n} %"))).collect::<Vec<_>>())
        };
        let (axis, places) = of(&[0, 1, 10]);
        assert_eq!((places, words(&axis)), (vec![0.0, 1.0, 10.0], vec!["0 %", "1 %", "10 %"]));
        let (axis, places) = of(&[10_000, 0, 10]);
        assert!(axis.name.ends_with("logarithmic") && places[1] == 0.0 && places[0] > 3.0 * places[2]);
        assert_eq!(words(&of(&[0, 1, 2, 1_000_000]).0), ["0 %", "2 %", "1000000 %"]);
        assert_eq!(words(&of(&[100, 101, 102, 1_999]).0), ["100 %", "1999 %"], "close ones have no words");
        assert!(of(&[7]).0.range.0 < 7.0);
    }
}
