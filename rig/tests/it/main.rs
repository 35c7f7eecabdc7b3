//! Tests of the crate `rig` and of its command, as one program. A part whose tests need something that not every
//! machine has says so at its top. The end of `cargo test` lists the tests that were skipped.
//!
//! | module | content |
//! |---|---|
//! | `allocations` | allocations while a simulation runs, and the memory that many threads take |
//! | `command` | the command as a careless user meets it: names, streams, folders, signals, bounds |
//! | `compare`, `gate`, `report` | the commands that judge and show results |
//! | `documents` | README and docs: shown output is the real one, flags exist, links lead somewhere |
//! | `english` | plain English in comments, errors and documents |
//! | `explore` | litmus tests under every schedule |
//! | `kills` | commands killed at random moments, some on a full disk |
//! | `linux` | moves on the real kernel |
//! | `record`, `recordings` | recordings made by strace, and the contents that are read from them |
//! | `reference` | `docs/reference.md`: every key of the files that users write, as the code reads it |
//! | `results` | the figures in `docs/results.md` are those of runs |
//! | `seed` | `docs/seed.md`: the mails of 2008, sentence by sentence, lead to code and tests that exist |
//! | `sim` | the simulator with everything on |
//! | `skipping` | skipped tests, and the list of them |
//! | `threads` | the engine on OS threads |
//! | `tidy` | rules of this repository |
//! | `vm` | guests under QEMU |
//! | `cgroups`, `skip`, `support` | helpers of the others |
mod allocations;
mod cgroups;
mod command;
mod compare;
mod documents;
mod english;
mod explore;
mod gate;
mod kills;
mod linux;
mod record;
mod recordings;
mod reference;
mod report;
mod results;
mod seed;
mod sim;
#[path = "../../input/tests/support/skip.rs"]
mod skip;
mod skipping;
mod support;
mod threads;
mod tidy;
mod vm;
