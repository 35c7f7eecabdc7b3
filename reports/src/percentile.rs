//! The percentiles that a number of samples supports, and percentiles of merged samples.
//!
//! Separate, because every output asks the same question. A p99 of 40 samples is the maximum under another name, so it
//! is not printed anywhere. [`supported`] is the one rule; [`Samples`] applies it.
use crate::hist::{Hist, HistError};
use hdrhistogram::Histogram;

/// A percentile that outputs show: its quantile, its name, the samples it needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Quantile, between 0 and 1.
    pub q: f64,
    /// Name, such as `p99`.
    pub name: &'static str,
    /// Label on an axis, such as `99 %`.
    pub percent: &'static str,
    /// Number of samples below which it is not shown.
    pub needs: u64,
}

/// All percentiles that any output shows, from the median up. Each needs three samples beyond it, and the first two
/// need more, because below 20 samples even a median moves with every sample.
pub const LEVELS: [Level; 5] = [
    Level { q: 0.5, name: "p50", percent: "50 %", needs: 20 },
    Level { q: 0.9, name: "p90", percent: "90 %", needs: 60 },
    Level { q: 0.99, name: "p99", percent: "99 %", needs: 300 },
    Level { q: 0.999, name: "p99.9", percent: "99.9 %", needs: 3_000 },
    Level { q: 0.9999, name: "p99.99", percent: "99.99 %", needs: 30_000 },
];

/// Bins of a histogram that is drawn, per decade.
pub const BINS_PER_DECADE: f64 = 8.0;

/// Reports whether `n` samples are enough for quantile `q`: those of the next level in [`LEVELS`] at or above `q`.
#[must_use]
pub fn supported(q: f64, n: u64) -> bool {
    LEVELS.iter().find(|level| q <= level.q).is_some_and(|level| n >= level.needs)
}

/// Samples in ns, merged from any number of [`Hist`].
#[derive(Clone, Debug, Default)]
pub struct Samples {
    hist: Option<Histogram<u64>>,
    min_ns: u64,
    max_ns: u64,
    total_ns: u64,
}

impl Samples {
    /// Decodes one histogram of a run.
    ///
    /// # Errors
    /// See [`HistError`].
    pub fn of(hist: &Hist) -> Result<Self, HistError> {
        if hist.hdr.is_empty() && hist.count == 0 {
            return Ok(Self::default());
        }
        let mut histogram = hist.decode()?;
        histogram.auto(true);
        Ok(Self { hist: Some(histogram), min_ns: hist.min_ns, max_ns: hist.max_ns, total_ns: hist.total_ns })
    }

    /// Adds the samples of `other`.
    pub fn merge(&mut self, other: Self) {
        let Some(theirs) = other.hist else { return };
        let Some(ours) = self.hist.as_mut() else {
            self.hist = Some(theirs);
            (self.min_ns, self.max_ns, self.total_ns) = (other.min_ns, other.max_ns, other.total_ns);
            return;
        };
        // This histogram resizes itself, so an addition cannot fail; counts saturate.
        let added = ours.add(&theirs);
        debug_assert!(added.is_ok());
        self.min_ns = self.min_ns.min(other.min_ns);
        self.max_ns = self.max_ns.max(other.max_ns);
        self.total_ns = self.total_ns.saturating_add(other.total_ns);
    }

