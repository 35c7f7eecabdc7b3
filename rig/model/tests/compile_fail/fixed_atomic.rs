//! What is fixed does not hide something that changes.
use model::world::Fixed;
use std::sync::atomic::AtomicU64;

model::shared! {
    /// A counter.
    pub struct Counter {
        /// What is charged.
        pub usage: Fixed<AtomicU64>,
    }
}

fn main() {}
