//! What is wrong with a scenario, where, and what would be right.
use std::fmt;
use std::ops::Range;

/// A place in a scenario with what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// The file, or what stands for it.
    pub file: String,
    /// 1-based line and column; absent when no place is to blame.
    pub place: Option<(usize, usize)>,
    /// What is wrong and what would be right.
    pub message: String,
}

impl ScenarioError {
    /// An error at a byte range of `text`.
    pub fn at(file: &str, text: &str, span: Option<Range<usize>>, message: impl fmt::Display) -> Self {
        let place = span.map(|span| {
            let before = &text[..span.start.min(text.len())];
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
            (line, column)
        });
        Self { file: file.to_owned(), place, message: message.to_string() }
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for ScenarioError {}
