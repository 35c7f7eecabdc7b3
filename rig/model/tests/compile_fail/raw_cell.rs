//! A cell is not shared.
use std::cell::Cell;

model::shared! {
    /// A counter.
    pub struct Counter {
        /// What is charged.
        pub usage: Cell<u64>,
    }
}

fn main() {}
