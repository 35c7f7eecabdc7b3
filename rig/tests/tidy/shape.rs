//! The shape of files: a first line that says what a file is, and nothing that only grows.

use super::source::{Files, Violation, code, places, planted, rust};

const CRATES: [&str; 4] = ["faults", "reports", "rig", "workloads"];

/// Longest file, in lines, tests included.
const FILE_LINES_MAX: usize = 500;

/// Longest function, in lines, from the one with `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 80;

/// Something that may be longer. One that need not be longer any more is a violation itself.
struct Exception {
    path: &'static str,
    /// The function; `None` if the file is meant.
    function: Option<&'static str>,
    /// Why it is better long.
    #[allow(dead_code, reason = "for the reader of the table")]
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[];

/// Every Rust file starts with `//!`.
pub(crate) fn headers(files: &Files) -> Vec<Violation> {
    let missing = |text: &str| !text.starts_with("//! ");
    let mut violations = Vec::new();
    for (path, _) in CRATES.iter().flat_map(|name| rust(files, name)).filter(|(_, text)| missing(text)) {
        violations.push(Violation::new(path, 1, "start with `//! ` and what this file is"));
    }
    violations
}

/// Files and functions are short.
pub(crate) fn sizes(files: &Files) -> Vec<Violation> {
    sizes_except(files, EXCEPTIONS)
}

fn sizes_except(files: &Files, exceptions: &[Exception]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut needed = vec![false; exceptions.len()];
    for (path, text) in CRATES.iter().flat_map(|name| rust(files, name)) {
        let mut check = |function: Option<&str>, line, lines, max: usize| {
            if lines <= max {
                return;
            }
            let excused = exceptions
                .iter()
                .position(|exception| path.ends_with(exception.path) && exception.function == function);
            match excused {
                Some(which) => needed[which] = true,
                None => {
                    let what = function.map_or("this file".to_owned(), |name| format!("fn {name}"));
                    violations.push(Violation::new(
                        path,
                        line,
                        format!("{what} has {lines} lines; split it ({max})"),
                    ));
                }
            }
        };
        check(None, 0, text.lines().count(), FILE_LINES_MAX);
        let code = code(text);
        for function in functions(&code) {
            check(Some(function.name), function.line, function.lines, FUNCTION_LINES_MAX);
        }
    }
    for (exception, _) in exceptions.iter().zip(needed).filter(|(_, needed)| !needed) {
        violations.push(Violation::new(
            exception.path.as_ref(),
            0,
            "needs no exception any more: take it out",
        ));
    }
    violations
}

struct Function<'a> {
    name: &'a str,
    line: usize,
    lines: usize,
}

/// The functions with a body, in code as rustfmt leaves it: the body ends at a brace under the line with `fn`.
fn functions(code: &str) -> Vec<Function<'_>> {
    let lines: Vec<&str> = code.lines().map(str::trim_end).collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let body = if line.ends_with('}') { Some(start) } else { body_end(&lines, start) };
        if let Some(end) = body {
            found.push(Function { name, line: start + 1, lines: end - start + 1 });
        }
    }
    found
}

fn function_name(line: &str) -> Option<&str> {
    const BEFORE: [&str; 6] = ["pub", "const", "async", "unsafe", "extern", "default"];
    let mut words = line.split_whitespace();
    let known = |word: &&str| BEFORE.contains(word) || word.starts_with("pub(") || word.ends_with(')');
    words.find(|word| !known(word)).filter(|word| *word == "fn")?;
    words.next()?.split(['(', '<']).next()
}

/// The line of the brace that closes a function; `None` for a declaration without body.
fn body_end(lines: &[&str], start: usize) -> Option<usize> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut open = false;
    for (at, line) in lines.iter().enumerate().skip(start) {
        let level = indent(line) == indent(lines[start]);
        if !open && line.ends_with(';') {
            return None;
        }
        if open && level && line.trim_start().starts_with('}') {
            return Some(at);
        }
        open |= level && line.ends_with('{');
    }
    None
}

#[test]
fn a_planted_file_without_header_is_found() {
    let files = planted(&[
        ("rig/src/lib.rs", "//! The rig.\n"),
        ("faults/tests/all.rs", "use faults::Plan;\n"),
        ("rig/build.rs", "\n//! Too late.\n"),
    ]);
    assert_eq!(places(&headers(&files)), ["faults/tests/all.rs:1", "rig/build.rs:1"]);
}

#[test]
fn planted_long_files_and_functions_are_found() {
    let long = format!(
        "impl X {{\n    pub(crate) fn long(\n        a: u8,\n    ) {{\n{}    }}\n}}\n",
        "        a;\n".repeat(77)
    );
    let just = format!("fn just() {{\n{}}}\n", "    // }\n".repeat(78));
    let many = "fn a() {}\n".repeat(501);
    let files = planted(&[("rig/src/a.rs", &long), ("rig/src/b.rs", &just), ("faults/tests/c.rs", &many)]);
    assert_eq!(places(&sizes_except(&files, &[])), ["faults/tests/c.rs:0", "rig/src/a.rs:2"]);

    let excuse = |path, function| Exception { path, function, reason: "planted" };
    let all = [excuse("rig/src/a.rs", Some("long")), excuse("faults/tests/c.rs", None)];
    assert_eq!(sizes_except(&files, &all), []);
    let idle = [
        excuse("rig/src/a.rs", Some("long")),
        excuse("faults/tests/c.rs", None),
        excuse("rig/src/b.rs", None),
    ];
    assert_eq!(places(&sizes_except(&files, &idle)), ["rig/src/b.rs:0"], "an idle exception");
}

#[test]
fn functions_end_where_rustfmt_ends_them() {
    let code = "trait T {\n    fn a(&self);\n    fn b(\n        x: u8,\n    ) -> u8;\n    fn c(&self) -> u8 {\n        if x {\n        }\n    }\n}\n\
                const fn d<X>(x: X)\nwhere\n    X: Y,\n{\n}\nfn e() {}\n";
    let found: Vec<_> = functions(code).iter().map(|f| (f.name, f.line, f.lines)).collect();
    assert_eq!(found, [("c", 6, 4), ("d", 11, 5), ("e", 16, 1)]);
}
