//! An `Immutable` must not hide a value that changes.
use model::world::Immutable;
use std::sync::atomic::AtomicU64;

model::shared! {
    /// A counter.
    pub struct Counter {
        /// The amount charged.
        pub usage: Immutable<AtomicU64>,
    }
}

fn main() {}
