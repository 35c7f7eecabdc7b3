//! One level of a `res_counter`: usage, limit, `max_usage`, failcnt. Walking to the root is [`crate::paths::charge`]'s.
//!
//! Behaves as lib/res_counter of 2.6.26 to 3.14 did: a charge above the limit counts a failure and changes nothing
//! else; an uncharge below zero clamps to zero, which hides drift, so the amount that was missing is handed back.

/// No limit.
pub const UNLIMITED: u64 = u64::MAX;

/// One level of a counter, in pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// What is charged.
    pub usage: u64,
    /// What may be charged at most; [`UNLIMITED`] when absent.
    pub limit: u64,
    /// Highest usage ever seen.
    pub max_usage: u64,
    /// Charges refused at this level.
    pub failcnt: u64,
}

/// The charge would have lifted usage above the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl Counter {
    /// An empty counter with that limit.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self { usage: 0, limit, max_usage: 0, failcnt: 0 }
    }

    /// Whether `pages` more would fit.
    #[must_use]
    pub fn fits(&self, pages: u64) -> bool {
        self.usage.saturating_add(pages) <= self.limit
    }

    /// Charges `pages`.
    ///
    /// # Errors
    /// [`Full`] when they do not fit; failcnt has risen and nothing else has changed.
    pub fn charge(&mut self, pages: u64) -> Result<(), Full> {
        if !self.fits(pages) {
            self.failcnt += 1;
            return Err(Full);
        }
        self.force(pages);
        Ok(())
    }

    /// Charges `pages` whatever the limit says.
    pub fn force(&mut self, pages: u64) {
        self.usage = self.usage.saturating_add(pages);
        self.max_usage = self.max_usage.max(self.usage);
    }

    /// Uncharges `pages`, clamps at zero, and returns how many were missing.
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
