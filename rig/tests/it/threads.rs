//! The engine on OS threads.
//!
//! | module | content |
//! |---|---|
//! | `calibrate` | a measured table of costs, runs with it, tables that are refused |
//! | `cells` | whole cells: invariants, agreement with the simulator |
//! | `command` | `run --engine threads`: its files and its output |
//! | `engine` | waiting, sleeping, resting, deadlocks, panics, grace periods |
//! | `lock_state` | the fast path of locks, under every schedule and order of memory |
mod calibrate;
mod cells;
mod command;
mod engine;
mod lock_state;
