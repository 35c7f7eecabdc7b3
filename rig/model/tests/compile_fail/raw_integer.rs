//! An integer is neither a SharedCell nor fixed.
model::shared! {
    /// A counter.
    pub struct Counter {
        /// What is charged.
        pub usage: u64,
    }
}

fn main() {}
