//! The address space of one recorded process, in pages. It is needed because calls name ranges and operations name
//! numbers of pages: a fixed mapping over an older one adds nothing, and an `munmap` over a hole removes nothing.
//!
//! Regions are ranges, so a reservation of terabytes costs as much as one of a page. The touched pages of a region are
//! its first ones.

use std::collections::BTreeMap;

use super::call::{Access, Kind};
use super::touch::{Rule, STACK_PAGES};

const PAGE_SHIFT: u32 = 12;
const PAGE_BYTES: u64 = 1 << PAGE_SHIFT;

/// Converts bytes to pages, rounded up.
fn pages(bytes: u64) -> u64 {
    bytes.div_ceil(PAGE_BYTES)
}

/// Returns the range of pages for that many bytes, at most 2^53, so that sums fit.
fn range(addr: u64, bytes: u64) -> (u64, u64) {
    (addr >> PAGE_SHIFT, (addr >> PAGE_SHIFT) + pages(bytes))
}

/// The size of an address space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Books {
    pub(super) mapped: u64,
    pub(super) touched: u64,
}

/// Pages that a call added, counted for the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Added {
    pub(super) reserved: u64,
    pub(super) committed: u64,
}

#[derive(Clone, Copy, Debug)]
struct Region {
    /// First page after the region.
    end: u64,
    kind: Kind,
    touched: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Mm {
    /// Regions by first page; they never overlap.
    regions: BTreeMap<u64, Region>,
    books: Books,
    /// Committed pages, not counting those inherited from a fork.
    own: u64,
    /// Touched pages counted by a sample, in any region.
    sampled: u64,
    /// Mapped pages that no call mapped: a sample counted more than were mapped.
    unseen: u64,
    /// First page after the heap, once the program has queried it.
    heap_end: Option<u64>,
}

impl Mm {
    pub(super) fn books(&self) -> Books {
        let mapped = self.books.mapped + self.unseen;
        Books { mapped, touched: (self.books.touched + self.sampled).min(mapped) }
    }

    /// Returns the number of private and writable pages.
    pub(super) fn committed_now(&self) -> u64 {
        self.own
    }

    /// Returns the copy for a forked process. Nothing in it counts as touched: its pages are still the parent's.
    pub(super) fn fork(&self) -> Mm {
        let mut copy = Mm { sampled: 0, own: 0, ..self.clone() };
        copy.regions.values_mut().for_each(|region| region.touched = 0);
        copy.books.touched = 0;
        copy
    }

    pub(super) fn map(&mut self, (addr, bytes): (u64, u64), kind: Kind, touched: u64) -> Added {
        let (start, end) = range(addr, bytes);
        // Pages that a new mapping commits were not committed before.
        let before = self.committed(start, end);
        self.insert(start, end, kind, touched);
        match kind {
            Kind::Reserved => Added { reserved: end - start, committed: 0 },
            Kind::Own => Added { reserved: 0, committed: (end - start).saturating_sub(before) },
            _ => Added::default(),
        }
    }

    pub(super) fn unmap(&mut self, addr: u64, bytes: u64) {
        let (start, end) = range(addr, bytes);
        self.remove(start, end);
    }

    /// Moves a range with its touched pages; pages by which it grows are touched by the rule.
    pub(super) fn remap(
        &mut self,
        old: (u64, u64),
        new: (u64, u64),
        keeps_old: bool,
        rule: &mut Rule,
    ) -> Added {
        let ((start, end), (new_start, new_end)) = (range(old.0, old.1), range(new.0, new.1));
        let at = self.regions.range(..=start).next_back().filter(|(_, region)| region.end > start);
        let kind = at.map_or(Kind::Own, |(_, region)| region.kind);
        let touched = self.touched(start, end);
        if keeps_old {
            self.give_back(start, end);
        } else {
            self.remove(start, end);
        }
        let grown = (new_end - new_start).saturating_sub(end - start);
        let more = if kind == Kind::Own { rule.share(grown) } else { 0 };
        self.insert(new_start, new_end, kind, touched + more);
        Added { reserved: 0, committed: if kind == Kind::Own { grown } else { 0 } }
    }

    /// Moves the end of the heap, all of which is touched; the first call only records the current end.
    pub(super) fn set_break(&mut self, end: u64, rule: &mut Rule) -> Added {
        let end = pages(end);
        let old = self.heap_end.replace(end).unwrap_or(end);
        if end >= old {
            let touched = rule.whole(end - old);
            self.insert(old, end, Kind::Own, touched);
            return Added { reserved: 0, committed: end - old };
        }
        self.remove(end, old);
        Added::default()
    }

