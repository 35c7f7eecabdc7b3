//! An option that makes no sense. A module separate from `options`, since the parts of `options` use it.

/// An option that makes no sense; the exit code is 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{option}: `{given}` {problem}; {expected}")]
pub struct OptionError {
    /// Name of the option.
    pub option: &'static str,
    /// Value that was given.
    pub given: String,
    /// Description of the mistake.
    pub problem: &'static str,
    /// Value that would be right.
    pub expected: String,
}
