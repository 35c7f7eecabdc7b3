//! Page records of an address space: its touched pages in the order in which they were touched, each with the cgroup that
//! its record names.
//!
//! Pages have no identity: the model has neither shared pages nor swap, so the lengths of runs are enough.
use super::ids::CgroupId;
use smallvec::SmallVec;

/// Numbers of touched pages by the cgroup that their record names, sorted by cgroup.
pub type ByCgroup = SmallVec<[(CgroupId, u64); 4]>;

/// The touched pages, oldest first: runs of pages whose record names the same cgroup.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRecords {
    runs: SmallVec<[(CgroupId, u64); 4]>,
}

impl PageRecords {
    /// Returns the number of touched pages.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.runs.iter().map(|(_, pages)| pages).sum()
    }

    /// Returns the number of touched pages whose record does not name `cgroup`.
    #[must_use]
    pub fn elsewhere(&self, cgroup: CgroupId) -> u64 {
        self.runs.iter().filter(|(c, _)| *c != cgroup).map(|(_, pages)| pages).sum()
    }

    /// Returns the cgroup of the page touched first among those whose record does not name `cgroup`, with the length of
    /// its run.
    #[must_use]
    pub fn first_elsewhere(&self, cgroup: CgroupId) -> Option<(CgroupId, u64)> {
        self.runs.iter().find(|(c, _)| *c != cgroup).copied()
    }

    /// Returns each (cgroup, pages), ordered by cgroup.
    #[must_use]
    pub fn by_cgroup(&self) -> ByCgroup {
        let mut sums = ByCgroup::new();
        for (cgroup, pages) in self.runs.iter().copied() {
            match sums.binary_search_by_key(&cgroup, |(c, _)| *c) {
                Ok(at) => sums[at].1 += pages,
                Err(at) => sums.insert(at, (cgroup, pages)),
            }
        }
        sums
    }

    /// Adds `pages` that have just been touched, with records that name `cgroup`.
    pub fn mark(&mut self, cgroup: CgroupId, pages: u64) {
        self.runs.push((cgroup, pages));
        self.tidy();
    }

    /// Removes up to `pages` of the pages touched last whose record names `cgroup`, and returns the number removed.
    pub fn unmark(&mut self, cgroup: CgroupId, pages: u64) -> u64 {
        let mut left = pages;
        for run in self.runs.iter_mut().rev().filter(|(c, _)| *c == cgroup) {
            let taken = left.min(run.1);
            run.1 -= taken;
            left -= taken;
        }
        self.tidy();
        pages - left
    }

    /// Removes up to `pages` of the pages touched last, as far as their records name the same cgroup. Returns that cgroup
    /// and the number removed; `None` if no page is touched.
    pub fn pop(&mut self, pages: u64) -> Option<(CgroupId, u64)> {
        let run = self.runs.last_mut()?;
        let taken = pages.min(run.1);
        let cgroup = run.0;
        run.1 -= taken;
        self.tidy();
        Some((cgroup, taken))
    }

    /// Lets the records of up to `pages` pages that name `from` name `to`, the pages touched first before others. Returns
    /// their number.
    pub fn rename(&mut self, from: CgroupId, to: CgroupId, pages: u64) -> u64 {
        let mut left = pages;
        let mut at = 0;
        while left > 0 && at < self.runs.len() {
            let (cgroup, length) = self.runs[at];
            if cgroup == from {
                let taken = left.min(length);
                self.runs[at] = (to, taken);
                if taken < length {
                    self.runs.insert(at + 1, (from, length - taken));
                }
                left -= taken;
            }
            at += 1;
        }
        self.tidy();
        pages - left
    }

    /// Removes empty runs, and joins runs of the same cgroup.
    fn tidy(&mut self) {
        self.runs.retain(|(_, pages)| *pages > 0);
        self.runs.dedup_by(|next, run| {
            let same = next.0 == run.0;
            run.1 += if same { next.1 } else { 0 };
            same
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: CgroupId = CgroupId(0);
    const B: CgroupId = CgroupId(1);

    fn records(runs: &[(CgroupId, u64)]) -> PageRecords {
        let mut records = PageRecords::default();
        runs.iter().for_each(|(cgroup, pages)| records.mark(*cgroup, *pages));
        records
    }

    #[test]
    fn records_add_up_and_vanish_when_empty() {
        let mut records = records(&[(B, 3), (A, 2), (B, 1), (A, 0)]);
        assert_eq!(records.by_cgroup().as_slice(), [(A, 2), (B, 4)]);
        assert_eq!((records.elsewhere(B), records.first_elsewhere(B)), (2, Some((A, 2))));
        assert_eq!(records.unmark(A, 5), 2);
        assert_eq!(records.unmark(A, 5), 0);
        assert_eq!(records.total(), 4);
    }

    #[test]
    fn the_page_touched_last_goes_first_whatever_its_cgroup() {
        for (old, new) in [(A, B), (B, A)] {
            let mut records = records(&[(old, 2), (new, 1)]);
            assert_eq!(records.pop(5), Some((new, 1)));
            assert_eq!(records.pop(1), Some((old, 1)));
            assert_eq!(records.pop(1), Some((old, 1)));
            assert_eq!(records.pop(1), None);
        }
    }

    #[test]
    fn a_moved_page_keeps_its_age() {
        let mut moved = records(&[(A, 3), (B, 1)]);
        assert_eq!(moved.rename(A, B, 2), 2);
        assert_eq!(moved, records(&[(B, 2), (A, 1), (B, 1)]));
        assert_eq!(moved.rename(A, B, 2), 1);
        assert_eq!(moved, records(&[(B, 4)]));
    }
}
