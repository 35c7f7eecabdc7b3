//! How often an invariant was put to the test and violated, with the first violation in words.

/// Findings of one check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often it was put to the test, where that can be counted.
    pub examined: u64,
    /// How often it was violated.
    pub violated: u64,
    /// The first violation.
    pub first: Option<String>,
}

impl Tally {
    /// Adds what was found elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.examined += other.examined;
        self.violated += other.violated;
        if self.first.is_none() {
            self.first.clone_from(&other.first);
        }
    }

    /// It was put to the test.
    pub fn examine(&mut self) {
        self.examined += 1;
    }

    /// It was violated; `words` are asked for the first time only.
    pub fn violated(&mut self, words: impl FnOnce() -> String) {
        self.violated += 1;
        if self.first.is_none() {
            self.first = Some(words());
        }
    }
}
