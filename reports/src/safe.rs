//! JSON of unknown origin, with every hostile character in its strings written as text.
//!
//! A result may have been written by any program. Names in it are printed to terminals, in XML, and in lines of logs.
//! They are made safe once, where the bytes are read, so that no form has to escape characters that its format cannot
//! hold.
use input::text::{is_hostile, printable, printable_lines};
use std::borrow::Cow;

/// Fields whose text may have several lines.
const LINES: [&str; 4] = ["toml", "text", "command", "replay"];

/// Returns `json` with the hostile characters of all strings and keys written as `\u{1b}`. Line ends and tabs stay in
/// fields that have lines. Input that is not JSON stays as it is, for the parser to refuse.
#[must_use]
pub fn json(json: &[u8]) -> Cow<'_, [u8]> {
    let mut out: Option<Vec<u8>> = None;
    let (mut copied, mut at) = (0, 0);
    let mut key = String::new();
    while let Some(begin) = json[at..].iter().position(|byte| *byte == b'"').map(|found| at + found) {
        let Some(end) = end(json, begin) else { break };
        let token = &json[begin..end];
        let is_key = json[end..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
        if is_key {
            key.clear();
            key.push_str(&String::from_utf8_lossy(&token[1..token.len() - 1]));
        }
        if let Some(safe) = replaced(token, !is_key && LINES.contains(&key.as_str())) {
            let out = out.get_or_insert_with(|| Vec::with_capacity(json.len() + 64));
            out.extend_from_slice(&json[copied..begin]);
            out.extend_from_slice(safe.as_bytes());
            copied = end;
        }
        at = end;
    }
    match out {
        Some(mut out) => {
            out.extend_from_slice(&json[copied..]);
            Cow::Owned(out)
        }
        None => Cow::Borrowed(json),
    }
}

/// Returns the end of the string that begins at `begin`, behind its closing quote.
fn end(json: &[u8], begin: usize) -> Option<usize> {
    let mut at = begin + 1;
    loop {
        match json.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Returns the string `token` with its quotes, made safe; `None` where it is safe already or is not a string.
fn replaced(token: &[u8], lines: bool) -> Option<String> {
    if token.iter().all(|byte| (0x20..0x7f).contains(byte) && *byte != b'\\') {
        return None;
    }
    let text: String = serde_json::from_slice(token).ok()?;
    if !text.chars().any(is_hostile) {
        return None;
    }
    let safe = if lines { printable_lines(&text) } else { printable(&text) };
    (safe != text).then(|| serde_json::to_string(&safe).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> String {
        String::from_utf8(json(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn hostile_characters_become_text_in_values_and_keys() {
        assert_eq!(made(r#"{"name": "a\u001b[2J"}"#), r#"{"name": "a\\u{1b}[2J"}"#);
        assert_eq!(made("{\"na\\u0000me\": [\"x\u{fffe}\"]}"), "{\"na\\\\u{0}me\": [\"x\\\\u{fffe}\"]}");
        assert_eq!(
            made(r#"{"name":"a\nb","text" : "a\n\tb\r"}"#),
            r#"{"name":"a\\u{a}b","text" : "a\n\tb\\u{d}"}"#
        );
    }

    #[test]
    fn what_is_safe_or_no_json_is_not_copied() {
        for text in [r#"{"name": "a \"quoted\" µ", "n": 1}"#, "{\"open", "\"\\", "", r#"{"a": "\uZZZZ"}"#] {
            assert!(matches!(json(text.as_bytes()), Cow::Borrowed(_)), "{text}");
        }
    }
}
