//! Rejoins calls that other output has cut: with `2> FILE`, strace's own notes and the output of the program appear in
//! the middle of a call. Every line keeps its number.

use std::borrow::Cow;

use super::body::{Body, body};
use super::line::leader;

/// Placeholder for a line that was joined to another.
pub(super) const JOINED: &str = "#joined";
/// Number of lines in which the rest of a call is searched for.
const REACH: usize = 50;
/// Longest call that is rejoined, in bytes.
const CALL_BYTES_MAX: usize = 64 << 10;

/// Returns the text with whole calls.
pub(super) fn stitch(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.lines().any(may_be_cut) {
        return text;
    }
    let mut out: Vec<Cow<'_, str>> = Vec::new();
    let mut held: Option<Held> = None;
    for line in text.lines() {
        if held.as_ref().is_some_and(|held| out.len() - held.at > REACH) {
            held = None;
        }
        let (start, note) = before_note(line);
        let whole = held.as_ref().filter(|_| is_part(start)).and_then(|held| held.with(line));
        if let Some(call) = whole
            && let Some(held) = held.take()
        {
            out[held.at] = Cow::Owned(call);
            out.push(held.note.unwrap_or(JOINED).into());
            continue;
        }
        if may_be_cut(line) && body(leader(start).1) == Some(Body::Cut) {
            held = Some(Held { at: out.len(), start, note });
        }
        out.push(Cow::Borrowed(line));
    }
    Cow::Owned(out.join("\n"))
}

/// The beginning of a call whose end is being searched for.
struct Held<'a> {
    /// The position of the line.
    at: usize,
    start: &'a str,
    /// The note that cut it.
    note: Option<&'a str>,
}

impl Held<'_> {
    /// Returns the whole call, if `line` is its end.
    fn with(&self, line: &str) -> Option<String> {
        if self.start.len() + line.len() > CALL_BYTES_MAX {
            return None;
        }
        let whole = format!("{}{line}", self.start);
        let found = body(leader(&whole).1);
        matches!(found, Some(Body::Call(_) | Body::Unfinished { .. } | Body::Detached)).then_some(whole)
    }
}

/// Reports whether a line has no meaning by itself.
fn is_part(line: &str) -> bool {
    body(leader(line).1).is_none()
}

fn may_be_cut(line: &str) -> bool {
    before_note(line).1.is_some()
        || (line.contains('(') && !line.contains(" = ") && !line.trim_end().ends_with(['>', '+', '-']))
}

/// Splits off `strace: Process 12 attached`, if there is text before it.
fn before_note(line: &str) -> (&str, Option<&str>) {
    let line = line.trim_end();
    if !line.ends_with("attached") && !line.ends_with("(waiting for parent)") {
        return (line, None);
    }
    // Older versions omit their name.
    match line.find("strace: Process ").or_else(|| line.find("Process ")) {
        Some(at) if !leader(&line[..at]).1.is_empty() => (&line[..at], Some(&line[at..])),
        _ => (line, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(stitch(Cow::Borrowed(text)), expected);
    }

    #[test]
    fn a_note_and_output_in_the_middle_of_a_call() {
        check(
            "1.5 clone({flags}strace: Process 7 attached\n => {tid=[7]}, 88) = 7\nbrk(0) = 0",
            "1.5 clone({flags} => {tid=[7]}, 88) = 7\nstrace: Process 7 attached\nbrk(0) = 0",
        );
        check(
            "clone(xProcess 7 attached (waiting for parent)\nProcess 7 resumed (parent 6 ready)\n) = 7\n",
            "clone(x) = 7\nProcess 7 resumed (parent 6 ready)\nProcess 7 attached (waiting for parent)",
        );
        check(
            "clone(xstrace: Process 7 attached\n <unfinished ...>\n[pid 7] brk(0) = 0",
            "clone(x <unfinished ...>\nstrace: Process 7 attached\n[pid 7] brk(0) = 0",
        );
        check(
            "write(1, \"a\\nb\\n\", 4a\nb\n)   = 4\nbrk(0) = 0",
            "write(1, \"a\\nb\\n\", 4a)   = 4\nb\n#joined\nbrk(0) = 0",
        );
    }

    #[test]
    fn whole_lines_stay() {
        for text in ["brk(0) = 0\nstrace: Process 7 attached\n", "5 brk(0\n5 brk(0) = 0"] {
            check(text, text);
        }
        check("write(1, \"a\", 1\nhello\n", "write(1, \"a\", 1\nhello");
    }
}
