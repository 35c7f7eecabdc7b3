//! `attach-rig linux` while a foreign process is in its cgroups: the process is named and left alone, and the
//! counters that include it are not judged.
//!
//! Needs root and a cgroup mount, as `linux.rs` does. No test bounds a wall-clock time.

use crate::cgroups::{groups_of, skipped, without_v1};
use crate::support::BINARY;
use reports::schema::{NoteKind, Run};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// A process that belongs to no run. It ends with this value.
struct Stranger(Child);

impl Stranger {
    fn new() -> Self {
        Self(Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap())
    }

    fn lives(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn linux(arguments: &str, out: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.arg("linux").args(arguments.split(' ')).arg("--no-trace").arg("--out").arg(out);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn start(arguments: &str, out: &Path) -> (Child, BufReader<ChildStderr>) {
    let mut rig = linux(arguments, out).spawn().unwrap();
    let said = BufReader::new(rig.stderr.take().unwrap());
    (rig, said)
}

/// Reads until a line contains `what`. Returns the line.
fn until(said: &mut BufReader<ChildStderr>, what: &str) -> String {
    loop {
        let mut line = String::new();
        assert!(said.read_line(&mut line).unwrap() > 0, "the run ended without `{what}`");
        if line.contains(what) {
            return line;
        }
    }
}

/// Returns the run, its exit code and the rest of its output. A stranger enters its cgroup `a` after a line with
/// `moment`.
fn with_stranger(arguments: &str, moment: &str, stranger: &Stranger) -> (Run, Option<i32>) {
    let out = tempfile::tempdir().unwrap();
    let (mut rig, mut said) = start(arguments, out.path());
    let ready = until(&mut said, "moves within ");
    let top = PathBuf::from(ready.trim_end().rsplit_once("moves within ").unwrap().1);
    until(&mut said, moment);
    fs::write(top.join("a/cgroup.procs"), stranger.0.id().to_string()).unwrap();
    said.read_to_string(&mut String::new()).unwrap();
    let code = rig.wait().unwrap().code();
    assert_eq!(groups_of(rig.id()), [] as [PathBuf; 0]);
    let run = serde_json::from_str(&fs::read_to_string(out.path().join("run.json")).unwrap()).unwrap();
    (run, code)
}

#[test]
fn a_counter_of_tasks_with_a_stranger_is_not_judged_and_the_stranger_lives() {
    let test = "a_counter_of_tasks_with_a_stranger_is_not_judged_and_the_stranger_lives";
    if skipped(test) || without_v1(test, "pids") {
        return;
    }
    let mut stranger = Stranger::new();
    let (run, code) = with_stranger("--hierarchy v1:pids --duration 400ms --rate 50/s", "1/2 ", &stranger);
    assert_eq!(code, Some(5), "{:?}", run.notes);
    assert!(stranger.lives());
    let named = format!("process {} (sleep) in /", stranger.0.id());
    for (cell, label) in run.cells.iter().zip(["closed loop", "50/s"]) {
        let counters: Vec<_> = cell.drift.iter().map(|row| (row.cgroup.as_str(), row.drift_final)).collect();
        assert_eq!(counters, [("b", 0)], "{label}: the other cgroup is judged");
        let is_said =
            |text: &str| text.starts_with(&format!("{label}: pids:a is not judged")) && text.contains(&named);
        let note = run.notes.iter().find(|note| note.kind == NoteKind::Inconclusive && is_said(&note.text));
        assert!(note.is_some(), "{label}: {:?}", run.notes);
    }
    assert!(run.cells.iter().flat_map(|cell| &cell.invariants).all(|invariant| invariant.violated == 0));
}

#[test]
fn pages_are_not_judged_any_more_once_a_stranger_was_seen() {
    let test = "pages_are_not_judged_any_more_once_a_stranger_was_seen";
    if skipped(test) || without_v1(test, "memory") {
        return;
    }
    let mut stranger = Stranger::new();
    let arguments = "--hierarchy v1:memory --duration 300ms --rate 50/s --rate 40/s";
    let (run, code) = with_stranger(arguments, "2/3 ", &stranger);
    assert_eq!(code, Some(5), "{:?}", run.notes);
    assert!(stranger.lives());
    let judged: Vec<usize> = run.cells.iter().map(|cell| cell.drift.len()).collect();
    assert_eq!(judged, [1, 0, 0], "the cell before it came is judged");
}

#[test]
fn a_stranger_that_no_counter_includes_is_named_and_changes_nothing() {
    let test = "a_stranger_that_no_counter_includes_is_named_and_changes_nothing";
    if skipped(test) || without_v1(test, "freezer") {
        return;
    }
    let mut stranger = Stranger::new();
    let (run, code) = with_stranger("--hierarchy v1:freezer --duration 300ms", "1/1 ", &stranger);
    assert_eq!(code, Some(0), "{:?}", run.notes);
    assert!(stranger.lives());
    let named = format!("process {} (sleep) in /", stranger.0.id());
    let is_warning = |text: &str| text.contains("others were in the run's cgroups") && text.contains(&named);
    let warned = run.notes.iter().find(|note| note.kind == NoteKind::Warning && is_warning(&note.text));
    assert!(warned.is_some(), "{:?}", run.notes);
}

#[test]
fn a_stranger_that_comes_and_goes_between_two_refusals_is_not_blamed_on_the_kernel() {
    let test = "a_stranger_that_comes_and_goes_between_two_refusals_is_not_blamed_on_the_kernel";
    if skipped(test) || without_v1(test, "pids") {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let mut command = linux("--hierarchy v1:pids --duration 30ms", out.path());
    let mut rig = command.args(["--fault", "core.exit: errno=ESRCH times=4000"]).spawn().unwrap();
    let mut said = BufReader::new(rig.stderr.take().unwrap());
    let ready = until(&mut said, "moves within ");
    let top = PathBuf::from(ready.trim_end().rsplit_once("moves within ").unwrap().1);
    until(&mut said, " moved, ");
    // The refusals take seconds, and begin now.
    sleep(Duration::from_millis(300));
    let stranger = Stranger::new();
    // Some of these moves fall into a refusal, others between two.
    for _ in 0..10 {
        for cgroup in [top.join("a"), top.parent().unwrap().to_owned()] {
            fs::write(cgroup.join("cgroup.procs"), stranger.0.id().to_string()).unwrap();
            sleep(Duration::from_millis(30));
        }
    }
    drop(stranger);
    said.read_to_string(&mut String::new()).unwrap();
    let code = rig.wait().unwrap().code();
    let run: Run = serde_json::from_str(&fs::read_to_string(out.path().join("run.json")).unwrap()).unwrap();
    assert_eq!(code, Some(5), "{:?} {:?}", run.verdicts, run.notes);
    let names = |cell: &reports::schema::Cell| -> Vec<String> {
        cell.invariants.iter().map(|invariant| invariant.name.clone()).collect()
    };
    assert_eq!(run.cells.last().map(names), Some(vec!["drift".into(), "refused-as-expected".into()]));
    let is_said = |text: &str| text.contains("rollback is not judged") && text.contains("(sleep) in /");
    assert!(
        run.notes.iter().any(|note| note.kind == NoteKind::Inconclusive && is_said(&note.text)),
        "{:?}",
        run.notes
    );
}
