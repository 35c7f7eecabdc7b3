//! The rule for touched pages. Page faults are not system calls, so a recording does not show them.

/// Largest mapping in pages that is touched whole: 1 MiB.
pub(super) const SMALL_PAGES: u64 = 256;
/// Touched pages of a thread's stack and its thread-local data.
pub(super) const STACK_PAGES: u64 = 3;
/// Most pages that a replay has touched at one time: 64 GiB.
pub(super) const TOUCHED_PAGES_MAX: u64 = 1 << 24;

/// The rule for the pages that a call commits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    percent: u32,
    /// Number of pages that may still be touched.
    room: u64,
    /// Number of pages that were not touched for lack of room.
    pub(super) refused: u64,
}

impl Rule {
    /// Returns the rule for a share of large mappings, in percent; at 0 nothing is touched.
    pub(super) fn new(percent: u32, room: u64) -> Rule {
        Rule { percent, room, refused: 0 }
    }

    /// Returns the touched pages of a mapping, or of a step of a growing one: all of a small one, a share of a large
    /// one.
    pub(super) fn share(&mut self, pages: u64) -> u64 {
        if pages <= SMALL_PAGES {
            return self.whole(pages);
        }
        let wanted = (u128::from(pages) * u128::from(self.percent)).div_ceil(100);
        self.take(u64::try_from(wanted).unwrap_or(u64::MAX))
    }

    /// Returns all of the pages, as far as there is room.
    pub(super) fn whole(&mut self, pages: u64) -> u64 {
        if self.percent == 0 { 0 } else { self.take(pages) }
    }

    fn take(&mut self, wanted: u64) -> u64 {
        let taken = wanted.min(self.room);
        self.room -= taken;
        self.refused += wanted - taken;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_mappings_are_touched_whole_and_large_ones_in_part() {
        let mut rule = Rule::new(50, 1_000);
        assert_eq!((rule.share(256), rule.share(257), rule.whole(500)), (256, 129, 500));
        assert_eq!((rule.share(1_000), rule.refused), (115, 385));
        assert_eq!(Rule::new(0, 1_000).share(10), 0);
    }
}
