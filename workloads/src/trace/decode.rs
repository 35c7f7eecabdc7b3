//! Decodes the bytes of a recording to text: UTF-8, or UTF-16 with or without its mark. Removes colours and other
//! escapes of a terminal.

use std::borrow::Cow;

/// Bytes that are examined to recognise UTF-16 without a mark.
const EVIDENCE_BYTES: usize = 1024;

/// The text of a recording.
#[derive(Debug)]
pub(super) struct Text<'a> {
    pub(super) text: Cow<'a, str>,
    /// `UTF-8`, `UTF-16 LE` or `UTF-16 BE`.
    pub(super) encoding: &'static str,
    /// True if escapes of a terminal were removed.
    pub(super) was_coloured: bool,
}

/// Decodes `bytes`; invalid bytes become U+FFFD.
pub(super) fn decode(bytes: &[u8]) -> Text<'_> {
    let (encoding, text) = match utf16(bytes) {
        Some((true, body)) => ("UTF-16 LE", Cow::Owned(decode_utf16(body, u16::from_le_bytes))),
        Some((false, body)) => ("UTF-16 BE", Cow::Owned(decode_utf16(body, u16::from_be_bytes))),
        None => {
            let body = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            ("UTF-8", String::from_utf8_lossy(body))
        }
    };
    let was_coloured = text.contains('\u{1b}');
    let text = if was_coloured { Cow::Owned(without_escapes(&text)) } else { text };
    Text { text, encoding, was_coloured }
}

/// Recognises UTF-16: returns whether it is little-endian, and the bytes after the mark.
fn utf16(bytes: &[u8]) -> Option<(bool, &[u8])> {
    if let Some(body) = bytes.strip_prefix(b"\xff\xfe") {
        return Some((true, body));
    }
    if let Some(body) = bytes.strip_prefix(b"\xfe\xff") {
        return Some((false, body));
    }
    let head = &bytes[..bytes.len().min(EVIDENCE_BYTES)];
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), head.len() / 2);
    if half >= 4 && odd * 10 >= half * 9 && even * 10 <= half {
        return Some((true, bytes));
    }
    (half >= 4 && even * 10 >= half * 9 && odd * 10 <= half).then_some((false, bytes))
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Removes the escape sequences of ECMA-48: those with parameters (`ESC [ 31 m`), those with text up to BEL or `ESC \`,
/// and those of two characters.
fn without_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        let mut chars = after.chars();
        rest = match chars.next() {
            Some('[') => {
                let end = chars.as_str().find(|c| !matches!(c, '\u{20}'..='\u{3f}'));
                let tail = end.map_or("", |end| &chars.as_str()[end..]);
                tail.strip_prefix(|c| matches!(c, '\u{40}'..='\u{7e}')).unwrap_or(tail)
            }
            Some(']' | 'P' | '_' | '^' | 'X') => after_text(chars.as_str()),
            Some('(' | ')') => {
                chars.next();
                chars.as_str()
            }
            Some('\n') | None => after,
            Some(_) => chars.as_str(),
        };
    }
    out.push_str(rest);
    out
}

/// Returns the rest after the text of an escape, which ends at a line end at the latest.
fn after_text(text: &str) -> &str {
    match text.find(['\u{7}', '\u{1b}', '\n']) {
        Some(at) if text[at..].starts_with('\u{7}') => &text[at + 1..],
        Some(at) if text[at..].starts_with("\u{1b}\\") => &text[at + 2..],
        Some(at) => &text[at..],
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_gives_the_same_text() {
        let line = "100 10.5 brk(NULL) = 0x1000\n";
        let units = |to: fn(u16) -> [u8; 2]| line.encode_utf16().flat_map(to).collect::<Vec<u8>>();
        let marked = |mark: &[u8], body: Vec<u8>| [mark.to_vec(), body].concat();
        let all = [
            (line.as_bytes().to_vec(), "UTF-8"),
            (marked(b"\xef\xbb\xbf", line.into()), "UTF-8"),
            (units(u16::to_le_bytes), "UTF-16 LE"),
            (units(u16::to_be_bytes), "UTF-16 BE"),
            (marked(b"\xff\xfe", units(u16::to_le_bytes)), "UTF-16 LE"),
            (marked(b"\xfe\xff", units(u16::to_be_bytes)), "UTF-16 BE"),
        ];
        for (bytes, encoding) in all {
            let decoded = decode(&bytes);
            assert_eq!((&*decoded.text, decoded.encoding, decoded.was_coloured), (line, encoding, false));
        }
    }

    #[test]
    fn escapes_of_a_terminal_are_taken_out() {
        let coloured =
            "\u{1b}[31m5\u{1b}[0m 1.0 \u{1b}]8;;x\u{1b}\\brk\u{1b}]0;t\u{7}(0)\u{1b}[K = \u{1b}(B0\u{1b}";
        let decoded = decode(coloured.as_bytes());
        assert_eq!((&*decoded.text, decoded.was_coloured), ("5 1.0 brk(0) = 0", true));
        assert_eq!(decode("a\u{1b}[31\nb\u{1b}]x\nc\u{1b}\n".as_bytes()).text, "a\nb\nc\n");
    }
}
