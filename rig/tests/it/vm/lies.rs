//! `attach-rig vm` with a QEMU of the test's own: guests that print nothing, too much, or false results.
//!
//! Needs neither QEMU nor a kernel nor root: a script takes the place of QEMU, and nothing boots.

use crate::support::{BINARY, said};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The start of the script. `$result` and `$console` are the files of the guest; `$accel` executes it.
const BEGIN: &str = r#"#!/bin/bash
for word in "$@"; do case $word in
    file,id=result,path=*) result=${word#*path=}; result=${result%%,append*} ;;
    file,id=console,path=*) console=${word#*path=}; console=${console%%,append*} ;;
    kvm|tcg) accel=$word ;;
esac; done
deliver() { printf '\nattach-rig-result %d %s\n' ${#1} "$1" > "$result"; }
"#;

/// Returns `attach-rig vm` with such a QEMU, in a folder that has everything that it needs.
fn vm(folder: &Path, guest: &str, arguments: &[&str]) -> Command {
    let qemu = folder.join("qemu-system-x86_64");
    fs::write(&qemu, format!("{BEGIN}{guest}\n")).unwrap();
    fs::set_permissions(&qemu, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.join("kernel"), "no kernel").unwrap();
    let mut command = Command::new(BINARY);
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    command.env("PATH", path).env("XDG_CACHE_HOME", folder.join("cache"));
    command.args(["vm", "--init", "/bin/true", "--duration", "100ms", "--kernel"]).arg(folder.join("kernel"));
    command.arg("--out").arg(folder.join("out")).args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn ended(guest: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    said(&vm(folder.path(), guest, arguments).output().unwrap())
}

#[test]
fn a_failure_is_never_a_success_whatever_its_code() {
    for (code, expected) in [(0, 101), (3, 101), (77, 101), (143, 101), (1, 1), (4, 4), (5, 5)] {
        let guest = format!(r#"deliver '{{"Failed":{{"code":{code},"message":"no\u001b[2J cgroups"}}}}'"#);
        let (found, text) = ended(&guest, &["--accel", "tcg"]);
        assert_eq!(found, Some(expected), "{code}: {text}");
        assert!(text.contains("in the guest: no\\u{1b}[2J cgroups"), "{code}: {text}");
    }
}

#[test]
fn what_is_no_result_is_none() {
    for guest in [
        "true",
        "deliver '{}'",
        r#"deliver '{"Measured":{}}'"#,
        r#"deliver '{"Failed":{"code":-1,"message":""}}'"#,
        r#"deliver '{"Failed":{"code":4}}'"#,
        r#"echo 'attach-rig-result 99999999999999999999 {}' > "$result""#,
        r#"head -c 100000 /dev/urandom > "$result""#,
    ] {
        let (code, text) = ended(guest, &["--accel", "tcg"]);
        assert_eq!(code, Some(5), "{guest}: {text}");
        assert!(text.contains("without a result") && text.contains("never said a word"), "{guest}: {text}");
    }
}

#[test]
fn a_flood_ends_the_guest() {
    for (file, what) in [("result", "its result"), ("console", "its console")] {
        let guest = format!(r#"truncate -s 1G "${file}"; exec sleep 60"#);
        let (code, text) = ended(&guest, &["--accel", "tcg"]);
        assert_eq!(code, Some(5), "{text}");
        assert!(text.contains(what) && text.contains("MiB"), "{text}");
    }
}

#[test]
fn kvm_that_runs_nothing_is_a_reason_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let silent = vm(folder.path(), "exec sleep 300", &["--accel", "kvm"]).output().unwrap();
    let (code, text) = said(&silent);
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("KVM opens, but a guest said nothing for 10 s"), "{text}");
    assert!(text.contains("try: --accel tcg"), "{text}");
    let (code, text) = ended("echo qemu-system-x86_64: no MSR >&2; exit 1", &["--accel", "kvm"]);
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("ended before its guest said a word (qemu-system-x86_64: no MSR)"), "{text}");
}

#[test]
fn silence_under_kvm_leads_to_emulation_and_is_remembered() {
    let kvm = fs::OpenOptions::new().read(true).write(true).open("/dev/kvm");
    if crate::skip::skip(
        "silence_under_kvm_leads_to_emulation_and_is_remembered",
        kvm.err().map(|_| "needs /dev/kvm"),
    ) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let guest = r#"[ $accel = kvm ] && exec sleep 300
        deliver '{"Failed":{"code":4,"message":"emulated"}}'"#;
    let begin = Instant::now();
    let arguments = ["--hierarchy", "v1,v2"];
    let (code, text) = said(&vm(folder.path(), guest, &arguments).output().unwrap());
    assert_eq!(code, Some(4), "{text}");
    let words = "a guest said nothing for 10 s: going on under emulation (TCG); remembered in ";
    assert_eq!(text.matches(words).count(), 1, "the second guest does not try again: {text}");
    assert_eq!(text.matches("emulated").count(), 2, "{text}");
    assert!(begin.elapsed() >= Duration::from_secs(10));
    let (_, text) = said(&vm(folder.path(), guest, &arguments).output().unwrap());
    assert!(text.contains("KVM ran no guest earlier in this boot"), "{text}");
    assert!(!text.contains("said nothing"), "{text}");
}

#[test]
fn a_silent_guest_ends_at_once_with_the_rig_and_its_limit_tells_the_truth() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let folder = tempfile::tempdir().unwrap();
        let guest = r#"touch "$console.up"; exec sleep 300"#;
        let rig = vm(folder.path(), guest, &["--accel", "kvm"]).spawn().unwrap();
        let up = folder.path().join("out/console-v1.log.up");
        let begin = Instant::now();
        while !up.exists() {
            assert!(begin.elapsed() < Duration::from_secs(30), "it never started");
            std::thread::sleep(Duration::from_millis(20));
        }
        kill_process(Pid::from_raw(rig.id().cast_signed()).unwrap(), signal).unwrap();
        let begin = Instant::now();
        let (found, text) = said(&rig.wait_with_output().unwrap());
        assert_eq!(found, Some(code), "{text}");
        assert!(begin.elapsed() < Duration::from_secs(5), "it waited for the guest");
    }
    let (code, text) = ended("exec sleep 300", &["--accel", "tcg", "--timeout", "1s"]);
    assert_eq!(code, Some(5), "{text}");
    assert!(text.contains("never said a word within 1s") && !text.contains("not finished"), "{text}");
    let speaks = r#"echo '[    0.0] Linux version 6' > "$console"; exec sleep 300"#;
    let (_, text) = ended(speaks, &["--accel", "tcg", "--timeout", "1s"]);
    assert!(text.contains("had not finished after 1s") && text.contains("| [    0.0] Linux"), "{text}");
}

