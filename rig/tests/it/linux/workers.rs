//! `attach-rig linux` with workers and movers of every kind: each moved task is counted where it is, the latencies of
//! operations are kept separately by condition, and nothing remains.
//!
//! Needs root and a cgroup mount, as `linux.rs` does. No test bounds a wall-clock time.

use crate::cgroups::{groups_of, skipped, without_v1};
use crate::support::BINARY;
use reports::schema::{Cell, Condition, NoteKind, Run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Makes a run that ends well and leaves nothing.
fn run(arguments: &str, out: &Path) -> Run {
    let mut command = Command::new(BINARY);
    command.arg("linux").args(arguments.split_whitespace()).arg("--no-trace").arg("--out").arg(out);
    let rig = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pid = rig.id();
    let output = rig.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{arguments}: {output:?}");
    assert_eq!(groups_of(pid), [] as [PathBuf; 0], "{arguments}");
    serde_json::from_str(&fs::read_to_string(out.join("run.json")).unwrap()).unwrap()
}

/// Returns the number of operations of that name under that condition.
fn done(cell: &Cell, op: &str, condition: Condition) -> u64 {
    let row = cell.bystanders.iter().find(|row| row.op == op && row.condition == condition);
    row.map_or(0, |row| row.hist.count)
}

/// Asserts that every counter reads the same as the workers' books.
fn counted(run: &Run) {
    for cell in &run.cells {
        let violated = cell.invariants.iter().find(|invariant| invariant.violated > 0);
        assert!(violated.is_none(), "{violated:?}");
        assert!(
            cell.drift.iter().all(|row| row.controller != "pids" || row.drift_final == 0),
            "{:?}",
            cell.drift
        );
    }
}

#[test]
fn whatever_is_moved_is_counted_where_it_is() {
    if skipped("whatever_is_moved_is_counted_where_it_is") {
        return;
    }
    for (arguments, tasks) in [
        ("--threads 3", 4),
        ("--move thread --threads 3", 4),
        ("--move scattered --threads 4", 5),
        ("--processes 3 --movers 2 --threads 2", 9),
        ("--processes 2 --threads 1 --workload fork-storm --bystanders 0", 4),
    ] {
        let out = tempfile::tempdir().unwrap();
        let run = run(&format!("{arguments} --duration 200ms --rate 50/s"), out.path());
        counted(&run);
        let [closed, open] = run.cells.as_slice() else { panic!("{arguments}: a closed loop and one rate") };
        assert!(closed.attach.outcomes["moved"] > 0, "{arguments}");
        let movers = if arguments.contains("--movers 2") { 2 } else { 1 };
        assert_eq!(open.attach.outcomes["moved"], 10 * movers, "{arguments}");
        let counted: i64 = open.drift.iter().map(|row| row.usage_final).sum();
        // Forked threads are gone, or idle where they are.
        let forks = arguments.contains("fork-storm");
        let pids = !open.drift.is_empty();
        assert!(!pids || counted == tasks || forks && counted >= tasks, "{arguments}: {counted} of {tasks}");
        assert!(run.command.contains(arguments.split(" --").next().unwrap()), "{}", run.command);
    }
}

#[test]
fn operations_during_a_move_are_counted_separately() {
    if skipped("operations_during_a_move_are_counted_separately") {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let run = run("--duration 400ms --rate 5/s --resident-pages 0,256", out.path());
    counted(&run);
    let [closed, open, none, some] = run.cells.as_slice() else { panic!("four cells: {}", run.cells.len()) };
    for op in ["mmap", "munmap", "touch"] {
        assert!(done(closed, op, Condition::Attaching) > done(closed, op, Condition::Idle), "{op}");
        assert!(done(open, op, Condition::Idle) > 0, "{op}");
    }
    let forks =
        |cell| done(cell, "fork-process", Condition::Idle) + done(cell, "fork-process", Condition::Attaching);
    assert!(forks(closed) > 0 && forks(open) > 0, "the bystander forks");
    for cell in [none, some] {
        assert_eq!(cell.bystanders, [], "an idle process does no operation");
        assert!(cell.attach.outcomes["moved"] > 0);
    }
}

#[test]
fn a_scenario_is_run_for_real_and_what_is_left_out_is_said() {
    if skipped("a_scenario_is_run_for_real_and_what_is_left_out_is_said") {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let run = run("fork-storm --duration 300ms", out.path());
    counted(&run);
    assert_eq!(run.scenario.name, "fork-storm");
    assert!(run.scenario.toml.contains("shape = \"fork-storm\""), "{}", run.scenario.toml);
    let cell = &run.cells[0];
    for op in ["fork-thread", "fork-process", "exec", "mmap"] {
        let all = done(cell, op, Condition::Idle) + done(cell, op, Condition::Attaching);
        assert!(all > 0, "{op}: {:?}", cell.bystanders);
    }
    let said =
        |what: &str| run.notes.iter().any(|note| note.kind == NoteKind::Info && note.text.contains(what));
    assert!(said("injected by the simulator only") && said("Limits and CPUs"), "{:?}", run.notes);
}

#[test]
fn processes_that_outlive_their_parents_are_counted_until_they_end() {
    if skipped("processes_that_outlive_their_parents_are_counted_until_they_end") {
        return;
    }
    // The recording forks, execs, and leaves orphans. The kernel counts an orphan wrongly until some process waits
    // for it.
    let out = tempfile::tempdir().unwrap();
    let run = run("parallel-build --duration 500ms", out.path());
    counted(&run);
    assert!(run.cells[0].bystanders.iter().any(|row| row.op == "exec" && row.hist.count > 0));
}

#[test]
fn memory_is_counted_where_it_is_whoever_execs_and_starts_threads() {
    let test = "memory_is_counted_where_it_is_whoever_execs_and_starts_threads";
    // The run is within this process's own cgroup, as always. A guest tests v2 with the memory controller.
    if skipped(test) || without_v1(test, "memory") {
        return;
    }
    // The progress of the recording at the end of a cell depends on the other work of the machine.
    let means_something = (0..8).any(|_| {
        let out = tempfile::tempdir().unwrap();
        let run = run("python-threads --hierarchy v1:memory --duration 500ms", out.path());
        counted(&run);
        let all = run.cells[0].drift.iter().find(|row| row.cgroup == "all").unwrap();
        all.usage_final > 10 * all.tolerance.unwrap()
    });
    assert!(means_something, "no cell ended with far more pages than batches may hide");
}

#[test]
fn what_the_kernel_cannot_do_of_a_scenario_is_an_error() {
    let out = tempfile::tempdir().unwrap();
    for (arguments, right) in [
        ("all-tasks", "attach-rig run"),
        ("nowhere", "neither a built-in scenario"),
        ("default --threads 2", "cannot be used with"),
        ("--movers 2", "as many --processes"),
        ("--move everything", "scattered"),
        ("--workload churm", "churn"),
        ("--resident-pages 9999999", "at most"),
    ] {
        let mut command = Command::new(BINARY);
        command.arg("linux").args(arguments.split_whitespace()).arg("--out").arg(out.path());
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments}: {text}");
        assert!(text.contains(right), "{arguments}: {text}");
    }
}
