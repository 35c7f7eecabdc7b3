//! Plain English: words and openings that make a sentence hard to read, in comments, errors, help texts and documents.
//!
//! A rule is a pattern, a number of places that are tolerated, and the words to use instead. `cargo test -p rig --test it
//! english` names each place. Rules read text, so names of functions and variables are not seen.
use regex::Regex;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Patterns, how many places may have them, and what to write.
const BANNED: &[(&str, usize, &str)] = &[
    (
        r"(?i)\b((no|some|every|any)body|(some|every|any)one|whom?ever|he|him|his|himself|she|her)\b",
        2,
        "a thread, a reader or a task is a thing: \"no thread\", \"each actor\", \"a waiter that\"",
    ),
    (r"(?i)\b(so many|so often)\b", 0, "\"this many\", \"that many\", \"as many as\", or the number"),
    (r"(?i)\bbut for\b", 0, "\"except for\""),
    (
        r"(?i)(\bit|\bthat|\bwhich|\bthis|`) (is|are|was|were) no (a|c|d|e|f|g|h|i|k|n|o|p|q|r|s|t|u|v|w)\w*",
        0,
        "\"is not a\"",
    ),
    (r"(?i)\bmend(s|ed|ing)?\b", 0, "\"fix\""),
    (r"(?i)\bmeanwhile\b", 0, "say what happens at that time"),
    (r"(?i)\bsee the module's text\b", 0, "say it here: an editor shows a doc line alone"),
    (
        r"(?i)\b(stands?|stood) (in|at|on|beside|behind|below|above|before|there|under|between|beneath)\b",
        0,
        "\"is\", \"is stored in\"",
    ),
    (
        r"(?i)\b(lies?|lay) (in|at|on|beside|behind|below|above|before|there|under|between|beneath)\b",
        0,
        "\"is\"",
    ),
    (r"(?i)\bbeside\b", 0, "\"next to\", \"compared with\", \"while\""),
    (r"(?i)\bapart\b", 0, "\"separately\", \"except\""),
    (r"(?i)\b(tells|told)\b", 0, "\"reports\", \"is reported\", \"is distinguished\""),
    (r"(?i)\bthe like\b", 0, "name the things"),
    (r"(?i)\bhas to do with\b", 0, "name the relation"),
    (r"(?i)\ball the same\b", 0, "\"nevertheless\", or nothing"),
];

/// Openings of doc comments that leave a reader without a noun or a verb.
const HEADLESS: &str = r"^(What|Who|Whom|Whose|Whether|How|Where|When|Why|Its|The same|So many|So much|So often|(No|Some|Every)body|Whoever|Whatever)\b";

/// A line to read: its file, its number, and the words on it.
type Line = (PathBuf, usize, String);

/// Every file under version control with words for people.
fn files() -> Vec<(PathBuf, String)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("rig is a folder of the repository");
    let listed = Command::new("git").arg("-C").arg(top).arg("ls-files").output().expect("git");
    let all = String::from_utf8(listed.stdout).expect("names in UTF-8");
    let kinds = ["rs", "md", "toml"];
    let wanted =
        |path: &PathBuf| path.extension().is_some_and(|kind| kinds.iter().any(|known| kind == *known));
    let own = Path::new("rig/tests/it/english.rs");
    let paths = all.lines().map(PathBuf::from).filter(wanted).filter(|path| path != own);
    let read: Vec<_> =
        paths.filter_map(|path| Some((path.clone(), fs::read_to_string(top.join(&path)).ok()?))).collect();
    assert!(read.len() > 20, "only {} files: is this the repository?", read.len());
    read
}

