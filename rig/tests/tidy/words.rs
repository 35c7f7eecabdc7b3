//! Words that must not stand in some places.

use super::{
    source::{Files, Violation, code, places, planted, rust},
    tokens::paths,
};

const CRATES: [&str; 4] = ["faults", "reports", "rig", "workloads"];

/// Where `unsafe` may stand: two engines, the real kernel, and the tests that the seam holds.
const UNSAFE_PLACES: [&str; 4] =
    ["rig/src/engine/sim", "rig/src/engine/threads", "rig/src/linux", "rig/tests/seam"];

/// Source files that may use maps without order, with the reason.
const UNORDERED: &[(&str, &str)] = &[];

/// `unsafe` stands only where the design puts it.
pub(crate) fn unsafety(files: &Files) -> Vec<Violation> {
    let mut violations = forbid(files, "", &[&["unsafe"]], "unsafe has no place here");
    violations.retain(|found| !UNSAFE_PLACES.iter().any(|place| found.path.starts_with(place)));
    violations
}

/// The modelled kernel has no lock, clock or randomness.
pub(crate) fn kernel(files: &Files) -> Vec<Violation> {
    const FORBIDDEN: &[&[&str]] = &[
        &["std", "time"],
        &["std", "sync"],
        &["Instant"],
        &["SystemTime"],
        &["rand"],
        &["rand_pcg"],
        &["parking_lot"],
        &["Mutex"],
        &["RwLock"],
        &["Current"],
    ];
    forbid(files, "rig/src/kernel", FORBIDDEN, "kernel/ is plain data and arithmetic")
}

/// Maps and sets are ordered, since order reaches outputs sooner or later.
pub(crate) fn maps(files: &Files) -> Vec<Violation> {
    maps_except(files, UNORDERED)
}

fn maps_except(files: &Files, exceptions: &[(&str, &str)]) -> Vec<Violation> {
    const FORBIDDEN: &[&[&str]] = &[&["HashMap"], &["HashSet"], &["hash_map"], &["hash_set"]];
    let mut violations: Vec<Violation> = CRATES
        .iter()
        .flat_map(|name| forbid(files, &format!("{name}/src"), FORBIDDEN, "use BTreeMap or BTreeSet"))
        .collect();
    let excused = |found: &Violation, path: &str| found.path.ends_with(path);
    let idle: Vec<Violation> = exceptions
        .iter()
        .filter(|(path, _)| !violations.iter().any(|found| excused(found, path)))
        .map(|(path, _)| Violation::new(path.as_ref(), 0, "needs no exception any more: take it out"))
        .collect();
    violations.retain(|found| !exceptions.iter().any(|(path, _)| excused(found, path)));
    violations.extend(idle);
    violations
}

/// A protocol never asks which engine it runs on.
pub(crate) fn engines(files: &Files) -> Vec<Violation> {
    const FORBIDDEN: &[&[&str]] = &[&["engine", "sim"], &["engine", "threads"]];
    forbid(files, "rig/src/protocols", FORBIDDEN, "a protocol knows no engine, only Current")
}

/// Finds each of `words`, a word or a piece of a path, in the code of files below `prefix`.
fn forbid(files: &Files, prefix: &str, words: &[&[&str]], reason: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, text) in rust(files, prefix) {
        for named in paths(&code(text)) {
            let stands = |word: &&&[&str]| named.parts.windows(word.len()).any(|parts| parts == **word);
            if let Some(word) = words.iter().find(stands) {
                violations.push(Violation::new(path, named.line, format!("`{}`: {reason}", word.join("::"))));
            }
        }
    }
    violations
}

#[test]
fn planted_unsafe_is_found() {
    let text = "#![allow(unsafe_code)]\n// unsafe\nlet x = \"unsafe\";\nlet y = unsafe { z() };\n";
    let files = planted(&[
        ("rig/src/engine/sim/current.rs", text),
        ("rig/src/linux/mapping.rs", text),
        ("rig/src/engine/event.rs", text),
        ("rig/src/engine/simple.rs", "unsafe impl Send for X {}\n"),
        ("reports/src/lib.rs", "#![forbid(unsafe_code)]\n"),
        ("rig/tests/other.rs", "fn f() { unsafe fn g() {} }\n"),
    ]);
    assert_eq!(
        places(&unsafety(&files)),
        ["rig/src/engine/event.rs:4", "rig/src/engine/simple.rs:1", "rig/tests/other.rs:1"]
    );
}

#[test]
fn planted_locks_clocks_and_chance_in_the_kernel_are_found() {
    let text = "use std::{fmt, time::Duration};\nuse parking_lot::RwLock;\nfn f(c: &impl Current) {}\n// Instant\n\
                let r = rand::random();\nlet operand = brand;\n";
    let files = planted(&[("rig/src/kernel/page.rs", text), ("rig/src/engine/mod.rs", text)]);
    let lines = ["1", "2", "3", "5"].map(|line| format!("rig/src/kernel/page.rs:{line}"));
    assert_eq!(places(&kernel(&files)), lines);
}

#[test]
fn planted_maps_without_order_are_found() {
    let files = planted(&[
        ("faults/src/plan.rs", "use std::collections::{BTreeMap, HashMap};\n"),
        ("rig/src/world/css.rs", "let x: std::collections::HashSet<u8>;\n"),
        ("rig/tests/all.rs", "use std::collections::HashMap;\n"),
    ]);
    assert_eq!(places(&maps_except(&files, &[])), ["faults/src/plan.rs:1", "rig/src/world/css.rs:1"]);
    let exceptions = [("faults/src/plan.rs", "planted"), ("rig/src/lib.rs", "idle")];
    assert_eq!(places(&maps_except(&files, &exceptions)), ["rig/src/world/css.rs:1", "rig/src/lib.rs:0"]);
}

#[test]
fn a_planted_protocol_that_knows_its_engine_is_found() {
    let files = planted(&[
        (
            "rig/src/protocols/three_phase/mod.rs",
            "use crate::engine::{Current, sim::Sim};\nuse crate::engine;\n",
        ),
        ("rig/src/protocols/mod.rs", "fn f() { engine::threads::run() }\n"),
        ("rig/src/driver/cell.rs", "use crate::engine::sim::Sim;\n"),
    ]);
    assert_eq!(
        places(&engines(&files)),
        ["rig/src/protocols/three_phase/mod.rs:1", "rig/src/protocols/mod.rs:1"]
    );
}
