//! Everything about the crate that needs only its public face, in one binary.
//!
//! | module | what belongs there |
//! |---|---|
//! | `golden` | the streams, held in place by digests: a change here changes what every stored seed means |
//! | `independence` | no actor's draws shift another's |
//! | `bounds` | books, caps, children: what every shape promises to those who execute it |
//! | `validation` | specs that are wrong, and what the errors say; specs as TOML |
//! | `trace` | hand-written logs: what each kind of line becomes |
//! | `forms` | one recording in every form that strace has: all are read to the same plan |
//! | `attached` | recordings of running services: whose threads are whose |
//! | `runtimes` | pages of modern runtimes, and bounds of what is touched |
//! | `packed` | packers, encodings, damage |
//! | `recorded` | recordings of real programs, beside what /proc said of them |
//! | `recordings` | the two logs that ship with the crate |
//! | `garbage` | logs that nobody would write: no panic, every line counted |

mod attached;
mod bounds;
mod forms;
mod garbage;
mod golden;
mod independence;
mod packed;
mod recorded;
mod recordings;
mod runtimes;
mod support;
mod trace;
mod validation;
