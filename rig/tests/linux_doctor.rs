//! `attach-rig doctor` on the real kernel: it says what works here and leaves no cgroup behind.
//!
//! Needs root and a cgroup mount. Elsewhere it says so and is skipped, except with `CI=true`.
#![allow(clippy::print_stderr, reason = "a skipped test has to be seen")]
use rustix::process::geteuid;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_attach-rig");

/// `true` when the test cannot run here.
fn skipped(test: &str) -> bool {
    let reason = if !geteuid().is_root() {
        "needs root"
    } else if mounts().is_empty() {
        "needs a cgroup mount"
    } else {
        return false;
    };
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{test} {reason}, and CI must not skip it");
    eprintln!("skipped: {reason}: {test}");
    true
}

/// Mount points of all cgroup hierarchies.
fn mounts() -> Vec<PathBuf> {
    let text = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let cgroups = text.lines().filter(|line| line.contains(" - cgroup"));
    cgroups.map(|line| line.split(' ').nth(4).unwrap().into()).collect()
}

/// Every cgroup that the process `pid` of ours made, in all hierarchies.
fn groups_of(pid: u32) -> Vec<PathBuf> {
    let name = format!("attach-rig-{pid}-");
    let (mut found, mut folders) = (Vec::new(), mounts());
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        for path in entries.filter(|e| e.file_type().is_ok_and(|t| t.is_dir())).map(|e| e.path()) {
            if path.file_name().unwrap().to_string_lossy().starts_with(&name) {
                found.push(path.clone());
            }
            folders.push(path);
        }
    }
    found
}

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
