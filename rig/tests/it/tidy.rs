//! Rules of this repository that neither Cargo nor clippy can enforce: the entries at the top, the length of files,
//! their first lines, and names that are banned in some folders.
//!
//! A rule is a function from files to the places where it is violated. For each rule a test plants a breach. Rules
//! read text, not types: they cannot be complete, but they need no compiler.
use std::fs;
use std::path::{Path, PathBuf};

/// Names allowed at the top, except dotfiles, build output and licences. Code is in four folders; `docs` has
/// documents.
const TOP: [&str; 14] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "clippy.toml",
    "docs",
    "faults",
    "reports",
    "rig",
    "rustfmt.toml",
    "target",
    "workloads",
];

/// The longest file of Rust, in lines, tests included.
const FILE_LINES_MAX: usize = 500;

/// Names that are banned below a folder, each with the reason.
const NAMES: [(&str, &[&str], &str); 6] = [
    (
        "rig/model/src/kernel",
        &[
            "std::time",
            "std::sync",
            "Instant",
            "SystemTime",
            "rand",
            "parking_lot",
            "Mutex",
            "RwLock",
            "Current",
        ],
        "kernel/ is plain data and arithmetic",
    ),
    ("rig/model/src/protocols/three_phase", &["transactional", "prepare_undo"], APART),
    ("rig/model/src/protocols/transactional", &["three_phase", "prepare_undo"], APART),
    ("rig/model/src/protocols/prepare_undo", &["three_phase", "transactional"], APART),
    ("rig/scenario/src", &["Run", "json", "verdict"], APART_FROM_RESULTS),
    ("rig/src/driver", &["Run", "json", "verdict"], APART_FROM_RESULTS),
];
/// Calls that read a file of any kind and size.
const READS: [&str; 3] = ["fs::read_to_string(", "fs::read(", "File::open("];

/// Places where such calls are allowed, each with the files that it reads. A file that a user names is read by
/// `input::file`.
const READERS: &[(&str, &str)] = &[
    ("reports/src/json.rs", "opens a folder, to sync it"),
    ("rig/src/cli/folder/lock.rs", "the pid in a lock, up to a bound"),
    ("rig/src/cli/threads.rs", "/sys: the clock"),
    ("rig/input/src/proc.rs", "/proc"),
    ("rig/linux/src/checks", "files of cgroups and /proc"),
    ("rig/linux/src/doctor/child.rs", "files of cgroups"),
    ("rig/linux/src/doctor/machine.rs", "files of the kernel, up to a bound"),
    ("rig/linux/src/moving", "files of cgroups"),
    ("rig/linux/src/place", "files of cgroups and /proc, and lists in a folder of our own"),
    ("rig/linux/src/result/facts.rs", "/proc and /sys"),
    ("rig/linux/src/trace", "tracefs and /proc"),
    ("rig/linux/src/vm/news.rs", "what a guest adds to its result, up to a bound"),
    ("rig/linux/src/vm/init.rs", "files within the guest"),
    ("rig/linux/src/vm/mounts.rs", "/proc within the guest"),
    ("rig/src/record", "/proc"),
];
const APART_FROM_RESULTS: &str =
    "only measure, linux and cli may use the schema of results; its axes and expectations are for all";
const APART: &str = "a protocol knows no other; share what both need in paths/";

/// Every file except build output and dotfiles, as its path from the top of the repository and its text.
type Files = Vec<(PathBuf, String)>;

fn read_tree() -> Files {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("rig is in the repository");
    let mut files = Vec::new();
    walk(top, top, &mut files);
    assert!(files.len() > 20, "only {} files: is this the repository?", files.len());
    files.sort();
    files
}

fn walk(top: &Path, dir: &Path, files: &mut Files) {
    for entry in fs::read_dir(dir).expect("a readable directory").flatten() {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with('.') || path == top.join("target") {
            continue;
        }
        if path.is_dir() {
            walk(top, &path, files);
        } else {
            // A file may vanish between the listing and the reading, such as an editor's.
            let text =
                if is_rust(&path) { fs::read_to_string(&path).unwrap_or_default() } else { String::new() };
            files.push((path.strip_prefix(top).expect("below the top").to_owned(), text));
        }
    }
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "rs")
}

fn strangers(files: &Files) -> Vec<String> {
    let fits = |path: &Path| {
        let first = path.iter().next().unwrap_or_default().to_string_lossy();
        let document = first != "docs" || path.extension().is_some_and(|kind| kind == "md");
        document && (TOP.contains(&&*first) || first.starts_with("LICENSE-") || first.starts_with('.'))
    };
    let paths = files.iter().map(|(path, _)| path).filter(|path| !fits(path));
    paths.map(|path| format!("{}: move it into a crate, or remove it", path.display())).collect()
}

fn shape(files: &Files) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| is_rust(path)) {
        let (path, lines) = (path.display(), text.lines().count());
        if lines > FILE_LINES_MAX {
            found.push(format!("{path}: {lines} lines; split it ({FILE_LINES_MAX})"));
        }
        if !text.starts_with("//! ") {
            found.push(format!("{path}: start with `//! ` and the purpose of the file"));
        }
    }
    found
}

