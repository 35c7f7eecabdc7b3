//! Latencies of operations in memory that several processes share: a histogram of atomics, with the buckets of
//! HdrHistogram at two digits, so that a process that ends takes nothing with it.
use hdrhistogram::Histogram;
use reports::hist::Hist;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Significant digits: 1 % of a value.
const DIGITS: u8 = 2;
/// Bits within a bucket that `DIGITS` need: 256 values, half of which are distinguished in every further power of two.
const SUB_BITS: u32 = 8;
const HALF: usize = 1 << (SUB_BITS - 1);
/// Longest latency that the histogram holds, 2^36 ns or 68 s. Longer ones are counted as that.
const NS_MAX: u64 = (1 << 36) - 1;
const BUCKETS: usize = (36 - SUB_BITS as usize + 2) * HALF;

/// One series. All zero is an empty one. Everything is Relaxed: a reader looks only while no thread records.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct OpTally {
    failed: AtomicU64,
    max_ns: AtomicU64,
    /// `u64::MAX - min`, so that zero is the start.
    min_below_max: AtomicU64,
    total_ns: AtomicU64,
    buckets: [AtomicU64; BUCKETS],
}

/// Copy of the content of an [`OpTally`].
#[derive(Clone, Debug)]
pub(crate) struct Tallied {
    /// Operations that failed; they are not in the histogram.
    pub(crate) failed: u64,
    histogram: Histogram<u64>,
    exact: (u64, u64, u64),
}

impl OpTally {
    /// Counts one that took `ns`. Does not allocate.
    pub(crate) fn record(&self, ns: u64) {
        self.buckets[bucket(ns)].fetch_add(1, Relaxed);
        self.max_ns.fetch_max(ns, Relaxed);
        self.min_below_max.fetch_max(u64::MAX - ns, Relaxed);
        self.total_ns.fetch_add(ns, Relaxed);
    }

    /// Counts one that failed.
    pub(crate) fn fail(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    /// Clears the series.
    pub(crate) fn reset(&self) {
        for cell in [&self.failed, &self.max_ns, &self.min_below_max, &self.total_ns] {
            cell.store(0, Relaxed);
        }
        self.buckets.iter().for_each(|bucket| bucket.store(0, Relaxed));
    }

    /// Adds what it holds to `sum`.
    pub(crate) fn add_to(&self, sum: &mut Tallied) {
        sum.failed += self.failed.load(Relaxed);
        for (at, count) in self.buckets.iter().enumerate() {
            let count = count.load(Relaxed);
            if count > 0 {
                sum.histogram.saturating_record_n(value(at).max(1), count);
            }
        }
        let (min, max, total) = sum.exact;
        let least = u64::MAX - self.min_below_max.load(Relaxed);
        sum.exact = (min.min(least), max.max(self.max_ns.load(Relaxed)), total + self.total_ns.load(Relaxed));
    }
}

impl Tallied {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        // The bounds are constants, and right: 1 * 2 <= NS_MAX, DIGITS <= 5.
        let histogram = Histogram::new_with_bounds(1, NS_MAX, DIGITS).expect("valid bounds");
        Self { failed: 0, histogram, exact: (u64::MAX, 0, 0) }
    }

    #[cfg(test)]
    pub(crate) fn record_for_test(&mut self, ns: u64) {
        self.histogram.record(ns).unwrap();
        self.exact = (self.exact.0.min(ns), self.exact.1.max(ns), self.exact.2 + ns);
    }

    /// Operations in the histogram.
    pub(crate) fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The form for `run.json`.
    pub(crate) fn hist(&self) -> Hist {
        Hist::encode(&self.histogram, self.exact)
    }
}

/// The bucket of a value, as HdrHistogram's index.
fn bucket(ns: u64) -> usize {
    let ns = ns.min(NS_MAX);
    let shift = (u64::BITS - SUB_BITS).saturating_sub((ns | (1 << (SUB_BITS - 1))).leading_zeros());
    (shift as usize) * HALF + (ns >> shift) as usize
}

/// The lowest value of a bucket.
fn value(bucket: usize) -> u64 {
    let shift = (bucket / HALF).saturating_sub(1);
    ((bucket - shift * HALF) as u64) << shift
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn empty() -> Box<OpTally> {
        let zero = || AtomicU64::new(0);
        Box::new(OpTally {
            failed: zero(),
            max_ns: zero(),
            min_below_max: zero(),
            total_ns: zero(),
            buckets: std::array::from_fn(|_| zero()),
        })
    }

    proptest! {
        #[test]
        fn a_bucket_holds_values_alike_to_one_percent(ns in 0..=NS_MAX) {
            let low = value(bucket(ns));
            prop_assert!(low <= ns && (ns - low) * 128 <= ns.max(128), "{ns} in the bucket of {low}");
            prop_assert_eq!(bucket(low), bucket(ns));
            prop_assert!(bucket(ns) < BUCKETS);
        }
    }

    #[test]
    fn sums_are_those_of_hdrhistogram() {
        let (one, other) = (empty(), empty());
        let mut wanted = Histogram::<u64>::new_with_bounds(1, NS_MAX, DIGITS).unwrap();
        for ns in [1, 127, 128, 255, 256, 999, 1_000_000, 59_000_000_000, u64::MAX] {
            one.record(ns);
            other.record(ns.min(NS_MAX));
            wanted.record_n(ns.min(NS_MAX), 2).unwrap();
        }
        other.fail();
        let mut sum = Tallied::new();
        one.add_to(&mut sum);
        other.add_to(&mut sum);
        assert_eq!((sum.count(), sum.failed), (18, 1));
        for quantile in [0.0, 0.3, 0.5, 0.9, 1.0] {
            assert_eq!(sum.histogram.value_at_quantile(quantile), wanted.value_at_quantile(quantile));
        }
        assert_eq!((sum.hist().min_ns, sum.hist().max_ns), (1, u64::MAX));
        one.reset();
        let mut none = Tallied::new();
        one.add_to(&mut none);
        assert_eq!(none.count(), 0);
    }
}
