//! Tests of the crate `rig` and of its command, as one program. A part whose tests need what not every machine has says so at
//! its top, and its tests say at the end of `cargo test` that they were skipped.
//!
//! | module | what belongs there |
//! |---|---|
//! | `allocations` | what allocates while a simulation runs, and how much memory many threads take |
//! | `command` | the command as a careless user meets it: names, streams, folders, signals, bounds |
//! | `compare`, `gate`, `report` | the commands that judge and show results |
//! | `explore` | litmus tests under every schedule |
//! | `kills` | commands killed at random moments, some on a full disk |
//! | `linux` | moves on the real kernel |
//! | `record`, `recordings` | recordings made by strace, and what is read of them |
//! | `sim` | the simulator with everything on |
//! | `skipping` | how a test is skipped, and that it is said |
//! | `threads` | the engine on OS threads |
//! | `tidy` | rules of this repository |
//! | `vm` | guests under QEMU |
//! | `cgroups`, `skip`, `support` | what the others share |
mod allocations;
mod cgroups;
mod command;
mod compare;
mod explore;
mod gate;
mod kills;
mod linux;
mod record;
mod recordings;
mod report;
mod sim;
#[path = "../../input/tests/support/skip.rs"]
mod skip;
mod skipping;
mod support;
mod threads;
mod tidy;
mod vm;
