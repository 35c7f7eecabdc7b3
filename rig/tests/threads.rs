//! The engine on OS threads.
//!
//! | module | what it holds |
//! |---|---|
//! | `engine` | waiting, sleeping, resting, deadlocks, panics, grace periods |
mod threads {
    mod engine;
}