    /// Returns the number of samples.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.hist.as_ref().map_or(0, Histogram::len)
    }

    /// Returns quantile `q` in ns, never outside the exact minimum and maximum; `None` where the samples do not support
    /// it.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<u64> {
        let hist = self.hist.as_ref().filter(|hist| supported(q, hist.len()))?;
        Some(hist.value_at_quantile(q).min(self.max_ns).max(self.min_ns))
    }

    /// Returns the median in ns.
    #[must_use]
    pub fn p50(&self) -> Option<u64> {
        self.quantile(0.5)
    }

    /// Returns the 99th percentile in ns.
    #[must_use]
    pub fn p99(&self) -> Option<u64> {
        self.quantile(0.99)
    }

    /// Returns the largest sample in ns.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        self.hist.as_ref().map(|_| self.max_ns)
    }

    /// Returns the smallest sample in ns.
    #[must_use]
    pub fn min(&self) -> Option<u64> {
        self.hist.as_ref().map(|_| self.min_ns)
    }

    /// Returns the number of samples that are longer than `ns`, as far as the histogram distinguishes them.
    #[must_use]
    pub fn above(&self, ns: u64) -> u64 {
        self.hist.as_ref().map_or(0, |hist| hist.len() - hist.count_between(0, ns))
    }

    /// Returns the sum of the samples in ns.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total_ns
    }

    /// Returns the mean in ns, rounded down.
    #[must_use]
    pub fn mean(&self) -> Option<u64> {
        self.total_ns.checked_div(self.n())
    }

    /// Returns the samples in eighths of a decade: (number of the eighth, counted from 1 ns; samples in it), without
    /// empty ones.
    #[must_use]
    pub fn bins(&self) -> Vec<(i32, u64)> {
        let mut bins: Vec<(i32, u64)> = Vec::new();
        for value in self.hist.iter().flat_map(Histogram::iter_recorded) {
            let bin = ((value.value_iterated_to().max(1) as f64).log10() * BINS_PER_DECADE).floor() as i32;
            match bins.last_mut().filter(|last| last.0 == bin) {
                Some(last) => last.1 = last.1.saturating_add(value.count_at_value()),
                None => bins.push((bin, value.count_at_value())),
            }
        }
        bins
    }

    /// Returns points (decades of 1/(1−q), ns) of the percentile curve: from the minimum in steps of a twentieth of a
    /// decade up to the highest level that the samples support. Empty when they do not support the median.
    #[must_use]
    pub fn curve(&self) -> Vec<(f64, u64)> {
        let Some(top) = LEVELS.iter().rfind(|level| self.n() >= level.needs) else { return Vec::new() };
        let last = decades(top.q);
        let steps = (last * 20.0).ceil() as usize;
        let rest = (1..=steps)
            .map(|i| if i == steps { last } else { i as f64 / 20.0 })
            .filter_map(|x| Some((x, self.quantile((1.0 - 10f64.powf(-x)).min(top.q))?)));
        std::iter::once((0.0, self.min_ns)).chain(rest).collect()
    }
}

/// Returns the position of quantile `q` on an axis of 1/(1−q): 1 for 90 %, 2 for 99 %.
#[must_use]
pub fn decades(q: f64) -> f64 {
    -(1.0 - q).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(n: u64) -> Samples {
        let mut histogram = Histogram::new(3).unwrap();
        (1..=n).for_each(|v| histogram.record(v * 1_000).unwrap());
        Samples::of(&Hist::encode(&histogram, (1_000, n * 1_000, n * (n + 1) * 500))).unwrap()
    }

    #[test]
    fn each_percentile_needs_its_samples() {
        for (q, needs) in [(0.5, 20), (0.9, 60), (0.99, 300), (0.999, 3_000), (0.9999, 30_000)] {
            assert!(supported(q, needs), "{q} with {needs}");
            assert!(!supported(q, needs - 1), "{q} with one less than {needs}");
        }
        assert!(!supported(0.99999, u64::MAX), "beyond the last level nothing is shown");
        assert!(supported(0.75, 60) && !supported(0.75, 59), "between two levels the higher one rules");
    }

    #[test]
    fn nothing_is_said_that_the_samples_do_not_support() {
        let few = samples(19);
        assert_eq!((few.p50(), few.p99(), few.max()), (None, None, Some(19_000)));
        assert!(few.curve().is_empty());
        let some = samples(299);
        assert!(some.p50().is_some() && some.p99().is_none());
        assert!(some.curve().last().unwrap().0 <= decades(0.9) + 1e-9);
        assert_eq!(some.curve()[0], (0.0, 1_000), "a curve begins at the minimum");
    }

    #[test]
    fn bins_hold_every_sample_once() {
        let some = samples(1_000);
        let bins = some.bins();
        assert_eq!(bins.iter().map(|bin| bin.1).sum::<u64>(), 1_000);
        assert!(bins.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(
            (bins[0], bins[bins.len() - 1].0),
            ((24, 1), 48),
            "1 µs begins the 24th eighth, 1 ms the 48th"
        );
    }

    #[test]
    fn merging_is_the_sum_of_both() {
        let mut both = samples(100);
        both.merge(samples(300));
        assert_eq!((both.n(), both.min(), both.max()), (400, Some(1_000), Some(300_000)));
        both.merge(Samples::default());
        assert_eq!(both.n(), 400);
        let mut empty = Samples::default();
        empty.merge(both);
        assert_eq!(empty.n(), 400);
    }

    #[test]
    fn a_count_without_samples_is_an_error() {
        assert!(Samples::of(&Hist { count: 3, ..Hist::default() }).is_err());
    }
}