    /// Changes the access of a range; pages that become writable are committed, and touched by the rule.
    pub(super) fn protect(&mut self, (addr, bytes): (u64, u64), access: Access, rule: &mut Rule) -> Added {
        let (start, end) = range(addr, bytes);
        self.split(start);
        self.split(end);
        let mut committed = 0;
        for (at, region) in self.regions.range_mut(start..end) {
            match (access, region.kind) {
                (Access::Write, Kind::Reserved | Kind::ReadOnly) => {
                    let more = rule.share((region.end - at) - region.touched);
                    committed += region.end - at;
                    self.own += region.end - at;
                    self.books.touched += more;
                    (region.kind, region.touched) = (Kind::Own, region.touched + more);
                }
                (Access::Read, Kind::Reserved) => region.kind = Kind::ReadOnly,
                (Access::None, Kind::Own | Kind::ReadOnly) => {
                    if region.kind == Kind::Own {
                        self.own = self.own.saturating_sub(region.end - at);
                    }
                    region.kind = Kind::Reserved;
                }
                _ => {}
            }
        }
        Added { reserved: 0, committed }
    }

    /// Releases the touched pages of a range.
    pub(super) fn release(&mut self, addr: u64, bytes: u64) {
        let (start, end) = range(addr, bytes);
        self.give_back(start, end);
    }

    /// Touches all committed pages of a range.
    pub(super) fn populate(&mut self, addr: u64, bytes: u64, rule: &mut Rule) {
        let (start, end) = range(addr, bytes);
        self.split(start);
        self.split(end);
        for (at, region) in self.regions.range_mut(start..end) {
            if region.kind == Kind::Own {
                let more = rule.whole((region.end - at) - region.touched);
                region.touched += more;
                self.books.touched += more;
            }
        }
    }

    /// Marks the range of a thread's stack as a stack, if it is one mapping; a page or two at its ends are for guards
    /// and thread-local data.
    pub(super) fn use_as_stack(&mut self, (base, bytes): (u64, u64)) {
        const EDGE: u64 = 2;
        let last = (base.saturating_add(bytes) >> PAGE_SHIFT).saturating_sub(1);
        let Some((&at, region)) = self.regions.range_mut(..=last).next_back() else { return };
        let starts = bytes == 0 || (base >> PAGE_SHIFT).abs_diff(at) <= EDGE;
        let is_whole = region.end > last && region.end - last <= EDGE + 1 && starts;
        if is_whole && region.kind == Kind::Own && bytes > 0 {
            region.kind = Kind::Stack;
            self.own = self.own.saturating_sub(region.end - at);
            self.books.touched -= region.touched;
            region.touched = 0;
        }
    }

    /// Touches and commits pages of a thread's stack, if there is a stack.
    pub(super) fn touch_stack(&mut self, rule: &mut Rule) -> Added {
        let books = self.books();
        if self.regions.values().all(|region| region.kind != Kind::Stack) {
            return Added::default();
        }
        let pages = rule.whole(STACK_PAGES).min(books.mapped - books.touched);
        self.sampled += pages;
        Added { reserved: 0, committed: pages }
    }

    /// Adopts the number of touched pages that a sample counted.
    pub(super) fn set_sampled(&mut self, anon_pages: u64) {
        self.sampled = anon_pages.saturating_sub(self.books.touched);
        self.unseen = self.unseen.max(anon_pages.saturating_sub(self.books.mapped));
    }

    fn committed(&self, start: u64, end: u64) -> u64 {
        self.inside(start, end).filter(|piece| piece.2.kind == Kind::Own).map(|piece| piece.1 - piece.0).sum()
    }

    fn touched(&self, start: u64, end: u64) -> u64 {
        self.inside(start, end).map(|(from, to, region)| region.touched.min(to - from)).sum()
    }

    /// Returns the parts of regions in a range.
    fn inside(&self, start: u64, end: u64) -> impl Iterator<Item = (u64, u64, &Region)> {
        let first = self.regions.range(..start).next_back().map_or(start, |(&at, _)| at);
        let all = self.regions.range(first..end.max(first)).filter(move |(_, region)| region.end > start);
        all.map(move |(&at, region)| (at.max(start), region.end.min(end), region))
    }

    fn give_back(&mut self, start: u64, end: u64) {
        self.split(start);
        self.split(end);
        for (_, region) in self.regions.range_mut(start..end) {
            self.books.touched -= region.touched;
            region.touched = 0;
        }
    }

    fn insert(&mut self, start: u64, end: u64, kind: Kind, touched: u64) {
        self.remove(start, end);
        if end > start {
            let touched = touched.min(end - start);
            self.regions.insert(start, Region { end, kind, touched });
            self.own += if kind == Kind::Own { end - start } else { 0 };
            self.books.mapped += end - start;
            self.books.touched += touched;
        }
    }

    fn remove(&mut self, start: u64, end: u64) {
        self.split(start);
        self.split(end);
        while let Some((&at, &region)) = self.regions.range(start..end).next() {
            self.regions.remove(&at);
            self.books.mapped -= region.end - at;
            self.books.touched -= region.touched;
            if region.kind == Kind::Own {
                self.own = self.own.saturating_sub(region.end - at);
            }
        }
        self.sampled = self.sampled.min(self.books.mapped + self.unseen);
    }

