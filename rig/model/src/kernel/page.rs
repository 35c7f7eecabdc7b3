//! Page records of an address space: the number of its touched pages that name each cgroup.
//!
//! Pages have no identity: the model has neither shared pages nor swap, so a count for each cgroup is enough.
use super::ids::CgroupId;
use smallvec::SmallVec;

/// The numbers of touched pages by the cgroup that their record names, sorted by cgroup, without empty entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRecords {
    by_cgroup: SmallVec<[(CgroupId, u64); 4]>,
}

impl PageRecords {
    /// Returns the number of touched pages.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_cgroup.iter().map(|(_, pages)| pages).sum()
    }

    /// Returns the number of touched pages whose record does not name `cgroup`.
    #[must_use]
    pub fn elsewhere(&self, cgroup: CgroupId) -> u64 {
        self.iter().filter(|(c, _)| *c != cgroup).map(|(_, pages)| pages).sum()
    }

    /// Returns the first cgroup other than `cgroup` that has records, with their number.
    #[must_use]
    pub fn first_elsewhere(&self, cgroup: CgroupId) -> Option<(CgroupId, u64)> {
        self.iter().find(|(c, _)| *c != cgroup)
    }

    /// Returns the first cgroup that has records, with their number.
    #[must_use]
    pub fn first(&self) -> Option<(CgroupId, u64)> {
        self.by_cgroup.first().copied()
    }

    /// Returns each (cgroup, pages), ordered by cgroup.
    pub fn iter(&self) -> impl Iterator<Item = (CgroupId, u64)> {
        self.by_cgroup.iter().copied()
    }

    /// Adds `pages` records that name `cgroup`.
    pub fn mark(&mut self, cgroup: CgroupId, pages: u64) {
        if pages == 0 {
            return;
        }
        match self.by_cgroup.binary_search_by_key(&cgroup, |(c, _)| *c) {
            Ok(at) => self.by_cgroup[at].1 += pages,
            Err(at) => self.by_cgroup.insert(at, (cgroup, pages)),
        }
    }

    /// Removes up to `pages` records of `cgroup` and returns the number removed.
    pub fn unmark(&mut self, cgroup: CgroupId, pages: u64) -> u64 {
        let Ok(at) = self.by_cgroup.binary_search_by_key(&cgroup, |(c, _)| *c) else { return 0 };
        let taken = pages.min(self.by_cgroup[at].1);
        self.by_cgroup[at].1 -= taken;
        if self.by_cgroup[at].1 == 0 {
            self.by_cgroup.remove(at);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_add_up_and_vanish_when_empty() {
        let (a, b) = (CgroupId(0), CgroupId(1));
        let mut records = PageRecords::default();
        records.mark(b, 3);
        records.mark(a, 2);
        records.mark(b, 1);
        assert_eq!(records.iter().collect::<Vec<_>>(), [(a, 2), (b, 4)]);
        assert_eq!(records.elsewhere(b), 2);
        assert_eq!(records.unmark(a, 5), 2);
        assert_eq!(records.unmark(a, 5), 0);
        assert_eq!(records.total(), 4);
    }
}
