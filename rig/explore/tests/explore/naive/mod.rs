//! A second, naive model of the attach path, for the controllers memrlimit and numtasks.
//!
//! It is written from the mails of 2008 and the documents of the project, and uses no code of the crate `model`. Every
//! state is a value, every actor a stack of small steps, and every step is run as a whole. The search visits every state
//! once. Nothing is reduced, so nothing depends on a notion of dependence.
//!
//! | module | content |
//! |---|---|
//! | `case` | a case, and its text as a litmus test |
//! | `world` | the state: counters, threads, address spaces, actors |
//! | `lock` | locks that are handed over in the order of arrival |
//! | `counters` | charges and uncharges, level by level |
//! | `threads` | mmap, munmap, fork, exit, writes of limits |
//! | `mover` | the parts of an attach that all protocols share |
//! | `protocol` | the three sequences |
//! | `search` | all final states |
//!
//! Decisions that the mails leave open are marked with "Decision:".
pub(crate) mod case;
mod counters;
mod lock;
mod mover;
pub(crate) mod protocol;
pub(crate) mod search;
mod threads;
mod world;
