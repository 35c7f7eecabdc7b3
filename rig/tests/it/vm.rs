//! Guests under QEMU.
//!
//! - `boots`: a stock kernel boots, measures, and its result comes out labelled
//! - `trace`: traced cells, where the kernel draws the function graph
//! - `lies`: a QEMU of the test's own, and guests that say nothing, too much, or what is not so
//! - `machine`: what the tests that boot a kernel share
mod boots;
mod lies;
mod machine;
mod trace;
