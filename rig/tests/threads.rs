//! The engine on OS threads.
//!
//! | module | what it holds |
//! |---|---|
//! | `cells` | whole cells: promises, agreement with the simulator |
//! | `command` | `run --engine threads`: what is written and said |
//! | `engine` | waiting, sleeping, resting, deadlocks, panics, grace periods |
//! | `lock_state` | the short way of locks, under every schedule and order of memory |
mod threads {
    mod cells;
    mod command;
    mod engine;
    mod lock_state;
}
