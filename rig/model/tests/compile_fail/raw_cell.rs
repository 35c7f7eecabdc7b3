//! A `Cell` must not be shared.
use std::cell::Cell;

model::shared! {
    /// A counter.
    pub struct Counter {
        /// The amount charged.
        pub usage: Cell<u64>,
    }
}

fn main() {}
