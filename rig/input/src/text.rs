//! Arbitrary text made safe to print, and names that are refused.
use std::borrow::Cow;
use std::fmt::Write as _;

/// Longest name of a scenario, cgroup, process or protocol, in bytes.
pub const NAME_MAX: usize = 200;

/// The reason why a name is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// A control character, or one that changes the direction of text or does not belong in text.
    #[error("a name must not contain the character U+{code:04X}; remove it")]
    Character {
        /// The code point of the character.
        code: u32,
    },
    /// Longer than [`NAME_MAX`].
    #[error("a name of {bytes} bytes is too long; use at most {NAME_MAX}")]
    TooLong {
        /// The length of the name in bytes.
        bytes: usize,
    },
    /// The name is empty.
    #[error("a name must not be empty; give one")]
    Empty,
}

/// Checks a name on input.
///
/// # Errors
/// See [`NameError`].
pub fn check_name(name: &str) -> Result<(), NameError> {
    match name.chars().find(|c| is_hostile(*c)) {
        Some(c) => Err(NameError::Character { code: c as u32 }),
        None if name.is_empty() => Err(NameError::Empty),
        None if name.len() > NAME_MAX => Err(NameError::TooLong { bytes: name.len() }),
        None => Ok(()),
    }
}

/// Returns `text` with every hostile character escaped as in `\u{1b}`; line ends and tabs count as hostile.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    escape(text, is_hostile)
}

/// Returns `text` with every hostile character except line ends and tabs escaped as in `\u{1b}`.
#[must_use]
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| is_hostile(c) && c != '\n' && c != '\t')
}

/// Returns at most `max` characters of bytes in an unknown encoding, safe to print; `...` marks that there are more.
#[must_use]
pub fn excerpt(bytes: &[u8], max: usize) -> String {
    // At most four bytes per character, so that a long line costs nothing.
    let head = &bytes[..bytes.len().min(max.saturating_mul(4).saturating_add(4))];
    let text = String::from_utf8_lossy(head);
    let mut chars = text.chars();
    let short: String = chars.by_ref().take(max).collect();
    let more = chars.next().is_some() || head.len() < bytes.len();
    format!("{}{}", printable(&short), if more { "..." } else { "" })
}

fn escape(text: &str, hostile: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hostile(c) {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", c as u32);
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Reports whether `c` can mislead a terminal, an XML parser or a reader: controls (C0, DEL, C1), line and paragraph
/// separators, marks and overrides of direction, the byte order mark, and the noncharacters of Unicode.
#[must_use]
pub fn is_hostile(c: char) -> bool {
    let code = c as u32;
    c.is_control()
        || matches!(code, 0x061c | 0x200e..=0x200f | 0x2028..=0x202e | 0x2066..=0x2069 | 0xfeff)
        || matches!(code, 0xfdd0..=0xfdef)
        || code & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_of_a_terminal_become_text() {
        assert_eq!(printable("a\u{1b}]0;owned\u{7}"), "a\\u{1b}]0;owned\\u{7}");
        assert_eq!(printable("äöü – ok"), "äöü – ok");
        assert_eq!(printable_lines("a\n\tb\r"), "a\n\tb\\u{d}");
        assert_eq!(printable("x\u{fffe}y\u{202e}"), "x\\u{fffe}y\\u{202e}");
    }

    #[test]
    fn names_are_checked_where_they_enter() {
        assert_eq!(check_name("web-1 (blue)"), Ok(()));
        assert_eq!(check_name("a\nb"), Err(NameError::Character { code: 10 }));
        assert_eq!(check_name(""), Err(NameError::Empty));
        assert_eq!(check_name(&"x".repeat(201)), Err(NameError::TooLong { bytes: 201 }));
    }

    #[test]
    fn an_excerpt_is_short_and_safe() {
        assert_eq!(excerpt(b"\xff\xfea\0b", 4), "\u{fffd}\u{fffd}a\\u{0}...");
        assert_eq!(excerpt(b"abc", 3), "abc");
        assert_eq!(excerpt(&[b'x'; 1_000_000], 3), "xxx...");
    }

    proptest! {
        #[test]
        fn nothing_hostile_is_left(text in any::<String>()) {
            prop_assert!(!printable(&text).chars().any(is_hostile));
            prop_assert!(!excerpt(text.as_bytes(), 20).chars().any(is_hostile));
        }
    }
}
