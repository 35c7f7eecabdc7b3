//! Guests under QEMU.
//!
//! - `boots`: a stock kernel boots and measures, and the host labels its result
//! - `trace`: traced cells, where the kernel draws the function graph
//! - `lies`: a QEMU of the test's own, and guests that print nothing, too much, or false results
//! - `machine`: helpers of the tests that boot a kernel
mod boots;
mod lies;
mod machine;
mod trace;