    /// Splits regions so that none crosses the beginning of a page.
    fn split(&mut self, page: u64) {
        let Some((&at, region)) = self.regions.range_mut(..page).next_back() else { return };
        if region.end > page {
            let left = region.touched.min(page - at);
            let right = Region { touched: region.touched - left, ..*region };
            (region.end, region.touched) = (page, left);
            self.regions.insert(page, right);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: u64 = PAGE_BYTES;

    fn rule() -> Rule {
        Rule::new(50, 1 << 40)
    }

    fn mapped(mm: &Mm) -> (u64, u64) {
        (mm.books().mapped, mm.books().touched)
    }

    #[test]
    fn only_what_was_not_there_grows_it() {
        let mut mm = Mm::default();
        mm.map((10 * P, 8 * P), Kind::Own, 0);
        mm.map((12 * P, 2 * P), Kind::Own, 2);
        assert_eq!(mapped(&mm), (8, 2), "a fixed mapping inside");
        mm.map((16 * P, 4 * P), Kind::Own, 0);
        assert_eq!(mapped(&mm), (10, 2), "two pages beyond the end");
        mm.unmap(0, 5 * P);
        assert_eq!(mapped(&mm), (10, 2), "a hole");
        mm.unmap(11 * P, P + 1);
        assert_eq!(mapped(&mm), (8, 1), "rounded up");
        mm.unmap(0, 100 * P);
        assert!(mm.regions.is_empty() && mapped(&mm) == (0, 0));
    }

    #[test]
    fn heaps_and_moved_mappings_count_the_difference() {
        let mut mm = Mm::default();
        mm.set_break(100 * P, &mut rule());
        mm.set_break(133 * P, &mut rule());
        assert_eq!(mapped(&mm), (33, 33), "a heap is touched");
        mm.set_break(120 * P, &mut rule());
        assert_eq!(mapped(&mm), (20, 20));

        let mut mm = Mm::default();
        mm.map((10 * P, 4 * P), Kind::Own, 3);
        let added = mm.remap((10 * P, 4 * P), (50 * P, 9 * P), false, &mut rule());
        assert_eq!((mapped(&mm), added.committed), ((9, 8), 5));
        mm.remap((50 * P, 9 * P), (90 * P, 9 * P), true, &mut rule());
        assert_eq!(mapped(&mm), (18, 8), "MREMAP_DONTUNMAP leaves the old range without its pages");
        mm.remap((90 * P, 9 * P), (90 * P, 2 * P), false, &mut rule());
        assert_eq!(mapped(&mm), (11, 2), "smaller");
    }

    #[test]
    fn reservations_are_committed_by_fixed_mappings_and_by_mprotect_once() {
        let mut mm = Mm::default();
        let reserved = mm.map((0, 4096 * P), Kind::Reserved, 0);
        assert_eq!((reserved.reserved, mapped(&mm)), (4096, (4096, 0)));
        let committed = mm.map((0, 1024 * P), Kind::Own, rule().share(1024));
        assert_eq!((committed.committed, mapped(&mm)), (1024, (4096, 512)));
        let opened = mm.protect((1024 * P, 33 * P), Access::Write, &mut rule());
        assert_eq!((opened.committed, mapped(&mm)), (33, (4096, 545)), "a small step is touched whole");
        let again = mm.protect((1024 * P, 33 * P), Access::Write, &mut rule());
        assert_eq!((again.committed, mapped(&mm), mm.committed_now()), (0, (4096, 545), 1057));
        mm.protect((1024 * P, 33 * P), Access::Read, &mut rule());
        assert_eq!(mapped(&mm), (4096, 545), "read-only pages stay");
        mm.release(0, 100 * P);
        assert_eq!(mapped(&mm), (4096, 445));
        mm.populate(0, 1024 * P, &mut rule());
        assert_eq!(mapped(&mm), (4096, 1057));
    }

    #[test]
    fn terabytes_are_one_region() {
        let mut mm = Mm::default();
        mm.map((0x1000_7fff_8000, 15_392_894_357_504), Kind::Reserved, 0);
        mm.map((0x1000_7fff_8000 + (1 << 40), P), Kind::Own, 1);
        assert_eq!((mm.regions.len(), mapped(&mm)), (3, (3_758_030_849, 1)));
    }

    #[test]
    fn stacks_are_not_touched_and_samples_count_whatever_there_is() {
        let mut mm = Mm::default();
        mm.map((100 * P, 64 * P), Kind::Own, 64);
        mm.use_as_stack((101 * P, 62 * P));
        assert_eq!(mapped(&mm), (64, 0));
        mm.set_sampled(50);
        assert_eq!(mapped(&mm), (64, 50));
        mm.set_sampled(100);
        assert_eq!(mapped(&mm), (100, 100), "36 pages were mapped by exec");
        mm.unmap(100 * P, 64 * P);
        assert_eq!(mapped(&mm), (36, 36));
        assert_eq!(mm.fork().books().touched, 0);
    }
}