fn names(files: &Files) -> Vec<String> {
    let mut found = Vec::new();
    for (folder, names, why) in NAMES {
        for (path, text) in files.iter().filter(|(path, _)| path.starts_with(folder)) {
            for (at, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                if let Some(name) = names.iter().find(|name| stands(code, name)) {
                    found.push(format!("{}:{}: `{name}`: {why}", path.display(), at + 1));
                }
            }
        }
    }
    found
}

/// Returns calls that read a file in our code which no row of `readers` allows, and rows that nothing needs.
fn reads(files: &Files, readers: &[(&str, &str)]) -> Vec<String> {
    let (mut found, mut needed) = (Vec::new(), vec![false; readers.len()]);
    let is_code = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        is_rust(path) && path.iter().any(|part| part == "src") && !name.ends_with("tests.rs")
    };
    for (path, text) in files.iter().filter(|(path, _)| is_code(path)) {
        let code = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
        let reading = |line: &str| {
            let code = line.split("//").next().unwrap_or_default();
            READS.iter().find(|call| code.contains(**call)).copied()
        };
        for (at, call) in code.enumerate().filter_map(|(at, line)| Some((at, reading(line)?))) {
            match readers.iter().position(|(folder, _)| path.starts_with(folder)) {
                Some(row) => needed[row] = true,
                None => found.push(format!("{}:{}: `{call}`: use input::file", path.display(), at + 1)),
            }
        }
    }
    let idle = readers.iter().zip(needed).filter(|(_, needed)| !needed);
    found
        .extend(idle.map(|((path, _), _)| format!("{path}: no longer reads files this way; remove its row")));
    found
}

/// Reports whether `name` is in a line as a whole word, outside string literals.
fn stands(code: &str, name: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '"' || c == '-');
    code.match_indices(name).any(|(at, _)| {
        let after = code[at + name.len()..].chars().next();
        !part(code[..at].chars().next_back()) && (name.ends_with("::") || !part(after))
    })
}

/// Returns made-up files.
fn planted(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect()
}

/// Returns the places of the findings.
fn places(found: &[String]) -> Vec<&str> {
    found.iter().map(|line| line.split(": ").next().expect("a place")).collect()
}

#[test]
fn code_lies_in_four_folders() {
    assert_eq!(strangers(&read_tree()), [""; 0]);
    let files =
        [".ci/run", "LICENSE-MIT", "docs/a.md", "docs/a.svg", "pictures/a.svg", "rig/a.toml", "run.sh"];
    let files = planted(&files.map(|path| (path, "")));
    assert_eq!(places(&strangers(&files)), ["docs/a.svg", "pictures/a.svg", "run.sh"]);
}

#[test]
fn files_say_what_they_are_and_stay_short() {
    assert_eq!(shape(&read_tree()), [""; 0]);
    let long = "//! Long.\n".repeat(FILE_LINES_MAX + 1);
    let files =
        planted(&[("rig/src/a.rs", "//! A.\n"), ("rig/b.rs", "\n//! Late.\n"), ("faults/c.rs", &long)]);
    assert_eq!(places(&shape(&files)), ["rig/b.rs", "faults/c.rs"]);
}

#[test]
fn names_stand_where_they_may() {
    assert_eq!(names(&read_tree()), [""; 0]);
    let files = planted(&[
        ("rig/model/src/kernel/page.rs", "use std::sync::Arc; // Mutex\n// Mutex\nlet x: Mutexes;\n"),
        (
            "rig/model/src/protocols/three_phase/mod.rs",
            "let id = \"three-phase\";\nuse super::transactional::Half;\n",
        ),
        ("rig/src/driver/cell.rs", "use reports::schema::Run;\n"),
        ("rig/src/measure/cell.rs", "use reports::schema::Run;\n"),
    ]);
    let expected = ["rig/model/src/kernel/page.rs:1", "rig/model/src/protocols/three_phase/mod.rs:2"];
    assert_eq!(places(&names(&files)), [expected[0], expected[1], "rig/src/driver/cell.rs:1"]);
}

#[test]
fn files_that_a_user_names_are_read_within_bounds() {
    assert_eq!(reads(&read_tree(), READERS), [""; 0]);
    let files = planted(&[
        ("rig/src/cli/gate.rs", "// fs::read(x)\nlet a = std::fs::read_to_string(file)?;\n"),
        ("rig/src/cli/late.rs", "let a = read(file);\n#[cfg(test)]\nlet b = fs::read(file);\n"),
        ("rig/linux/src/place/a.rs", "let a = File::open(file)?;\n"),
        ("rig/tests/all.rs", "let a = fs::read(file);\n"),
    ]);
    let readers = [("rig/linux/src/place", "planted"), ("rig/src/idle.rs", "idle")];
    assert_eq!(places(&reads(&files, &readers)), ["rig/src/cli/gate.rs:2", "rig/src/idle.rs"]);
}
