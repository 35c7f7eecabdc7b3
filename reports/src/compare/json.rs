//! A comparison as JSON.
use super::Comparison;
use crate::change::json::JudgedFigure;
use serde::Serialize;

/// Output of `compare --json` for two results.
#[derive(Debug, Serialize)]
pub struct ComparisonJson<'a> {
    /// Name of the first side.
    a: &'a str,
    /// Name of the second side.
    b: &'a str,
    /// Scenario, engine and clock, in words.
    about: &'a str,
    /// Exit code that this comparison alone asks for.
    exit_code: u8,
    /// Cells missing on either side, in words.
    missing: &'a [String],
    /// Every figure, place by place.
    figures: Vec<JudgedFigure<'a>>,
}

impl<'a> From<&'a Comparison> for ComparisonJson<'a> {
    fn from(of: &'a Comparison) -> Self {
        Self {
            a: &of.names.0,
            b: &of.names.1,
            about: &of.about,
            exit_code: of.exit_code().number(),
            missing: &of.missing,
            figures: of.rows.iter().map(JudgedFigure::from).collect(),
        }
    }
}
