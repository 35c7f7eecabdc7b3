//! The end of `cargo test`: lists the skipped tests with the reasons. Its name and its crate make it the last to run.
//! It has no harness, which would capture its output.
#![allow(clippy::print_stderr, reason = "this is what it is for")]
#[path = "../../rig/input/tests/support/skip.rs"]
mod skip;

fn main() {
    eprint!("\n{}", skip::summary());
}
