//! What is fixed does not hide something that changes.
use model::world::Immutable;
use std::sync::atomic::AtomicU64;

model::shared! {
    /// A counter.
    pub struct Counter {
        /// What is charged.
        pub usage: Immutable<AtomicU64>,
    }
}

fn main() {}
