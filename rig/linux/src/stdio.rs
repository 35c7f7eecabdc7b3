//! Standard streams that are closed when the program starts.
//!
//! The runtime of Rust opens `/dev/null` for reading and writing in their place, before `main`, and a result that is
//! written there is lost without an error. This runs earlier and opens it for reading only, so that a write fails with
//! EBADF.
#![allow(unsafe_code)]

/// Runs before the runtime of Rust does, like every function that this section lists.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = fill;

extern "C" fn fill() {
    for stream in 0..=2 {
        // SAFETY: F_GETFD takes no pointer, and asks for any number without an effect.
        if unsafe { libc::fcntl(stream, libc::F_GETFD) } == -1 {
            // `stream` is the lowest free number, so it is what the file gets.
            // SAFETY: the path is a constant that ends with NUL.
            unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY) };
        }
    }
}
