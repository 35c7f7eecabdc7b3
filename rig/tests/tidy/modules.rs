//! Arrows between the modules of rig: each names only those below it, and a protocol no other protocol.

use std::{collections::BTreeSet, path::Path};

use super::{
    source::{Files, Violation, code, places, planted, rust},
    tokens::{Named, paths},
};

/// What each module of rig may name besides itself. `main.rs` and `lib.rs` may name anything.
const ALLOWED: [(&str, &[&str]); 13] = [
    ("cli", &["driver", "explore", "linux", "record", "measure", "engine", "protocols"]),
    ("explore", &["driver", "checks", "protocols", "paths", "world", "kernel", "engine", "measure"]),
    ("driver", &["protocols", "checks", "paths", "world", "kernel", "locks", "engine", "measure"]),
    ("protocols", &["paths", "world", "kernel", "locks", "engine"]),
    ("paths", &["world", "kernel", "locks", "engine"]),
    ("world", &["kernel", "locks", "engine"]),
    ("checks", &["engine", "kernel", "locks"]),
    ("measure", &["checks", "engine", "kernel", "locks"]),
    ("linux", &["measure"]),
    ("record", &[]),
    ("locks", &["engine"]),
    ("engine", &["kernel"]),
    ("kernel", &[]),
];

/// The modules that may name the schema of results.
const NAME_REPORTS: [&str; 3] = ["measure", "cli", "linux"];

/// Modules name only what the table allows.
pub(crate) fn arrows(files: &Files) -> Vec<Violation> {
    each_path(files, |module, path, named| {
        let target = from_root(path, named)?;
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == module) else {
            return Some(format!("module {module} is not in the table of arrows"));
        };
        // What starts with a capital, or is a macro, is the root's own.
        let is_module = ALLOWED.iter().any(|(known, _)| *known == target);
        (is_module && target != module && !allowed.contains(&target))
            .then(|| format!("{module} must not know {target}; it may know only [{}]", allowed.join(", ")))
    })
}

/// Only a few modules name the crate `reports`.
pub(crate) fn reports(files: &Files) -> Vec<Violation> {
    each_path(files, |module, _, named| {
        (named.parts.len() > 1 && named.parts[0] == "reports" && !NAME_REPORTS.contains(&module))
            .then(|| format!("{module} must not name reports::; only {} may", NAME_REPORTS.join(", ")))
    })
}

/// What lies in `protocols/X/` names nothing of `protocols/Y/`.
pub(crate) fn protocols(files: &Files) -> Vec<Violation> {
    let folder = |path: &Path| {
        let parts: Vec<_> = path.strip_prefix("rig/src/protocols").ok()?.iter().collect();
        (parts.len() > 1).then(|| parts[0].to_string_lossy().into_owned())
    };
    let folders: BTreeSet<String> = files.iter().filter_map(|(path, _)| folder(path)).collect();
    each_path(files, |_, path, named| {
        let own = folder(path)?;
        let after = |parts: &[&str]| parts.first().map(ToString::to_string);
        let other = match named.parts.as_slice() {
            ["crate", "protocols", rest @ ..] | ["protocols", rest @ ..] => after(rest),
            parts => {
                let supers = supers(parts);
                if supers + 1 == depth(path) { after(&parts[supers..]) } else { None }
            }
        };
        let other = other.filter(|other| *other != own && folders.contains(other))?;
        Some(format!("protocol {own} must not know protocol {other}; share what both need in paths/"))
    })
}

/// Runs a rule on every path in every module of rig.
fn each_path(files: &Files, rule: impl Fn(&str, &Path, &Named<'_>) -> Option<String>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, text) in rust(files, "rig/src") {
        let first = path.iter().nth(2).unwrap_or_default().to_string_lossy();
        let module = first.trim_end_matches(".rs");
        if ["main", "lib"].contains(&module) {
            continue;
        }
        for named in paths(&code(text)) {
            violations.extend(rule(module, path, &named).map(|text| Violation::new(path, named.line, text)));
        }
    }
    violations
}

/// The first part below the root of the crate of a path that starts at `crate`, or climbs to the root by `super`.
fn from_root<'a>(path: &Path, named: &Named<'a>) -> Option<&'a str> {
    let climbed = supers(&named.parts);
    match named.parts.as_slice() {
        ["crate", target, ..] => Some(target),
        parts if climbed > 0 && climbed >= depth(path) => parts.get(climbed).copied(),
        _ => None,
    }
}

fn supers(parts: &[&str]) -> usize {
    parts.iter().take_while(|part| **part == "super").count()
}

/// How many `super` lead from a file to the root of its crate.
fn depth(path: &Path) -> usize {
    let below_src = path.iter().count() - 2;
    if path.ends_with("mod.rs") { below_src - 1 } else { below_src }
}

#[test]
fn planted_arrows_are_found() {
    let files = planted(&[
        ("rig/src/main.rs", "use crate::cli;\n"),
        (
            "rig/src/locks/mod.rs",
            "use super::{engine, world::World};\n// crate::paths\nlet x = crate::locks::y();\n",
        ),
        ("rig/src/locks/rwsem.rs", "use super::raw;\nuse super::super::kernel::Tid;\n"),
        ("rig/src/paths/mmap.rs", "use crate::{\n    world::Css,\n    protocols::Callbacks,\n};\n"),
        ("rig/src/linux/mover.rs", "fn f() {\n    crate::protocols::attach();\n}\n"),
        ("rig/src/extra.rs", "use crate::kernel::Tid;\n"),
    ]);
    assert_eq!(
        places(&arrows(&files)),
        [
            "rig/src/locks/mod.rs:1",
            "rig/src/locks/rwsem.rs:2",
            "rig/src/paths/mmap.rs:3",
            "rig/src/linux/mover.rs:2",
            "rig/src/extra.rs:1"
        ]
    );
}

#[test]
fn the_table_has_no_circle() {
    // A module stands above all that it may name, so that no chain of arrows leads back.
    let allowed =
        |module| ALLOWED.iter().find(|(known, _)| *known == module).map_or(&[][..], |(_, below)| below);
    for (module, below) in ALLOWED {
        let (mut seen, mut open) = (BTreeSet::new(), below.to_vec());
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(allowed(next));
            }
        }
        assert!(!seen.contains(module), "{module} may reach itself");
    }
}

#[test]
fn a_planted_name_of_reports_is_found() {
    let files = planted(&[
        ("rig/src/driver/cell.rs", "use reports::schema::Run;\n"),
        ("rig/src/measure/mod.rs", "use reports::schema::Run;\n"),
    ]);
    assert_eq!(places(&reports(&files)), ["rig/src/driver/cell.rs:1"]);
}

#[test]
fn planted_protocols_that_know_each_other_are_found() {
    let files = planted(&[
        ("rig/src/protocols/mod.rs", "use crate::protocols::three_phase::ThreePhase;\n"),
        (
            "rig/src/protocols/three_phase/mod.rs",
            "use crate::protocols::transactional::Half;\nuse super::Protocol;\n",
        ),
        ("rig/src/protocols/transactional/mod.rs", "use crate::protocols::transactional::Half;\n"),
        (
            "rig/src/protocols/prepare_undo/memory.rs",
            "use super::undo;\nuse super::super::three_phase::check;\n",
        ),
    ]);
    assert_eq!(
        places(&protocols(&files)),
        ["rig/src/protocols/three_phase/mod.rs:1", "rig/src/protocols/prepare_undo/memory.rs:2"]
    );
}
