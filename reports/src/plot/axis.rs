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
const PLOT_WIDTH: u32 = 1_100;

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
    /// Returns an axis of times from `low` to `high` ns, logarithmic.
    pub(crate) fn log_time(name: &str, low: u64, high: u64) -> Self {
        let (low, high) = (low.max(1), high.max(low).max(2));
        let range = (log(low) - 0.05, log(high) + 0.05);
        let rounds = |steps: &[u64]| -> Vec<(f64, String)> {
            let values = (0..19)
                .flat_map(|decade| steps.iter().map(move |step| 10_u64.pow(decade).saturating_mul(*step)));
            let places = values.map(|value| (log(value), short_ns(value)));
            places.filter(|(place, _)| (range.0..=range.1).contains(place)).collect()
        };
        let mut ticks = rounds(&[1]);
        if ticks.len() < 3 {
            ticks = rounds(&[1, 2, 5]);
        }
        if ticks.len() < 2 {
            ticks = [low, high].map(|value| (log(value), short_ns(value))).to_vec();
        }
        Self { name: name.to_owned(), range, ticks }
    }

    /// Returns an axis of percentiles from the median to the level at `top` decades.
    pub(crate) fn percentiles(top: f64) -> Self {
        let top = top.max(decades(0.9));
        let shown = LEVELS.iter().filter(|level| decades(level.q) <= top + 1e-9);
        let ticks = shown.map(|level| (decades(level.q), level.percent.to_owned())).collect();
        Self {
            name: "share of attaches that took at most this long".to_owned(),
            range: (decades(0.5), top),
            ticks,
        }
    }

    /// Returns an axis of the share of operations that took longer, from all at the top down to one in 10^`decades`.
    pub(crate) fn share_above(name: &str, decades: f64) -> Self {
        let words = ["100 %", "10 %", "1 %", "0.1 %", "0.01 %"];
        let bottom = decades.clamp(1.0, 4.0).ceil();
        let ticks = words.iter().enumerate().map(|(n, word)| (-(n as f64), (*word).to_owned()));
        Self {
            name: name.to_owned(),
            range: (-bottom, 0.0),
            ticks: ticks.take(bottom as usize + 1).collect(),
        }
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
        let mut step = 1_u64;
        while high / step > 6 {
            let leading = step / 10_u64.pow(step.ilog10());
            step = if leading == 2 { step / 2 * 5 } else { step.saturating_mul(2) };
        }
        let ticks =
            (0..=high / step).map(|n| (n * step) as f64).map(|at| (at, short_ns(at as u64))).collect();
        Self { name: name.to_owned(), range: (0.0, high as f64), ticks }
    }

    /// Returns an axis of signed counts from `low` to `high`, symmetric logarithmic.
    pub(crate) fn symlog(name: &str, low: i64, high: i64) -> Self {
        let (low, high) = (low.min(-1), high.max(1));
        let range = (symlog(low) - 0.1, symlog(high) + 0.1);
        let mut values = vec![0_i64];
        values.extend((0..18).map(|n| 10_i64.pow(n)).flat_map(|size| [size, -size]));
        let ticks: Vec<(f64, String)> = values
            .into_iter()
            .map(|value| (symlog(value), signed(value)))
            .filter(|(place, _)| (range.0..=range.1).contains(place))
            .collect();
        Self { name: name.to_owned(), range, ticks }
    }

    /// Returns an axis of names at 0, 1, 2, ... across, with half a place around them. Where they are too long for one
    /// row, only every second, fourth, ... is written.
    pub(crate) fn names_across(name: &str, names: &[String]) -> Self {
        let widest = names.iter().map(|word| text_width(&clip(word, 24)) + TEXT).max().unwrap_or(1);
        let fit = (PLOT_WIDTH / widest).max(1) as usize;
        let mut step = 1;
        while names.len().div_ceil(step) > fit {
            step *= 2;
        }
        let short: Vec<String> = names.iter().map(|word| clip(word, 24)).collect();
        let mut axis = Self::names(name, &short);
        axis.ticks = axis.ticks.into_iter().step_by(step).collect();
        axis
    }

    /// Returns an axis of names at 0, 1, 2, ... with half a place around them, each cut so that there is room for the
    /// plot.
    pub(crate) fn names(name: &str, names: &[String]) -> Self {
        let ticks = names.iter().enumerate().map(|(n, word)| (n as f64, clip(word, 32))).collect();
        Self { name: name.to_owned(), range: (-0.5, names.len().max(1) as f64 - 0.5), ticks }
    }

    /// Returns an axis from 0 to 1 without ticks, for plots without values.
    pub(crate) fn unit() -> Self {
        Self { name: String::new(), range: (0.0, 1.0), ticks: Vec::new() }
    }

    /// Returns an axis of shares from 0 to 100 %.
    pub(crate) fn shares(name: &str) -> Self {
        let ticks =
            (0..=5_u32).map(|n| (f64::from(n) * 20.0, format!("{} %", grouped(u64::from(n) * 20)))).collect();
        Self { name: name.to_owned(), range: (0.0, 100.0), ticks }
    }
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
        assert_eq!(words(&Axis::log_time("t", 1_150, 81_800)), ["2 µs", "5 µs", "10 µs", "20 µs", "50 µs"]);
        assert_eq!(words(&Axis::log_time("t", 1_000, 9_000)), ["1 µs", "2 µs", "5 µs", "10 µs"]);
        assert_eq!(words(&Axis::log_time("t", 3_100, 3_200)).len(), 2);
        assert_eq!(
            words(&Axis::time("t", 50_000_000)),
            ["0 ns", "10 ms", "20 ms", "30 ms", "40 ms", "50 ms"]
        );
        assert_eq!(words(&Axis::symlog("d", -3, 120)), ["0", "+1", "−1", "+10", "+100"]);
        assert_eq!(words(&Axis::percentiles(decades(0.999))), ["50 %", "90 %", "99 %", "99.9 %"]);
        assert_eq!(words(&Axis::share_above("s", 2.4)), ["100 %", "10 %", "1 %", "0.1 %"]);
        for high in [0, 1, 7, 63, 999, u64::MAX] {
            assert!((1..=8).contains(&Axis::time("t", high).ticks.len()), "{high}");
        }
        assert!(!Axis::log_time("t", 0, u64::MAX).ticks.is_empty());
        assert!(Axis::symlog("d", i64::MIN, i64::MAX).ticks.len() > 3);
    }
}
