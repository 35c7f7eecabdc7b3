//! The end of `cargo test`: which tests were skipped, and why. Its name and its crate make it the last to run, and it has no
//! harness, which would swallow its words.
#![allow(clippy::print_stderr, reason = "this is what it is for")]
#[path = "../../rig/input/tests/support/skip.rs"]
mod skip;

fn main() {
    eprint!("\n{}", skip::summary());
}
