//! The engine on OS threads.
//!
//! | module | what it holds |
//! |---|---|
//! | `cells` | whole cells: promises, agreement with the simulator |
//! | `engine` | waiting, sleeping, resting, deadlocks, panics, grace periods |
mod threads {
    mod cells;
    mod engine;
}
