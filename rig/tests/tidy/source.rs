//! The files of the repository, and what of a file is code: everything but comments and the insides of literals.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

/// Files by their path from the top of the repository, with forward slashes. Only `.rs` and `.toml` have their text.
pub(crate) type Files = [(PathBuf, String)];

/// A place where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    /// Path from the top of the repository.
    pub(crate) path: PathBuf,
    /// Line, from 1; 0 if the file as a whole is meant.
    pub(crate) line: usize,
    /// What is wrong, and what to do.
    pub(crate) text: String,
}

impl Violation {
    pub(crate) fn new(path: &Path, line: usize, text: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, text: text.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path.display(), self.line, self.text)
    }
}

/// Every file of the repository, in the order of paths, without build output and dotfiles.
pub(crate) fn read_tree() -> Vec<(PathBuf, String)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("rig lies in the repository");
    let mut files = Vec::new();
    walk(top, top, &mut files);
    files.sort();
    files
}

fn walk(top: &Path, dir: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(dir).expect("a readable directory").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if name.to_string_lossy().starts_with('.') || path == top.join("target") {
            continue;
        }
        if path.is_dir() {
            walk(top, &path, files);
            continue;
        }
        let read = path.extension().is_some_and(|kind| kind == "rs" || kind == "toml");
        // A file may vanish between the listing and the reading, such as an editor's.
        let text = if read { fs::read_to_string(&path).unwrap_or_default() } else { String::new() };
        files.push((path.strip_prefix(top).expect("below the top").to_owned(), text));
    }
}

/// The Rust files below `prefix`.
pub(crate) fn rust<'a>(files: &'a Files, prefix: &'a str) -> impl Iterator<Item = (&'a Path, &'a str)> {
    let inside =
        move |path: &Path| path.starts_with(prefix) && path.extension().is_some_and(|kind| kind == "rs");
    files.iter().filter(move |(path, _)| inside(path)).map(|(path, text)| (path.as_path(), text.as_str()))
}

/// Made-up files, for the tests of rules.
pub(crate) fn planted(files: &[(&str, &str)]) -> Vec<(PathBuf, String)> {
    files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect()
}

/// Where violations are, as `path:line`.
pub(crate) fn places(violations: &[Violation]) -> Vec<String> {
    violations.iter().map(|found| format!("{}:{}", found.path.display(), found.line)).collect()
}

/// The text with comments and the insides of string and character literals blanked; lines stay where they are.
pub(crate) fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = blank_end(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where the comment or literal that starts at `at` ends; `at` itself if none does.
fn blank_end(chars: &[char], at: usize) -> usize {
    let next = chars.get(at + 1).copied();
    let in_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match chars[at] {
        '/' if next == Some('/') => find(chars, at, |rest| rest[0] == '\n'),
        '/' if next == Some('*') => block_comment_end(chars, at),
        '"' => string_end(chars, at),
        'r' if !in_word || chars[at - 1] == 'b' || chars[at - 1] == 'c' => raw_string_end(chars, at),
        '\'' if next == Some('\\') => (find(chars, at + 3, |rest| rest[0] == '\'') + 1).min(chars.len()),
        '\'' if chars.get(at + 2) == Some(&'\'') => at + 3,
        _ => at,
    }
}

/// The first index from `from` on where `stop` says so, or the end.
fn find(chars: &[char], from: usize, stop: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len()).find(|&at| stop(&chars[at..])).unwrap_or(chars.len())
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let mut depth = 0;
    let mut at = at;
    while at < chars.len() {
        match chars[at..] {
            ['/', '*', ..] => depth += 1,
            ['*', '/', ..] => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            break;
        }
    }
    at
}

fn string_end(chars: &[char], at: usize) -> usize {
    let mut at = at + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

/// `r"..."` and `r#"..."#`; `at` itself for a raw identifier or a word that begins with r.
fn raw_string_end(chars: &[char], at: usize) -> usize {
    let hashes = find(chars, at + 1, |rest| rest[0] != '#') - at - 1;
    if chars.get(at + 1 + hashes) != Some(&'"') {
        return at;
    }
    let closes =
        |rest: &[char]| rest[0] == '"' && rest[1..].iter().take_while(|&&c| c == '#').count() >= hashes;
    (find(chars, at + 2 + hashes, closes) + 1 + hashes).min(chars.len())
}

#[test]
fn only_code_remains() {
    for (text, rest) in [
        ("a // unsafe\nb", "a          \nb"),
        ("a /* x /* y */ z */ b", "a                   b"),
        ("f(\"un\\\"safe\") + 1", "f(          ) + 1"),
        ("f(r#\"a \" b\"#, br\"c\")", "f(          , b    )"),
        ("r#type + for<'a> 'x' '\\'' '\\n' '\\u{7}'", "r#type + for<'a>                      "),
        ("\"two\nlines\" x", "    \n       x"),
    ] {
        assert_eq!(code(text), rest, "{text}");
    }
}
