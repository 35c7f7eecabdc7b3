//! What lies at the top of the repository: four crates and a few papers. Pictures live in `reports/`.

use std::collections::BTreeMap;

use super::source::{Files, Violation, places, planted};

/// What may lie at the top, besides dotfiles, build output and licences.
const TOP: [&str; 13] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "clippy.toml",
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
    strangers.into_values().map(|path| what(path)).collect()
}

#[test]
fn planted_strangers_are_found() {
    let files = planted(&[
        ("Cargo.toml", ""),
        ("LICENSE-MIT", ""),
        (".github/workflows/ci.yml", ""),
        ("docs/picture.svg", ""),
        ("docs/second.svg", ""),
        ("rig/litmus/a.toml", ""),
        ("run.sh", ""),
    ]);
    assert_eq!(places(&top(&files)), ["docs/picture.svg:0", "run.sh:0"]);
}
