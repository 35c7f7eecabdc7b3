//! `attach-rig doctor` on the real kernel: it reports the features that work here, and leaves no cgroup behind.
//!
//! Needs root and a cgroup mount, for kernels that boot QEMU. Elsewhere tests say so and are skipped, except with
//! `ATTACH_RIG_REQUIRE=all`.

use crate::cgroups::{alone, groups_of, skip, skipped};
use crate::support::BINARY;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
fn the_doctor_says_what_works_and_leaves_nothing() {
    if skipped("the_doctor_says_what_works_and_leaves_nothing") {
        return;
    }
    let _alone = alone();
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

/// Returns the row about the kernel that is named, and the exit code.
fn booted(kernel: &Path) -> (serde_json::Value, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("doctor.json");
    let mut command = Command::new(BINARY);
    command.arg("doctor").arg("--json").arg(&json).arg("--kernel").arg(kernel);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let checkup: serde_json::Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    let rows = checkup["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["check"] == "kernel-boots").unwrap();
    (row.clone(), output.status.code())
}

fn without_qemu(test: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has = std::env::split_paths(&path).any(|folder| folder.join("qemu-system-x86_64").is_file());
    skip(test, (!has).then_some("needs qemu-system-x86_64 (see .ci/vm)"))
}

#[test]
fn a_kernel_that_is_named_boots_for_a_moment() {
    let test = "a_kernel_that_is_named_boots_for_a_moment";
    let kernel = std::env::var_os("ATTACH_RIG_KERNEL").map(PathBuf::from).filter(|file| file.is_file());
    let lacks = kernel.is_none().then_some("needs a kernel, named by ATTACH_RIG_KERNEL (see .ci/vm)");
    if without_qemu(test) || skip(test, lacks) || skipped(test) {
        return;
    }
    let (row, code) = booted(&kernel.unwrap());
    let finding = row["finding"].as_str().unwrap();
    assert!(
        row["verdict"] == "ok" && finding.contains("Linux version ") && finding.contains(" boots under "),
        "{row}"
    );
    assert_eq!(code, Some(0));
}

#[test]
fn a_file_that_is_no_kernel_does_not_boot() {
    let test = "a_file_that_is_no_kernel_does_not_boot";
    if without_qemu(test) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vmlinuz-none");
    fs::write(&file, "not a kernel").unwrap();
    let (row, code) = booted(&file);
    let finding = row["finding"].as_str().unwrap();
    assert!(
        row["verdict"] == "missing" && finding.contains("QEMU ended before the kernel said a word"),
        "{row}"
    );
    assert!(row["remedy"].as_str().unwrap().contains("bzImage"), "{row}");
    assert_eq!(code, Some(4));
}
