//! The address space of one recorded process, in pages. It exists because calls name ranges and the
//! operations name amounts: a fixed mapping over an older one adds nothing, and an `munmap` over a hole takes
//! nothing away.

use std::collections::BTreeMap;

const PAGE_SHIFT: u32 = 12;
const PAGE_BYTES: u64 = 1 << PAGE_SHIFT;

/// Bytes in pages, rounded up.
fn pages(bytes: u64) -> u64 {
    bytes.div_ceil(PAGE_BYTES)
}

/// By how much a call changed the size of the address space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Grown(u64),
    Shrunk(u64),
}

#[derive(Clone, Copy, Debug)]
struct Region {
    /// First page after it.
    end: u64,
    /// Mapped without access, to be opened later piece by piece, as malloc does for the heaps of threads.
    reserved: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Mm {
    /// By first page; regions never overlap.
    regions: BTreeMap<u64, Region>,
    mapped: u64,
    touched: u64,
    /// First page after the heap, once the program has asked.
    heap_end: Option<u64>,
}

impl Mm {
    /// The copy that a forked process gets. Nothing in it counts as touched: its pages are still the
    /// parent's.
    pub(super) fn fork(&self) -> Mm {
        Mm { touched: 0, ..self.clone() }
    }

    pub(super) fn map(&mut self, addr: u64, bytes: u64, reserved: bool) -> Change {
        let before = self.mapped;
        self.insert(addr >> PAGE_SHIFT, pages(bytes), reserved);
        self.change_since(before)
    }

    pub(super) fn unmap(&mut self, addr: u64, bytes: u64) -> Change {
        let before = self.mapped;
        self.remove(addr >> PAGE_SHIFT, pages(bytes));
        self.change_since(before)
    }

    pub(super) fn remap(&mut self, old: (u64, u64), new: (u64, u64)) -> Change {
        let before = self.mapped;
        self.remove(old.0 >> PAGE_SHIFT, pages(old.1));
        self.insert(new.0 >> PAGE_SHIFT, pages(new.1), false);
        self.change_since(before)
    }

    /// Moves the end of the heap; the first call only tells where it is.
    pub(super) fn set_break(&mut self, end: u64) -> Change {
        let (before, end) = (self.mapped, pages(end));
        let old = self.heap_end.replace(end).unwrap_or(end);
        if end >= old {
            self.insert(old, end - old, false);
        } else {
            self.remove(end, old - end);
        }
        self.change_since(before)
    }

    /// Makes reserved pages accessible; how many there were.
    pub(super) fn open(&mut self, addr: u64, bytes: u64) -> u64 {
        let (start, end) = (addr >> PAGE_SHIFT, (addr >> PAGE_SHIFT) + pages(bytes));
        let first = self.regions.range(..start).next_back().map_or(start, |(&at, _)| at);
        let inside = |at: u64, region: &Region| (at.max(start), region.end.min(end));
        let reserved =
            self.regions.range(first..end).filter(|(_, region)| region.reserved && region.end > start);
        let opened: Vec<(u64, u64)> = reserved.map(|(&at, region)| inside(at, region)).collect();
        for &(from, to) in &opened {
            self.insert(from, to - from, false);
        }
        opened.iter().map(|(from, to)| to - from).sum()
    }

    /// Touches up to `wanted` pages that were not touched; how many there were.
    pub(super) fn touch(&mut self, wanted: u64) -> u64 {
        let touched = wanted.min(self.mapped.saturating_sub(self.touched));
        self.touched += touched;
        touched
    }

    /// Gives back up to `bytes` of touched pages; how many pages there were.
    pub(super) fn release(&mut self, bytes: u64) -> u64 {
        let released = pages(bytes).min(self.touched);
        self.touched -= released;
        released
    }

    fn change_since(&mut self, before: u64) -> Change {
        self.touched = self.touched.min(self.mapped);
        match self.mapped.checked_sub(before) {
            Some(grown) => Change::Grown(grown),
            None => Change::Shrunk(before - self.mapped),
        }
    }

    fn insert(&mut self, start: u64, pages: u64, reserved: bool) {
        self.remove(start, pages);
        if pages > 0 {
            self.regions.insert(start, Region { end: start + pages, reserved });
            self.mapped += pages;
        }
    }

    /// Page numbers and counts are at most 2^52, so that their sums fit.
    fn remove(&mut self, start: u64, pages: u64) {
        let end = start + pages;
        if let Some((&at, &region)) = self.regions.range(..start).next_back()
            && region.end > start
        {
            self.regions.insert(at, Region { end: start, ..region });
            self.mapped -= region.end - start;
            self.keep_tail(region, end);
        }
        while let Some((&at, &region)) = self.regions.range(start..end).next() {
            self.regions.remove(&at);
            self.mapped -= region.end - at;
            self.keep_tail(region, end);
        }
    }

    /// Puts back what reaches beyond the removed range.
    fn keep_tail(&mut self, region: Region, end: u64) {
        if region.end > end {
            self.regions.insert(end, region);
            self.mapped += region.end - end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P: u64 = PAGE_BYTES;

    #[test]
    fn only_what_was_not_there_grows_it() {
        let mut mm = Mm::default();
        assert_eq!(mm.map(10 * P, 8 * P, false), Change::Grown(8));
        assert_eq!(mm.map(12 * P, 2 * P, false), Change::Grown(0), "a fixed mapping inside");
        assert_eq!(mm.map(16 * P, 4 * P, false), Change::Grown(2), "two pages beyond the end");
        assert_eq!(mm.unmap(0, 5 * P), Change::Grown(0), "a hole");
        assert_eq!(mm.unmap(11 * P, P + 1), Change::Shrunk(2), "rounded up");
        assert_eq!(mm.unmap(0, 100 * P), Change::Shrunk(8));
        assert!(mm.regions.is_empty());
    }

    #[test]
    fn heaps_and_moved_mappings_count_the_difference() {
        let mut mm = Mm::default();
        assert_eq!(mm.set_break(100 * P), Change::Grown(0));
        assert_eq!(mm.set_break(133 * P), Change::Grown(33));
        assert_eq!(mm.set_break(120 * P), Change::Shrunk(13));

        let mut mm = Mm::default();
        mm.map(10 * P, 4 * P, false);
        assert_eq!(mm.remap((10 * P, 4 * P), (50 * P, 9 * P)), Change::Grown(5));
        assert_eq!(mm.unmap(50 * P, 9 * P), Change::Shrunk(9));
    }

    #[test]
    fn touched_pages_stay_within_the_mapped_ones() {
        let mut mm = Mm::default();
        mm.map(0, 10 * P, false);
        assert_eq!((mm.touch(7), mm.touch(7)), (7, 3));
        mm.unmap(0, 4 * P);
        assert_eq!(mm.release(100 * P), 6);
        assert_eq!(mm.fork().touched, 0);
    }

    #[test]
    fn a_reservation_is_opened_once() {
        let mut mm = Mm::default();
        mm.map(10 * P, 100 * P, true);
        assert_eq!(mm.open(10 * P, 33 * P), 33);
        assert_eq!(mm.open(20 * P, 33 * P), 10, "23 of them were open");
        assert_eq!(mm.open(0, 1_000 * P), 57);
        assert_eq!((mm.open(0, 1_000 * P), mm.mapped), (0, 100));
    }
}
