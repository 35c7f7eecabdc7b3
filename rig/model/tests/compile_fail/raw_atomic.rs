//! An atomic is no Word: nobody would see the access.
use std::sync::atomic::AtomicU64;

model::shared! {
    /// A counter.
    pub struct Counter {
        /// What is charged.
        pub usage: AtomicU64,
    }
}

fn main() {}
