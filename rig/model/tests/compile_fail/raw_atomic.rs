//! An atomic is no SharedCell: nobody would see the access.
use std::sync::atomic::AtomicU64;

model::shared! {
    /// A counter.
    pub struct Counter {
        /// What is charged.
        pub usage: AtomicU64,
    }
}

fn main() {}
