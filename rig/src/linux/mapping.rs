//! One operation of the workload: map anonymous memory, touch every page, unmap it. Unsafe code, as only `vm` has some beside it.
#![allow(unsafe_code)]
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use std::io;
use std::ptr;

/// Size of a page in bytes. Where pages are larger, some are touched more than once, which does no harm.
pub(super) const PAGE_BYTES: usize = 4096;

/// Maps `pages` pages, writes one byte to each, unmaps them.
///
/// # Errors
/// The kernel's answer to mmap or munmap, such as ENOMEM.
pub(super) fn map_touch_unmap(pages: usize) -> io::Result<()> {
    let bytes = pages * PAGE_BYTES;
    // SAFETY: a null hint without MAP_FIXED lets the kernel choose free addresses, so no mapping of anyone is replaced.
    let start = unsafe {
        mmap_anonymous(ptr::null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE)
    }?;
    for page in 0..pages {
        // SAFETY: `page * PAGE_BYTES < bytes`, so the byte lies in the mapping just made, which is writable, and which
        // nobody else has a pointer to. u8 needs no alignment. Volatile, so that the write is not optimised away.
        unsafe { start.cast::<u8>().add(page * PAGE_BYTES).write_volatile(1) };
    }
    // SAFETY: exactly the mapping made above; no pointer into it is used afterwards.
    unsafe { munmap(start, bytes) }?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_and_fails_without_harm() {
        map_touch_unmap(64).unwrap();
        // More than any address space: refused, not a crash.
        assert!(map_touch_unmap(usize::MAX / PAGE_BYTES).is_err());
    }
}
