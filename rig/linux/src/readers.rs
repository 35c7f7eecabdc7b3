//! Entry points for a fuzzer to the readers of text from the kernel and from a guest: each reads, uses, and returns
//! nothing.
use super::place::{discovery, mountinfo};
use super::{trace, vm};

/// Reads `/proc/self/mountinfo` or `/proc/self/cgroup`.
pub fn mounts(text: &str) {
    drop((discovery::Hierarchies::of(text, text), mountinfo::mount_points(text, "tracefs")));
}

/// Reads the console of a guest with its result.
pub fn guest(text: &str) {
    vm::read_console(text);
}

/// Reads a page of the ring buffer of tracefs.
pub fn ring_buffer(page: &[u8]) {
    trace::read_page(page);
}
