//! An integer is neither a Word nor fixed.
model::shared! {
    /// A counter.
    pub struct Counter {
        /// What is charged.
        pub usage: u64,
    }
}

fn main() {}
