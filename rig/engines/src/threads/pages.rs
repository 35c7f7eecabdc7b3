//! Real memory under modelled address spaces: touching pages faults them in, giving them back frees them.
//!
//! An address space has room for `ROOM_PAGES` pages. Touching counts up from the first page, giving back counts
//! down, and beyond the last page touching begins again at the first. The contents of the pages do not matter, so no
//! actor waits for another.
#![allow(unsafe_code)]
use model::kernel::MmId;
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap_anonymous, munmap};
use std::ffi::c_void;
use std::io;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// Size of a page in bytes.
const PAGE_BYTES: usize = 4096;
/// The room of an address space, in pages: more than any workload uses.
const ROOM_PAGES: usize = 16 * 1024;

/// The memory of one address space. None of it is resident before it is touched.
#[derive(Debug)]
pub struct Space {
    start: NonNull<c_void>,
    /// Pages touched; beyond the room they start again at the first.
    touched: AtomicUsize,
}

// SAFETY: the mapping belongs to this value alone and stays until it is dropped; its bytes are only written by atomic
// stores and never read, so that any thread may do either.
unsafe impl Send for Space {}
// SAFETY: as above.
unsafe impl Sync for Space {}

impl Space {
    /// Reserves room, without memory.
    ///
    /// # Errors
    /// When the kernel has no room.
    pub fn new() -> io::Result<Self> {
        // SAFETY: a null hint without MAP_FIXED lets the kernel choose free addresses, so no existing mapping is
        // replaced.
        let start = unsafe {
            let (rights, flags) =
                (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE | MapFlags::NORESERVE);
            mmap_anonymous(ptr::null_mut(), ROOM_PAGES * PAGE_BYTES, rights, flags)
        }?;
        let start = NonNull::new(start).ok_or_else(|| io::Error::other("a mapping at address 0"))?;
        Ok(Self { start, touched: AtomicUsize::new(0) })
    }

    /// Touches `pages` more pages.
    pub fn touch(&self, pages: usize) {
        // Relaxed: a number. Two actors that touch get different pages, and nothing else matters.
        let first = self.touched.fetch_add(pages, Ordering::Relaxed);
        for page in first..first + pages {
            let at = page % ROOM_PAGES * PAGE_BYTES;
            // SAFETY: `at` is below the length of the mapping, which lives as long as `self`; a byte is aligned, and it is
            // only ever accessed by such stores.
            let byte = unsafe { AtomicU8::from_ptr(self.start.as_ptr().cast::<u8>().add(at)) };
            // Relaxed: no thread reads it.
            byte.store(1, Ordering::Relaxed);
        }
    }

    /// Gives up to `pages` pages back.
    ///
    /// # Errors
    /// The kernel's.
    pub fn give_back(&self, pages: usize) -> io::Result<()> {
        let less = |touched: usize| Some(touched.saturating_sub(pages));
        // Relaxed: as in `touch`.
        let before = self.touched.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).unwrap_or(0);
        let (last, pages) = (before % ROOM_PAGES, pages.min(before % ROOM_PAGES));
        if pages == 0 {
            return Ok(());
        }
        // SAFETY: the range is inside the mapping, which lives as long as `self`; the contents of the range are not
        // needed.
        unsafe {
            let start = self.start.as_ptr().byte_add((last - pages) * PAGE_BYTES);
            madvise(start, pages * PAGE_BYTES, Advice::LinuxDontNeed)?;
        }
        Ok(())
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, of this length, and no thread can reach it any more.
        let _ = unsafe { munmap(self.start.as_ptr(), ROOM_PAGES * PAGE_BYTES) };
    }
}

/// The real pages of all address spaces.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// The address spaces, by number.
    spaces: boxcar::Vec<OnceLock<Space>>,
}

impl Pages {
    fn space(&self, mm: MmId) -> io::Result<&Space> {
        let space = loop {
            match self.spaces.get(mm.index()) {
                Some(space) => break space,
                // Another actor may be adding it at the same time; then there is one more than needed.
                None => self.spaces.push(OnceLock::new()),
            };
        };
        if space.get().is_none() {
            // Another actor may have been faster; then this one is dropped again.
            let _ = space.set(Space::new()?);
        }
        space.get().ok_or_else(|| io::Error::other("no memory for an address space"))
    }

    /// Touches `pages` more pages of `mm`.
    ///
    /// # Errors
    /// When the kernel has no room for another address space.
    pub(super) fn touch(&self, mm: MmId, pages: u64) -> io::Result<()> {
        self.space(mm)?.touch(pages as usize);
        Ok(())
    }

    /// Gives up to `pages` pages of `mm` back.
    ///
    /// # Errors
    /// As of [`Pages::touch`], and the kernel's.
    pub(super) fn give_back(&self, mm: MmId, pages: u64) -> io::Result<()> {
        self.space(mm)?.give_back(pages as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the number of resident pages of the mapping of `space`, by mincore(2).
    fn resident(space: &Space) -> usize {
        let mut there = vec![0_u8; ROOM_PAGES];
        // SAFETY: the range is the mapping of `space`, and the list has a byte for each of its pages.
        let done =
            unsafe { libc::mincore(space.start.as_ptr(), ROOM_PAGES * PAGE_BYTES, there.as_mut_ptr()) };
        assert_eq!(done, 0);
        there.iter().filter(|page| **page & 1 != 0).count()
    }

    #[test]
    fn touched_pages_are_there_and_given_back_ones_are_not() {
        let pages = Pages::default();
        let space = |mm| pages.space(MmId(mm)).expect("there is room");
        pages.touch(MmId(3), 100).expect("there is room");
        assert_eq!((resident(space(3)), resident(space(2))), (100, 0));
        pages.give_back(MmId(3), 30).expect("it is there");
        assert_eq!(resident(space(3)), 70);
        pages.give_back(MmId(3), 1_000).expect("it takes what is there");
        assert_eq!(resident(space(3)), 0);
        pages.touch(MmId(3), 2 * ROOM_PAGES as u64 + 5).expect("it begins again at the end");
        assert_eq!(resident(space(3)), ROOM_PAGES);
    }
}
