//! An option that makes no sense. Apart from `options`, whose parts it serves.

/// An option that makes no sense; the exit code is 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{option}: `{given}` {problem}; {expected}")]
pub struct OptionError {
    /// Which option.
    pub option: &'static str,
    /// What was given.
    pub given: String,
    /// What is wrong with it.
    pub problem: &'static str,
    /// What would be right.
    pub expected: String,
}
