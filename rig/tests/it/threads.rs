//! The engine on OS threads.
//!
//! | module | what it holds |
//! |---|---|
//! | `calibrate` | a measured table of costs, runs with it, tables that are refused |
//! | `cells` | whole cells: invariants, agreement with the simulator |
//! | `command` | `run --engine threads`: what is written and said |
//! | `engine` | waiting, sleeping, resting, deadlocks, panics, grace periods |
//! | `lock_state` | the short way of locks, under every schedule and order of memory |
mod calibrate;
mod cells;
mod command;
mod engine;
mod lock_state;
