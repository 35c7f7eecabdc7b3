//! A mistake in a text that a user wrote: its place, the remedy, and the line with a mark below the wrong part.
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt::Display;
use std::ops::Range;

/// A mistake with its place. The first line of its text is `PLACE: MESSAGE`, and the line of the file follows:
///
/// ```text
/// gates.toml:4:10: unknown metric `attach.latncy`; did you mean `attach.latency`?
///   |
/// 4 | metric = "attach.latncy"
///   |          ^^^^^^^^^^^^^^^
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}{excerpt}")]
pub struct Mistake {
    /// `FILE:LINE:COLUMN`, or the flag or the run that is wrong.
    pub place: String,
    /// The mistake and its remedy.
    pub message: String,
    /// The drawn line, after a line break; empty where no text is wrong.
    pub excerpt: String,
}

impl Mistake {
    /// Returns a mistake at `span`, in bytes, of the text of `file`.
    pub fn at(file: &str, text: &str, span: Range<usize>, message: impl Display) -> Self {
        let (line, start) = line(text, span.start);
        let column =
            text[start..].get(..span.start.saturating_sub(start)).map_or(0, |part| part.chars().count());
        let place = format!("{file}:{line}:{}", column + 1);
        Self { excerpt: excerpt(text, span), ..Self::of(place, message) }
    }

    /// Returns a mistake that is in no text.
    pub fn of(place: impl Into<String>, message: impl Display) -> Self {
        Self { place: place.into(), message: message.to_string(), excerpt: String::new() }
    }
}

/// Returns the number of the line with byte `at`, counted from 1, and its first byte.
fn line(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    (before.matches('\n').count() + 1, before.rfind('\n').map_or(0, |newline| newline + 1))
}

/// Draws the line with the start of `span` and a mark below the part of `span` that is in it, after a line break.
#[must_use]
pub fn excerpt(text: &str, span: Range<usize>) -> String {
    let (number, start) = line(text, span.start);
    let shown = text[start..].lines().next().unwrap_or_default();
    let within = |at: usize| {
        let at = at.saturating_sub(start).min(shown.len());
        (0..=at).rev().find(|at| shown.is_char_boundary(*at)).unwrap_or(0)
    };
    let mark = AnnotationKind::Primary.span(within(span.start)..within(span.end.max(span.start)));
    let snippet = Snippet::source(shown).line_start(number).annotation(mark);
    format!("\n{}", Renderer::plain().render(&[Group::with_level(Level::ERROR).element(snippet)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_and_the_mark_are_those_of_the_wrong_part() {
        let text = "a = 1\n\tb = [\"µx\", 2]\r\nc = 3";
        let says = |span| Mistake::at("f", text, span, "no").to_string();
        assert_eq!(says(12..17), "f:2:7: no\n  |\n2 |     b = [\"µx\", 2]\n  |          ^^^^");
        assert!(says(12..text.len()).ends_with("\n  |          ^^^^^^^^"), "{}", says(12..text.len()));
        assert_eq!(says(text.len()..99), "f:3:6: no\n  |\n3 | c = 3\n  |      ^");
        assert_eq!(Mistake::at("f", "", 0..0, "no").place, "f:1:1");
        assert_eq!(Mistake::of("--cpus 0", "no").to_string(), "--cpus 0: no");
    }

    proptest::proptest! {
        /// Files are damaged in every way, and a span may be that of another text.
        #[test]
        fn every_span_of_every_text_can_be_shown(
            text in r"(?s)[\PC\t\r\n\x1b\u{200b}é漢]{0,60}",
            start in 0_usize..200,
            length in 0_usize..200,
        ) {
            let shown = Mistake::at("f", &text, start..start + length, "no").to_string();
            assert!(shown.starts_with("f:"), "{shown}");
        }
    }
}
