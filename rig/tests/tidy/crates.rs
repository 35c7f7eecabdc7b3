//! Arrows between crates: rig knows the leaves, every crate may use `input`, and `input` knows nothing of ours.

use super::{
    source::{Files, Violation, code, places, planted, rust},
    tokens::paths,
};

const LEAVES: [&str; 3] = ["faults", "reports", "workloads"];
const OURS: [&str; 4] = ["faults", "reports", "rig", "workloads"];
/// The leaf under all leaves: its name, and its folder.
const INPUT: (&str, &str) = ("input", "rig/input");
/// The crate above all: knows every other, and no other knows it.
const FUZZ: &str = "rig/fuzz";

/// Manifests name as dependencies only what the crate may know, and the workspace has the crates named here.
pub(crate) fn manifests(files: &Files) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, text) in files {
        let Some(owner) = path.to_str().and_then(|path| path.strip_suffix("Cargo.toml")) else { continue };
        let owner = owner.trim_end_matches('/');
        let known: &[&str] = match owner {
            FUZZ | "" => &OURS,
            "rig" => &LEAVES,
            _ => &[],
        };
        let mut report = |line, text| violations.push(Violation::new(path, line, text));
        for (line, entry) in dependencies(text) {
            let named = OURS.iter().chain([&INPUT.0]).find(|ours| names(entry, ours));
            match named {
                Some(ours) if *ours == INPUT.0 && owner != INPUT.1 => {}
                Some(ours) if !known.contains(ours) => {
                    report(line, format!("{owner} must not depend on {ours}"));
                }
                None if entry.contains("path") && entry.contains("../") => {
                    report(line, "a path to something that is not one of our crates".to_owned());
                }
                _ => {}
            }
        }
        if owner.is_empty() {
            for (line, member) in members(text) {
                if !OURS.contains(&member) && ![INPUT.1, FUZZ].contains(&member) {
                    report(line, format!("`{member}` is not one of our crates"));
                }
            }
        } else if OURS.contains(&owner) && text.contains("[workspace]") {
            report(0, "a crate must not be a workspace of its own".to_owned());
        }
    }
    violations
}

/// The lines of every section of dependencies; a header such as `[dependencies.rig]` counts as a line itself.
fn dependencies(manifest: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    manifest.lines().enumerate().filter_map(move |(index, line)| {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.starts_with('[') {
            inside = line.contains("dependencies");
            return (inside && line.contains("dependencies.")).then_some((index + 1, line));
        }
        (inside && !line.is_empty()).then_some((index + 1, line))
    })
}

/// Whether an entry is about that crate: by its key, by `package =`, or by where its path ends.
fn names(entry: &str, ours: &str) -> bool {
    let key = entry.split(['=', '.']).next().unwrap_or_default().trim();
    let header = entry.trim_matches(['[', ']']).rsplit('.').next() == Some(ours) && entry.starts_with('[');
    let quoted = |text: &str| text == ours || text.strip_prefix("../") == Some(ours);
    key == ours || header || entry.split('"').skip(1).step_by(2).any(quoted)
}

/// The members of the workspace, with their line.
fn members(manifest: &str) -> Vec<(usize, &str)> {
    let start = manifest.lines().position(|line| line.starts_with("members"));
    let mut found = Vec::new();
    for (index, line) in manifest.lines().enumerate().skip(start.unwrap_or(usize::MAX)) {
        found.extend(line.split('"').skip(1).step_by(2).map(|member| (index + 1, member)));
        if line.contains(']') {
            break;
        }
    }
    found
}

/// No file of a leaf names another of our crates.
pub(crate) fn names_in_code(files: &Files) -> Vec<Violation> {
    let mut violations = Vec::new();
    for leaf in LEAVES.into_iter().chain([INPUT.1]) {
        for (path, text) in rust(files, leaf) {
            for named in paths(&code(text)) {
                let root = named.parts[0];
                if named.parts.len() > 1 && root != leaf && OURS.contains(&root) {
                    violations.push(Violation::new(path, named.line, format!("{leaf} must not know {root}")));
                }
            }
        }
    }
    violations
}

#[test]
fn planted_dependencies_are_found() {
    let files = planted(&[
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"rig\",\n  \"tools\", \"faults\"]\n[workspace.dependencies]\nserde = \"1\"",
        ),
        (
            "faults/Cargo.toml",
            "[dependencies]\nserde.workspace = true\n[dev-dependencies]\nreports.workspace = true",
        ),
        ("reports/Cargo.toml", "[dependencies]\nhidden = { package = \"rig\", path = \"../rig\" } # no"),
        ("workloads/Cargo.toml", "[target.'cfg(unix)'.dependencies.faults]\nworkspace = true"),
        (
            "rig/Cargo.toml",
            "[dependencies]\nfaults.workspace = true\ninput.workspace = true\nextra = { path = \"../extra\" }",
        ),
        ("rig/input/Cargo.toml", "[dependencies]\nfaults.workspace = true\nserde = \"1\""),
    ]);
    assert_eq!(
        places(&manifests(&files)),
        [
            "Cargo.toml:3",
            "faults/Cargo.toml:4",
            "reports/Cargo.toml:2",
            "workloads/Cargo.toml:1",
            "rig/Cargo.toml:4",
            "rig/input/Cargo.toml:2"
        ]
    );
}

#[test]
fn planted_names_are_found() {
    let files = planted(&[
        ("faults/src/lib.rs", "// rig::a is fine here\nuse serde::de;\nuse rig::kernel;\n"),
        ("reports/tests/all.rs", "use reports::schema;\nfn f() { faults::Plan::default() }\n"),
        ("workloads/src/lib.rs", "use crate::faults::x;\n"),
        ("rig/src/lib.rs", "use faults::Plan;\nuse input::file;\n"),
        ("rig/input/src/lib.rs", "use faults::Plan;\n"),
    ]);
    assert_eq!(
        places(&names_in_code(&files)),
        ["faults/src/lib.rs:3", "reports/tests/all.rs:2", "rig/input/src/lib.rs:1"]
    );
}
