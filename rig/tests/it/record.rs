//! `attach-rig record`: programs and running services by strace. Tests are skipped where strace is missing or may not
//! trace.

use crate::support::{BINARY, rig, text};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

fn skipped(test: &str) -> bool {
    let works = Command::new("strace").args(["-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let works = works.is_ok_and(|status| status.success());
    crate::skip::skip(test, (!works).then_some("needs strace that may trace"))
}

/// A process that does nothing, and ends with the test.
struct Idle(Child);

impl Idle {
    fn start() -> Self {
        Self(Command::new("sleep").arg("60").spawn().unwrap())
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }

    /// Reports whether it lives and is not traced.
    fn goes_on(&mut self) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        self.0.try_wait().unwrap().is_none() && status.contains("TracerPid:\t0\n")
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_program_is_recorded_with_its_memory_and_a_scenario_that_runs() {
    if skipped("a_program_is_recorded_with_its_memory_and_a_scenario_that_runs") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let output =
        rig(&["record", "-o", "it.strace.gz", "--", "sh", "-c", "(true); (true); exit 3"], folder.path());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("sh exited with 3") && said.contains("processes: 3;") && said.contains("sampled: "),
        "{said}"
    );
    let json = rig(&["recording", "it.strace.gz", "--json", "out.json"], folder.path());
    assert_eq!(json.status.code(), Some(0));
    let read: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("out.json")).unwrap()).unwrap();
    assert_eq!((read[0]["processes"].as_u64(), read[0]["threads"].as_u64()), (Some(3), Some(3)));
    assert!(read[0]["pages_touched_at_ends"].as_u64() > Some(20), "{read}");
    let ran = rig(&["run", "it.toml", "--out", "o"], folder.path());
    assert!(matches!(ran.status.code(), Some(0 | 1 | 5)), "{}", text(&ran.stderr));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".part")), "{left:?}");
}

#[test]
fn a_service_goes_on_after_the_time_and_after_a_signal() {
    if skipped("a_service_goes_on_after_the_time_and_after_a_signal") {
        return;
    }
    let (folder, mut idle) = (tempfile::tempdir().unwrap(), Idle::start());
    let pid = idle.pid();
    let timed = rig(&["record", "-p", &pid, "--duration", "200ms", "-o", "timed.strace"], folder.path());
    let said = text(&timed.stderr);
    assert_eq!(timed.status.code(), Some(0), "{said}");
    assert!(said.contains("detached from the processes, which keep running") && idle.goes_on(), "{said}");

    let mut command = Command::new(BINARY);
    command
        .args(["record", "-p", &pid, "-o", "ended.strace"])
        .current_dir(folder.path())
        .stderr(Stdio::null());
    let mut recorder = command.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let recorder_pid = rustix::process::Pid::from_child(&recorder);
    rustix::process::kill_process(recorder_pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(recorder.wait().unwrap().code(), Some(0));
    assert!(idle.goes_on());
    for name in ["timed", "ended"] {
        let log = fs::read_to_string(folder.path().join(format!("{name}.strace"))).unwrap();
        assert!(log.contains(&format!("#attach-rig process {pid} at ")), "{log}");
        assert!(folder.path().join(format!("{name}.toml")).exists());
    }
}

#[test]
fn what_cannot_be_recorded_says_why_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Command::new(BINARY)
        .args(["record", "--", "/bin/true"])
        .current_dir(folder.path())
        .env("PATH", folder.path())
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(4), "{}", text(&missing.stderr));
    assert!(text(&missing.stderr).contains("apt install strace"));
    let usage = rig(&["record"], folder.path());
    assert_eq!(usage.status.code(), Some(2));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
    if skipped("what_cannot_be_recorded_says_why_and_leaves_nothing") {
        return;
    }
    for (arguments, words) in [
        (vec!["record", "--", "no-such-program"], "no program `no-such-program`"),
        (vec!["record", "-p", "4194304"], "no process 4194304"),
    ] {
        let output = rig(&arguments, folder.path());
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
}
