//! Tests of the public interface of the crate, in one binary.
//!
//! | module | what belongs there |
//! |---|---|
//! | `golden` | the streams, pinned by digests: a change here changes the meaning of every stored seed |
//! | `independence` | draws of one actor do not affect another |
//! | `bounds` | counts, caps, children: what every shape guarantees to the code that executes it |
//! | `validation` | invalid specs and their errors; specs as TOML |
//! | `trace` | hand-written logs: the effect of each kind of line |
//! | `forms` | one recording in every form that strace has: all of them give the same plan |
//! | `attached` | recordings of running services: which threads belong to which process |
//! | `runtimes` | pages of modern runtimes, and limits of touched pages |
//! | `packed` | packers, encodings, damage |
//! | `recorded` | recordings of real programs, compared with what /proc showed |
//! | `recordings` | the two logs that ship with the crate |
//! | `garbage` | logs that strace would never write: no panic, every line counted |

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
