//! What lies at the top of the repository: four crates and a few papers. Pictures live in `reports/`, and `docs/`
//! has nothing but documents.

use std::collections::BTreeMap;
use std::path::Path;

use super::source::{Files, Violation, places, planted};

/// What may lie at the top, besides dotfiles, build output and licences.
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

/// Nothing else lies at the top; one violation for each thing that does.
pub(crate) fn top(files: &Files) -> Vec<Violation> {
    let mut strangers = BTreeMap::new();
    for (path, _) in files {
        let first = path.iter().next().unwrap_or_default();
        let name = first.to_string_lossy();
        if !TOP.contains(&&*name) && !name.starts_with('.') && !name.starts_with("LICENSE-") {
            strangers.entry(first).or_insert(path);
        }
    }
    let what = |path| Violation::new(path, 0, "does not belong at the top: move it into a crate, or out");
    let no_document =
        |path: &Path| path.starts_with("docs") && path.extension().is_none_or(|kind| kind != "md");
    let others = files.iter().map(|(path, _)| path).filter(|path| no_document(path));
    strangers.into_values().chain(others).map(|path| what(path)).collect()
}

#[test]
fn planted_strangers_are_found() {
    let files = planted(&[
        ("Cargo.toml", ""),
        ("LICENSE-MIT", ""),
        (".github/workflows/ci.yml", ""),
        ("docs/recordings.md", ""),
        ("docs/picture.svg", ""),
        ("pictures/first.svg", ""),
        ("pictures/second.svg", ""),
        ("rig/litmus/a.toml", ""),
        ("run.sh", ""),
    ]);
    assert_eq!(places(&top(&files)), ["pictures/first.svg:0", "run.sh:0", "docs/picture.svg:0"]);
}
