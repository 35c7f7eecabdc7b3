//! The findings of a check: counts of tests and violations, with the first violation in words.

/// The findings of one check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The number of times it was tested, where that can be counted.
    pub examined: u64,
    /// The number of violations.
    pub violated: u64,
    /// The first violation.
    pub first: Option<String>,
}

impl Tally {
    /// Adds the findings of another tally.
    pub fn add(&mut self, other: &Self) {
        self.examined += other.examined;
        self.violated += other.violated;
        if self.first.is_none() {
            self.first.clone_from(&other.first);
        }
    }

    /// Counts a test.
    pub fn examine(&mut self) {
        self.examined += 1;
    }

    /// Counts a violation. `words` is called for the first violation only.
    pub fn violated(&mut self, words: impl FnOnce() -> String) {
        self.violated += 1;
        if self.first.is_none() {
            self.first = Some(words());
        }
    }
}
