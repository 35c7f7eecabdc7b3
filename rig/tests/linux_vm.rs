//! `attach-rig vm` for real: a stock kernel boots under QEMU, measures, and its result comes out labelled.
//!
//! Apart from `linux.rs`, since this needs QEMU, a kernel and a static rig instead of root: `.ci/vm COMMAND` fetches and
//! builds them and names them by ATTACH_RIG_KERNEL and ATTACH_RIG_STATIC. Without them the tests say so and are skipped,
//! except with `CI=true`, where being skipped would go unnoticed. No test bounds a time of the guest.
#![allow(clippy::print_stderr, reason = "a skipped test has to be seen")]
use reports::schema::{NoteKind, Run};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

const BINARY: &str = env!("CARGO_BIN_EXE_attach-rig");

/// Kernel and static rig; `None` when the test cannot run here.
fn parts(test: &str) -> Option<(PathBuf, PathBuf)> {
    let named = |name: &str| env::var_os(name).map(PathBuf::from).filter(|file| file.is_file());
    let path = env::var_os("PATH").unwrap_or_default();
    let reason = match (named("ATTACH_RIG_KERNEL"), named("ATTACH_RIG_STATIC")) {
        _ if !env::split_paths(&path).any(|folder| folder.join("qemu-system-x86_64").is_file()) => {
            "needs qemu-system-x86_64"
        }
        (None, _) => "needs a kernel, named by ATTACH_RIG_KERNEL",
        (_, None) => "needs a static rig, named by ATTACH_RIG_STATIC",
        (Some(kernel), Some(init)) => return Some((kernel, init)),
    };
    assert!(
        env::var("CI").as_deref() != Ok("true"),
        "{test} {reason}, and CI must not skip it: run it by .ci/vm"
    );
    eprintln!("skipped: {reason} (see .ci/vm): {test}");
    None
}

fn vm(arguments: &[&str], (kernel, init): (&Path, &Path), out: &Path) -> Output {
    let mut command = Command::new(BINARY);
    command.arg("vm").arg("--kernel").arg(kernel).arg("--init").arg(init).arg("--out").arg(out);
    command.args(arguments).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn every_hierarchy_is_measured_in_a_guest_of_its_own() {
    let Some((kernel, init)) = parts("every_hierarchy_is_measured_in_a_guest_of_its_own") else { return };
    for (hierarchy, label, controllers) in [
        ("v1", "vm:v1", &["cpuset", "memory", "pids"][..]),
        ("v1:charges", "vm:v1+charges", &["cpuset", "memory", "pids"]),
        ("v2", "vm:v2", &[]),
        ("v2:favordynmods", "vm:v2:favordynmods", &[]),
    ] {
        let out = tempfile::tempdir().unwrap();
        let arguments = ["--hierarchy", hierarchy, "--duration", "1s", "--rate", "20/s"];
        let output = vm(&arguments, (&kernel, &init), out.path());
        assert_eq!(output.status.code(), Some(0), "{hierarchy}: {output:?}");
        let run: Run =
            serde_json::from_str(&fs::read_to_string(out.path().join("run.json")).unwrap()).unwrap();
        let [closed, open, ..] = run.cells.as_slice() else {
            panic!("{hierarchy}: closed loop and one rate")
        };
        assert_eq!((closed.protocol.as_str(), open.protocol.as_str()), (label, label));
        assert!(run.cells.iter().all(|cell| cell.protocol.starts_with(label)), "{hierarchy}");
        assert!(closed.attach.outcomes["moved"] > 0, "{hierarchy}");
        assert_eq!(run.scenario.controllers, controllers, "{hierarchy}");
        assert!(run.command.contains("vm --cpus 2 --memory 512M --accel"), "{}", run.command);
        assert!(run.command.contains(&format!("--hierarchy {hierarchy} --rate 20/s")), "{}", run.command);
        let note = &run.notes[0];
        assert!(note.kind == NoteKind::Info && note.text.contains("virtual machine"), "{}", note.text);
        let mut left: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["console.log", "env.json", "report.html", "run.json"]);
    }
}

#[test]
fn a_guest_that_is_too_slow_is_ended_and_its_console_quoted() {
    let Some((kernel, init)) = parts("a_guest_that_is_too_slow_is_ended_and_its_console_quoted") else {
        return;
    };
    let out = tempfile::tempdir().unwrap();
    let output = vm(&["--duration", "10m", "--timeout", "8s"], (&kernel, &init), out.path());
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{text}");
    assert!(text.contains("after 8s") && text.contains("--timeout") && text.contains("  | "), "{text}");
    let left: Vec<_> = fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["console.log"]);
}

#[test]
fn a_guest_that_cannot_boot_is_no_hang() {
    let Some((kernel, init)) = parts("a_guest_that_cannot_boot_is_no_hang") else { return };
    // Too small for the initramfs: the kernel panics, and QEMU ends instead of booting again.
    let out = tempfile::tempdir().unwrap();
    let output = vm(&["--memory", "96M", "--duration", "1s"], (&kernel, &init), out.path());
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{text}");
    assert!(text.contains("without a result"), "{text}");
}

#[test]
fn what_is_missing_is_told_with_the_command_that_gets_it() {
    let out = tempfile::tempdir().unwrap();
    for (kernel, init, code, told) in [
        ("/nonexistent", "/etc/passwd", 4, "crt-static"),
        ("/nonexistent", "/nonexistent", 4, "cannot read /nonexistent"),
    ] {
        let output = vm(&[], (kernel.as_ref(), init.as_ref()), out.path());
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(text.contains(told), "{text}");
    }
    for (arguments, right) in [
        (["--hierarchy", "v1:pids"], "v1:charges"),
        (["--memory", "512"], "512M"),
        (["--cpus", "0"], "1 to 255"),
        (["--accel", "xen"], "auto, kvm or tcg"),
    ] {
        let output = vm(&arguments, ("/nonexistent".as_ref(), "/nonexistent".as_ref()), out.path());
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains(right), "{arguments:?}: {text}");
    }
}

#[test]
fn elsewhere_than_in_a_guest_init_does_nothing() {
    let output = Command::new(BINARY).arg("__vm-init").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("attach-rig vm"), "{output:?}");
}
