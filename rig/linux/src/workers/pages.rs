//! The memory of one thread of a worker: the pages that it has mapped, and how many of them it has touched.
//!
//! It is a stack, as the streams of operations count it: touched pages are the first ones, unmapping takes from the
//! end.
#![allow(unsafe_code)]
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};
use std::ffi::c_void;
use std::io;
use std::ptr;

/// Size of a page in bytes.
pub(crate) const PAGE_BYTES: usize = 4096;
/// Mappings for which there is room from the start.
const ROOM: usize = 256;

/// Mappings of one thread, and the number of pages that are touched in them.
#[derive(Debug)]
pub(crate) struct Pages {
    maps: Vec<Map>,
    mapped: u64,
    touched: u64,
}

#[derive(Clone, Copy, Debug)]
struct Map {
    start: *mut c_void,
    pages: u64,
}

// SAFETY: the mappings belong to this value alone, whichever thread has it.
unsafe impl Send for Pages {}

/// Pages that an operation has changed: mapped or unmapped, and touched or given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// Change in mapped pages.
    pub(crate) mapped: i64,
    /// Change in touched pages.
    pub(crate) touched: i64,
}

impl Pages {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { maps: Vec::with_capacity(ROOM), mapped: 0, touched: 0 }
    }

    /// Maps some more pages.
    ///
    /// # Errors
    /// The kernel's answer, such as ENOMEM.
    pub(crate) fn map(&mut self, pages: u64) -> io::Result<Change> {
        if pages == 0 {
            return Ok(Change::default());
        }
        let bytes = pages as usize * PAGE_BYTES;
        // Recordings reserve far more than they touch, and only touched pages may need memory.
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a null hint without MAP_FIXED lets the kernel choose free addresses, so no existing mapping is
        // replaced.
        let start =
            unsafe { mmap_anonymous(ptr::null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, flags) }?;
        self.maps.push(Map { start, pages });
        self.mapped += pages;
        Ok(Change { mapped: pages as i64, touched: 0 })
    }

    /// Unmaps the last pages, or as many as there are.
    ///
    /// # Errors
    /// The kernel's answer. Pages that were unmapped before it are no longer counted here.
    pub(crate) fn unmap(&mut self, pages: u64) -> io::Result<Change> {
        let (mapped, touched) = (self.mapped, self.touched);
        let mut left = pages.min(self.mapped);
        while left > 0 {
            let Some(last) = self.maps.last_mut() else { break };
            let take = left.min(last.pages);
            let keep = (last.pages - take) as usize * PAGE_BYTES;
            // SAFETY: the end of a mapping that is this value's alone; no pointer into it is kept.
            unsafe { munmap(last.start.byte_add(keep), take as usize * PAGE_BYTES) }?;
            last.pages -= take;
            if last.pages == 0 {
                self.maps.pop();
            }
            left -= take;
            self.mapped -= take;
            self.touched = self.touched.min(self.mapped);
        }
        let gone = |before: u64, after: u64| after as i64 - before as i64;
        Ok(Change { mapped: gone(mapped, self.mapped), touched: gone(touched, self.touched) })
    }

    /// Writes to the next ones that were not touched, as far as there are any.
    pub(crate) fn touch(&mut self, pages: u64) -> Change {
        let end = self.mapped.min(self.touched + pages);
        let change = Change { mapped: 0, touched: (end - self.touched) as i64 };
        self.each(self.touched, end, |start, pages| {
            for page in 0..pages as usize {
                // SAFETY: within a mapping that only this value uses, writable; u8 needs no alignment. Volatile, so
                // that the write is not optimised away.
                unsafe { start.cast::<u8>().add(page * PAGE_BYTES).write_volatile(1) };
            }
            Ok(())
        })
        .expect("touching gives no error");
        self.touched = end;
        change
    }

    /// Gives the last touched pages back and keeps them mapped.
    ///
    /// # Errors
    /// The kernel's answer.
    pub(crate) fn release(&mut self, pages: u64) -> io::Result<Change> {
        let from = self.touched.saturating_sub(pages);
        self.each(from, self.touched, |start, pages| {
            // SAFETY: within a mapping that only this value uses; its contents are not needed any more.
            unsafe { madvise(start, pages as usize * PAGE_BYTES, Advice::LinuxDontNeed) }
        })?;
        let change = Change { mapped: 0, touched: from as i64 - self.touched as i64 };
        self.touched = from;
        Ok(change)
    }

    /// The parts of mappings that hold the pages from `from` up to `end`.
    fn each(
        &self,
        from: u64,
        end: u64,
        mut act: impl FnMut(*mut c_void, u64) -> rustix::io::Result<()>,
    ) -> rustix::io::Result<()> {
        let mut first = 0;
        for map in &self.maps {
            let (low, high) = (from.max(first), end.min(first + map.pages));
            if low < high {
                // `low` is within this mapping.
                act(map.start.wrapping_byte_add((low - first) as usize * PAGE_BYTES), high - low)?;
            }
            first += map.pages;
            if first >= end {
                break;
            }
        }
        Ok(())
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // This cannot fail for a mapping that was made here.
        let _unmapped = self.unmap(self.mapped);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(mapped: i64, touched: i64) -> Change {
        Change { mapped, touched }
    }

    #[test]
    fn changes_are_what_the_streams_count() {
        let mut pages = Pages::new();
        assert_eq!(pages.map(3).unwrap(), change(3, 0));
        assert_eq!(pages.map(5).unwrap(), change(5, 0));
        assert_eq!(pages.touch(4), change(0, 4));
        assert_eq!(pages.touch(9), change(0, 4), "what is there");
        assert_eq!(pages.release(2).unwrap(), change(0, -2));
        assert_eq!(pages.unmap(1).unwrap(), change(-1, 0), "the last page is not touched any more");
        assert_eq!(pages.unmap(3).unwrap(), change(-3, -2));
        assert_eq!(pages.unmap(9).unwrap(), change(-4, -4));
        assert_eq!(pages.release(1).unwrap(), change(0, 0));
    }

    #[test]
    fn more_than_any_address_space_is_refused_and_does_no_harm() {
        let mut pages = Pages::new();
        assert!(pages.map(1 << 50).is_err());
        assert_eq!(pages.unmap(1).unwrap(), change(0, 0));
    }

    #[test]
    fn touched_pages_are_present_and_released_ones_are_not() {
        use std::os::unix::fs::FileExt as _;
        let pagemap = std::fs::File::open("/proc/self/pagemap").unwrap();
        // Bit 63 of an entry: the page is in memory.
        let present = |start: *mut c_void, page: usize| {
            let mut entry = [0; 8];
            let at = (start as usize / PAGE_BYTES + page) as u64 * 8;
            pagemap.read_exact_at(&mut entry, at).unwrap();
            u64::from_ne_bytes(entry) >> 63 == 1
        };
        let mut pages = Pages::new();
        pages.map(8).unwrap();
        let start = pages.maps[0].start;
        let all = || (0..8).filter(|page| present(start, *page)).count();
        pages.touch(6);
        assert_eq!(all(), 6);
        pages.release(2).unwrap();
        assert_eq!(all(), 4);
    }
}
