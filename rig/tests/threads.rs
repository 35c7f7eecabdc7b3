//! The engine on OS threads.
//!
//! | module | what it holds |
//! |---|---|
//! | `cells` | whole cells: promises, agreement with the simulator |
//! | `engine` | waiting, sleeping, resting, deadlocks, panics, grace periods |
//! | `lock_state` | the short way of locks, under every schedule and order of memory |
mod threads {
    mod cells;
    mod engine;
    mod lock_state;
}
