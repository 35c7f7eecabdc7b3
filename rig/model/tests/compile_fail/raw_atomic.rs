//! An atomic is not a `SharedCell`: the engine would not see its accesses.
use std::sync::atomic::AtomicU64;

model::shared! {
    /// A counter.
    pub struct Counter {
        /// The amount charged.
        pub usage: AtomicU64,
    }
}

fn main() {}
