//! The words and paths in a piece of code, with their lines; `use a::{b, c::d}` counts as `a::b` and `a::c::d`.

/// A word or a path such as `crate::kernel::Page`, split at `::`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    /// Line, from 1.
    pub(crate) line: usize,
    /// Its parts.
    pub(crate) parts: Vec<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// `::`
    Colons,
    Other(char),
}

/// Every path in `code`, where comments and literals are blank already (see `source::code`). Words that stand alone are
/// paths of one part.
pub(crate) fn paths(code: &str) -> Vec<Named<'_>> {
    let tokens = tokens(code);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((_, token)) = tokens.get(at) {
        at = match token {
            Token::Word("use") => tree(&tokens, at + 1, &[], &mut found),
            Token::Word(_) => path(&tokens, at, &[], &mut found),
            _ => at + 1,
        };
    }
    found
}

fn tokens(code: &str) -> Vec<(usize, Token<'_>)> {
    let mut tokens = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let (token, len) = if word > 0 {
                (Token::Word(&rest[..word]), word)
            } else if rest.starts_with("::") {
                (Token::Colons, 2)
            } else {
                (Token::Other(first), first.len_utf8())
            };
            tokens.push((index + 1, token));
            rest = rest[len..].trim_start();
        }
    }
    tokens
}

/// Reads `a::b::c`, or as much of it as there is, and returns the index behind it.
fn path<'a>(
    tokens: &[(usize, Token<'a>)],
    mut at: usize,
    prefix: &[&'a str],
    found: &mut Vec<Named<'a>>,
) -> usize {
    let line = tokens[at].0;
    let mut parts = prefix.to_vec();
    while let Some((_, Token::Word(word))) = tokens.get(at) {
        parts.push(word);
        at += 1;
        match (tokens.get(at), tokens.get(at + 1)) {
            (Some((_, Token::Colons)), Some((_, Token::Word(_)))) => at += 1,
            (Some((_, Token::Colons)), Some((_, Token::Other('{')))) => {
                return group(tokens, at + 2, &parts, found);
            }
            _ => break,
        }
    }
    found.push(Named { line, parts });
    at
}

/// Reads what follows `use`, or stands in a group: one path or one group.
fn tree<'a>(
    tokens: &[(usize, Token<'a>)],
    at: usize,
    prefix: &[&'a str],
    found: &mut Vec<Named<'a>>,
) -> usize {
    match tokens.get(at) {
        Some((_, Token::Word(_))) => path(tokens, at, prefix, found),
        Some((_, Token::Colons)) => tree(tokens, at + 1, prefix, found),
        Some((_, Token::Other('{'))) => group(tokens, at + 1, prefix, found),
        _ => at + 1,
    }
}

/// Reads a group up to its closing brace, and returns the index behind that.
fn group<'a>(
    tokens: &[(usize, Token<'a>)],
    mut at: usize,
    prefix: &[&'a str],
    found: &mut Vec<Named<'a>>,
) -> usize {
    while let Some((_, token)) = tokens.get(at) {
        match token {
            Token::Other('}') => return at + 1,
            Token::Word("as") => at += 2,
            _ => at = tree(tokens, at, prefix, found),
        }
    }
    at
}

#[test]
fn paths_are_found_in_uses_and_in_code() {
    let code = "use std::fmt;\nuse crate::{\n    a::{B, c::*},\n    d as e,\n};\nlet x = crate::f::g(h) + i::<J>::k();";
    let found: Vec<String> =
        paths(code).iter().map(|named| format!("{} {}", named.line, named.parts.join("::"))).collect();
    assert_eq!(
        found,
        [
            "1 std::fmt",
            "3 crate::a::B",
            "3 crate::a::c",
            "4 crate::d",
            "6 let",
            "6 x",
            "6 crate::f::g",
            "6 h",
            "6 i",
            "6 J",
            "6 k"
        ]
    );
}
