//! One level of a `res_counter`: usage, limit, `max_usage`, failcnt. [`crate::paths::charge`] walks the levels to the
//! root.
//!
//! It behaves as lib/res_counter of 2.6.26 to 3.14 did. A charge above the limit counts a failure and changes nothing
//! else. An uncharge below zero clamps to zero, which hides drift, so it returns the amount that was missing.

/// No limit.
pub const UNLIMITED: u64 = u64::MAX;

/// One level of a counter, in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// The amount that is charged.
    pub usage: u64,
    /// The most that may be charged; [`UNLIMITED`] if there is no limit.
    pub limit: u64,
    /// Highest usage ever seen.
    pub max_usage: u64,
    /// The number of charges refused at this level.
    pub failcnt: u64,
}

/// The error of a charge that would have raised usage above the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Counter {
    /// Creates an empty counter with that limit.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self { usage: 0, limit, max_usage: 0, failcnt: 0 }
    }

    /// Reports whether `pages` more would fit.
    #[must_use]
    pub fn fits(&self, pages: u64) -> bool {
        self.usage.saturating_add(pages) <= self.limit
    }

    /// Charges `pages`.
    ///
    /// # Errors
    /// [`Full`] when they do not fit; then failcnt has risen and nothing else has changed.
    pub fn charge(&mut self, pages: u64) -> Result<(), Full> {
        if !self.fits(pages) {
            self.failcnt += 1;
            return Err(Full);
        }
        self.force(pages);
        Ok(())
    }

    /// Charges `pages` regardless of the limit.
    pub fn force(&mut self, pages: u64) {
        self.usage = self.usage.saturating_add(pages);
        self.max_usage = self.max_usage.max(self.usage);
    }

    /// Uncharges `pages`, clamping at zero, and returns the number that was missing.
    pub fn uncharge(&mut self, pages: u64) -> u64 {
        let missing = pages.saturating_sub(self.usage);
        self.usage -= pages - missing;
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_charge_only_counts_a_failure() {
        let mut counter = Counter::new(10);
        counter.charge(10).expect("fits exactly");
        assert_eq!(counter.charge(1), Err(Full));
        assert_eq!(counter, Counter { usage: 10, limit: 10, max_usage: 10, failcnt: 1 });
    }

    #[test]
    fn uncharging_below_zero_clamps_and_says_by_how_much() {
        let mut counter = Counter::new(UNLIMITED);
        counter.force(3);
        assert_eq!(counter.uncharge(5), 2);
        assert_eq!(counter.usage, 0);
        assert_eq!(counter.max_usage, 3);
    }
}
