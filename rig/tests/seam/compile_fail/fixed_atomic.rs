//! What is fixed does not hide something that changes.
use rig::world::Fixed;
use std::sync::atomic::AtomicU64;

rig::shared! {
    /// A counter.
    pub struct Counter {
        /// What is charged.
        pub usage: Fixed<AtomicU64>,
    }
}

fn main() {}
