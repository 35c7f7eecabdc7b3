//! The error of a scenario: the mistake, its place and its remedy.
use std::fmt;
use std::ops::Range;

/// A mistake in a scenario, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// The name of the file, or of the text in place of a file.
    pub file: String,
    /// Line and column, counted from 1; absent when no single place is to blame.
    pub place: Option<(usize, usize)>,
    /// The mistake and its remedy.
    pub message: String,
}

impl ScenarioError {
    /// Returns an error at a byte range of `text`.
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
