//! An integer is neither a `SharedCell` nor an `Immutable`.
model::shared! {
    /// A counter.
    pub struct Counter {
        /// The amount charged.
        pub usage: u64,
    }
}

fn main() {}