/// Returns the messages of a guest that begins to measure, and its first cell, which is made from a simulated one.
fn begun(folder: &Path) -> String {
    let mut simulated = Command::new(BINARY);
    simulated.args(["run", "idle", "--duration", "1ms", "--seeds", "1", "--out", "sim"]).current_dir(folder);
    simulated.output().unwrap();
    let mut run: Value = serde_json::from_slice(&fs::read(folder.join("sim/run.json")).unwrap()).unwrap();
    let mut cell = run["cells"][0].take();
    cell["protocol"] = "v1:pids".into();
    (cell["rate_per_s"], cell["fault_rate_percent"]) = (Value::Null, Value::Null);
    (cell["attach"]["outcomes"], cell["attach"]["latency"]) = (json!({}), json!([]));
    (run["cells"], run["verdicts"], run["engine"]) = (json!([]), json!([]), "linux".into());
    (run["scenario"]["name"], run["scenario"]["seed"]) = ("linux".into(), 1.into());
    (run["scenario"]["duration_ns"], run["plan"]) = (100_000_000.into(), Value::Null);
    let delivery = json!({
        "run": run, "facts": {}, "kernel": "Linux 6.1 x86_64", "cpu": "none", "cpus": 2, "code": 0, "failure": null
    });
    let foreign = {
        let mut cell = cell.clone();
        cell["protocol"] = "v2".into();
        cell
    };
    let said = [
        json!({ "Asked": delivery }),
        json!({ "Cell": { "cell": foreign, "notes": [] } }),
        json!({ "Cell": { "cell": cell, "notes": [] } }),
    ];
    let line = |said: &Value| format!("\nattach-rig-result {} {said}\n", said.to_string().len());
    said.iter().map(line).collect()
}

#[test]
fn cells_of_a_guest_that_dies_outlive_the_next_guest() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("said"), begun(folder.path())).unwrap();
    let guest = format!("cat {}/said > \"$result\"; sleep 1", folder.path().display());
    let output = vm(folder.path(), &guest, &["--accel", "tcg", "--hierarchy", "v1,v2"]).output().unwrap();
    let (code, text) = said(&output);
    assert_eq!(code, Some(5), "{text}");
    assert_eq!(text.matches("  1 cells measured").count(), 2, "{text}");
    let run = reports::json::read_run(&folder.path().join("out/run.json")).unwrap();
    let names: Vec<&str> = run.cells.iter().map(|cell| cell.subject.label()).collect();
    assert_eq!((names, run.interrupted), (vec!["vm:v1", "vm:v2"], true));
    assert!(!folder.path().join("out/cells").exists());
    let page = crate::support::rig(&["report", "out"], folder.path());
    assert_eq!(page.status.code(), Some(5), "{}", crate::support::text(&page.stderr));
}

#[test]
fn a_cell_of_a_guest_outlives_a_killed_rig_and_one_that_was_not_asked_for_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("said"), begun(folder.path())).unwrap();
    let guest = format!("cat {}/said > \"$result\"; exec sleep 300", folder.path().display());
    let mut rig = vm(folder.path(), &guest, &["--accel", "tcg"]).spawn().unwrap();
    let (out, begin) = (folder.path().join("out"), Instant::now());
    while !out.join("cells/00000.json").exists() {
        assert!(begin.elapsed() < Duration::from_secs(30) && rig.try_wait().unwrap().is_none(), "no cell");
        std::thread::sleep(Duration::from_millis(5));
    }
    rig.kill().unwrap();
    rig.wait().unwrap();
    let mut report = Command::new(BINARY);
    let report =
        report.args(["report", "out", "--format", "json"]).current_dir(folder.path()).output().unwrap();
    let (code, text) = said(&report);
    assert_eq!(code, Some(5), "{text}");
    let run: Value = serde_json::from_slice(&report.stdout).unwrap();
    let cells = run["cells"].as_array().unwrap();
    let subjects: Vec<_> = cells.iter().map(|cell| (&cell["protocol"], &cell["guest"])).collect();
    assert_eq!(subjects, [(&json!("v1"), &json!(true))], "{text}");
    assert_eq!((&run["interrupted"], &run["scenario"]["name"]), (&Value::Bool(true), &"vm".into()));
}
