//! `attach-rig doctor` on the real kernel: it says what works here and leaves no cgroup behind.
//!
//! Needs root and a cgroup mount. Elsewhere it says so and is skipped, except with `ATTACH_RIG_REQUIRE=all`.
#[path = "support/cgroups.rs"]
mod cgroups;

use cgroups::{groups_of, skipped};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_attach-rig");

#[test]
fn the_doctor_says_what_works_and_leaves_nothing() {
    if skipped("the_doctor_says_what_works_and_leaves_nothing") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("doctor.json");
    let mut command = Command::new(BINARY);
    command.arg("doctor").arg("--json").arg(&json);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let output = child.wait_with_output().unwrap();
    assert_eq!(groups_of(pid), [] as [PathBuf; 0]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let checkup: serde_json::Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    let rows = checkup["rows"].as_array().unwrap();
    assert!(!checkup["movable"].as_array().unwrap().is_empty());
    let text = String::from_utf8(output.stdout).unwrap();
    for row in rows {
        let check = row["check"].as_str().unwrap();
        assert!(text.contains(&format!("| {check} ")), "{check} is not in the table");
        let ok = row["verdict"] == "ok";
        assert_eq!(ok, row["remedy"] == "", "{row}");
    }
    let ok = rows.iter().filter(|row| row["verdict"] == "ok").count();
    assert!(text.lines().last().unwrap().starts_with(&format!("doctor: {ok} ok, ")), "{text}");
}