/// Returns the words of a line: a whole line of a document, comments and texts of code.
fn words(path: &Path, line: &str) -> String {
    match path.extension().and_then(|kind| kind.to_str()) {
        Some("md") => line.to_owned(),
        Some("toml") => {
            let text = line.split_once('#').map_or("", |(_, comment)| comment);
            if line.starts_with("about") { line.to_owned() } else { text.to_owned() }
        }
        _ => {
            let (code, comment) = line.split_once("//").unwrap_or((line, ""));
            let texts: Vec<&str> = code.split('"').skip(1).step_by(2).collect();
            // A text that goes on over several lines has no quotes on those between.
            let within = if code.contains('"') || code.contains([';', '{', '(', '=']) {
                String::new()
            } else {
                code.to_owned()
            };
            format!("{} {within} {comment}", texts.join(" "))
        }
    }
}

fn lines(files: &[(PathBuf, String)]) -> Vec<Line> {
    let of = |(path, text): &(PathBuf, String)| {
        let numbered = text.lines().enumerate();
        numbered.map(|(at, line)| (path.clone(), at + 1, words(path, line))).collect::<Vec<_>>()
    };
    files.iter().flat_map(of).collect()
}

/// Places with a banned word, beyond what its rule tolerates.
fn banned(lines: &[Line]) -> Vec<String> {
    let mut found = Vec::new();
    for (pattern, tolerated, instead) in BANNED {
        let regex = Regex::new(pattern).expect("a pattern");
        let hits: Vec<String> = lines
            .iter()
            .flat_map(|(path, line, text)| {
                // Parts of names with hyphens are not words.
                let is_name = move |hit: &regex::Match<'_>| {
                    text[..hit.start()].ends_with('-') || text[hit.end()..].starts_with('-')
                };
                regex
                    .find_iter(text)
                    .filter(move |hit| !is_name(hit))
                    .map(move |hit| format!("{}:{line}: `{}`: {instead}", path.display(), hit.as_str()))
            })
            .collect();
        if hits.len() > *tolerated {
            found.extend(hits);
        }
    }
    found
}

/// Returns first lines of doc comments with a headless opening.
fn headless(files: &[(PathBuf, String)]) -> Vec<String> {
    let regex = Regex::new(HEADLESS).expect("a pattern");
    let mut found = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.extension().is_some_and(|kind| kind == "rs")) {
        let mut within = false;
        for (at, line) in text.lines().enumerate() {
            let line = line.trim_start();
            let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
            let opening = doc.map(str::trim_start).filter(|words| !within && !words.is_empty());
            if opening.is_some_and(|words| regex.is_match(words)) {
                found.push(format!("{}:{}: {}", path.display(), at + 1, opening.unwrap_or_default()));
            }
            within = doc.is_some();
        }
    }
    found
}

#[test]
fn no_sentence_has_a_banned_word() {
    let found = banned(&lines(&files()));
    assert!(found.is_empty(), "{} places\n{}", found.len(), found.join("\n"));
}

#[test]
fn doc_comments_begin_with_a_noun_or_a_verb() {
    let found = headless(&files());
    assert!(found.is_empty(), "{} places\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_planted_sentence_is_found() {
    let file = |name: &str, text: &str| (PathBuf::from(name), text.to_owned());
    let planted = [
        file("a.rs", "/// What it does.\nlet nobody = \"told\";\n/// It is no name.\n"),
        file("b.md", "There is no end. Meanwhile it runs.\n"),
        file("c.toml", "apart = 1 # but for this\n"),
    ];
    let found = banned(&lines(&planted));
    let places: Vec<_> =
        found.iter().map(|line| line.split(": ").take(2).collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(
        places,
        ["c.toml:1 `but for`", "a.rs:3 `It is no name`", "b.md:1 `Meanwhile`", "a.rs:2 `told`"]
    );
    let many = file("d.rs", &"// nobody\n".repeat(3));
    assert_eq!(
        (
            banned(&lines(std::slice::from_ref(&many))).len(),
            banned(&lines(&[file("d.rs", "// nobody\n")])).len()
        ),
        (3, 0)
    );
    assert_eq!(headless(&planted), ["a.rs:1: What it does."]);
}
