//! Traced cells in a guest of our own, where the kernel draws the function graph: every callback of an attach has a
//! phase, the global locks have holds, and moving charges makes the memory controller the most expensive.
//!
//! These tests are separate from `boots.rs`, since they are about the inside of moves. `.ci/vm COMMAND` fetches and
//! builds the parts; elsewhere the tests are skipped with a note, and fail with `ATTACH_RIG_REQUIRE=all`. No test
//! bounds a time of the guest.

use super::machine::{Parts, end_of, parts, run_of, vm};
use reports::schema::{Cell, LockRow, Note, NoteKind, Run};

fn measured(hierarchy: &str, parts: &Parts) -> Run {
    let out = tempfile::tempdir().unwrap();
    let arguments = ["--hierarchy", hierarchy, "--duration", "200ms", "--resident-pages", "0"];
    let output = vm(&arguments, parts, out.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{hierarchy}: {}", end_of(&output));
    run_of(out.path())
}

/// Returns the traced cell, which is the last one. Its name says where it was measured and that it was traced.
fn traced<'a>(run: &'a Run, label: &str) -> &'a Cell {
    let cell = run.cells.last().unwrap();
    assert_eq!(run.cells[0].subject.label(), label);
    assert_eq!(cell.subject, run.cells[0].subject.with(|parts| parts.traced = true));
    let doubt = |note: &Note| note.kind == NoteKind::Warning && note.text.contains(" traced: ");
    assert!(!run.notes.iter().any(doubt), "{:?}", run.notes);
    cell
}

/// Returns the samples and the total ns of a phase.
fn phase(cell: &Cell, name: &str) -> (u64, u64) {
    let found = cell.attach.phases.iter().find(|series| series.phase == name);
    found.map_or((0, 0), |series| (series.hist.count, series.hist.total_ns))
}

fn lock<'a>(cell: &'a Cell, class: &str, mode: &str) -> &'a LockRow {
    let found = cell.locks.iter().find(|lock| lock.class == class && lock.mode == mode);
    found.unwrap_or_else(|| panic!("no {class} among {:?}", cell.locks))
}

#[test]
fn every_callback_of_an_attach_is_timed_and_charges_cost_most() {
    let Some(parts) = parts("every_callback_of_an_attach_is_timed_and_charges_cost_most") else {
        return;
    };
    let run = measured("v1:charges", &parts);
    let cell = traced(&run, "vm:v1+charges");
    let moves = cell.attach.outcomes["moved"];
    assert!(moves > 0);
    for name in [
        "cgroup_kn_lock_live",
        "cpuset_can_attach",
        "mem_cgroup_can_attach",
        "pids_can_attach",
        "css_set_move_task",
        "cpuset_attach",
        "mem_cgroup_move_task",
        "rest of cgroup_attach_task",
        "rest of cgroup_migrate_execute",
        "cgroup_kn_unlock",
    ] {
        assert_eq!(phase(cell, name).0, moves, "{name}: {:?}", cell.attach.phases);
    }
    let order: Vec<_> = cell.attach.phases.iter().map(|series| series.phase.as_str()).collect();
    let place = |name| order.iter().position(|known| *known == name).unwrap();
    let in_turn = [
        "cgroup_kn_lock_live",
        "cpuset_can_attach",
        "mem_cgroup_can_attach",
        "pids_can_attach",
        "cpuset_attach",
        "mem_cgroup_move_task",
        "cgroup_kn_unlock",
    ];
    assert!(in_turn.windows(2).all(|pair| place(pair[0]) < place(pair[1])), "{order:?}");
    // All phases are within the write that our own clock has timed.
    let write = cell.attach.latency.iter().find(|series| series.outcome == "moved").unwrap().hist.total_ns;
    let sum: u64 = cell.attach.phases.iter().map(|series| series.hist.total_ns).sum();
    assert!(sum <= write + write / 100 && sum >= write / 2, "{sum} of {write}");
    let memory: u64 =
        ["mem_cgroup_can_attach", "mem_cgroup_move_task"].iter().map(|name| phase(cell, name).1).sum();
    let others = ["cpuset_can_attach", "pids_can_attach", "cpuset_attach"]
        .iter()
        .map(|name| phase(cell, name).1)
        .sum();
    assert!(memory > others, "memory {memory} ns, the other controllers {others} ns");
}

#[test]
fn the_global_locks_have_holds_and_what_waits_has_a_name() {
    let Some(parts) = parts("the_global_locks_have_holds_and_what_waits_has_a_name") else { return };
    let run = measured("v1", &parts);
    let cell = traced(&run, "vm:v1");
    let moves = cell.attach.outcomes["moved"];
    let (mutex, rwsem) = (lock(cell, "cgroup_mutex", ""), lock(cell, "cgroup_threadgroup_rwsem", "W"));
    for lock in [mutex, rwsem] {
        assert_eq!((lock.acquisitions, lock.hold.count), (moves, moves), "{}", lock.class);
        let within: u64 = lock.hold_by_phase.iter().map(|hold| hold.total_ns).sum();
        assert_eq!(within, lock.hold.total_ns, "{}: no moment of a hold lies outside of phases", lock.class);
    }
    assert!(mutex.hold.total_ns > rwsem.hold.total_ns, "the mutex is taken first and given back last");
    // Linux 6.1 reports each write lock, and its address has a name.
    assert_eq!(rwsem.contentions, moves);
    assert_eq!(phase(cell, "mem_cgroup_can_attach").0, moves, "it looks whether charges move");
}
