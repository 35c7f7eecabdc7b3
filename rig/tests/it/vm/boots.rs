//! `attach-rig vm` with real guests: a stock kernel boots under QEMU and measures, and the host labels its result.
//!
//! These tests are separate from `linux.rs`, since they need QEMU, a kernel and a release build instead of root.
//! `.ci/vm COMMAND` fetches and builds them and names them by ATTACH_RIG_KERNEL and ATTACH_RIG_INIT; a debug build
//! would fill the guest's memory. Elsewhere the tests are skipped with a note, and fail with
//! `ATTACH_RIG_REQUIRE=all`. No test bounds a time of the guest. A boot takes seconds under emulation, so each boot
//! is used for many assertions.

use super::machine::{Parts, children, comes, end_of, ended, parts, run_of, started, until, vm};
use crate::support::BINARY;
use reports::axis::Axis;
use reports::schema::{Cell, Judgement, NoteKind, Run, Subject, SubjectParts, Verdict};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::Path;
use std::process::Command;

const REFUSALS: [&str; 8] = [
    "--fault",
    "cpuset.can_attach: errno=ENOSPC",
    "--fault",
    "core.exit: errno=ESRCH",
    "--fault",
    "core.find: errno=ENODEV",
    "--fault",
    "memory.can_attach: errno=ENOMEM",
];
/// The refusals that every hierarchy can have.
const EVERYWHERE: std::ops::Range<usize> = 2..6;

fn kill(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), signal).unwrap();
}

/// Returns the sorted names of the files in a folder.
fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// Reports whether a kernel has printed a line. Before that, QEMU may end because KVM does not work, and be started
/// again.
fn boots(console: &Path) -> bool {
    fs::read(console).is_ok_and(|text| String::from_utf8_lossy(&text).contains("Linux version"))
}

/// Returns the subject of cells of moves in the setting of `cell`.
fn moves(cell: &Cell) -> Subject {
    cell.subject.with(|parts| (parts.still, parts.traced, parts.refusal) = (false, false, None))
}

/// Returns the cells of one setting, refusals included.
fn cells<'a>(run: &'a Run, label: &str) -> Vec<&'a Cell> {
    run.cells.iter().filter(|cell| moves(cell).label() == label).collect()
}

#[test]
fn every_hierarchy_is_measured_and_refuses_in_a_guest_of_its_own() {
    let Some(parts) = parts("every_hierarchy_is_measured_and_refuses_in_a_guest_of_its_own") else { return };
    let out = tempfile::tempdir().unwrap();
    let arguments = ["--hierarchy", "all", "--duration", "1s", "--rate", "5/s"];
    let output = vm(&[&arguments[..], &REFUSALS].concat(), &parts, out.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", end_of(&output));
    let run = run_of(out.path());
    let mut order: Vec<_> = run.cells.iter().map(moves).collect();
    order.dedup();
    let labels: Vec<_> = order.iter().map(Subject::label).collect();
    assert_eq!(labels, ["vm:v1", "vm:v1+charges", "vm:v2", "vm:v2:favordynmods"]);
    for moves in &order {
        let label = moves.label();
        let all = cells(&run, label);
        let of = |kind: fn(&mut SubjectParts)| -> Vec<_> {
            let subject = moves.with(kind);
            all.iter().copied().filter(|cell| cell.subject == subject).collect()
        };
        let [closed, open] = of(|_| {})[..] else { panic!("{label}: two cells of moves") };
        let refused: Vec<_> = all.iter().filter(|cell| cell.subject.parts().refusal.is_some()).collect();
        let of_kinds = (&*of(|parts| parts.still = true), &*of(|parts| parts.traced = true));
        moves_and_counters(&run, moves, of_kinds);
        assert_eq!((closed.point.get(Axis::Rate), open.point.get(Axis::Rate)), (None, Some(5)), "{label}");
        assert!(closed.attach.outcomes["moved"] > 0 && open.attach.outcomes["moved"] > 0, "{label}");
        // A cpuset of v2 takes the CPUs of its parent, so it never refuses for lack of them.
        let is_v2 = moves.parts().protocol == "v2";
        let left_out = run.notes.iter().filter(|note| note.protocol.as_deref() == Some(label));
        assert_eq!(
            left_out.filter(|note| note.text.contains("left out")).count(),
            if is_v2 { 2 } else { 0 },
            "{label}"
        );
        assert_eq!(refused.len(), if is_v2 { 2 } else { 4 }, "{label}");
        for invariant in refused.iter().flat_map(|cell| &cell.invariants) {
            let tried = if invariant.name == "drift" { invariant.examined } else { 20 };
            assert_eq!((invariant.violated, invariant.examined), (0, tried), "{label}: {invariant:?}");
        }
    }
    assert!(run.verdicts.iter().all(as_expected), "{:?}", run.verdicts);
    // The controllers are the same on v1 and v2, so no note names a difference.
    assert_eq!(run.scenario.controllers, ["cpuset", "memory", "pids"]);
    assert!(!run.notes.iter().any(|note| note.text.contains("same controllers")), "{:?}", run.notes);
    let command = "--hierarchy 'v1,v1:charges,v2,v2:favordynmods' --rate 5/s";
    assert!(run.command.contains("vm --cpus 2 --memory 512M --accel"), "{}", run.command);
    assert!(run.command.contains(command) && run.command.contains(REFUSALS[1]), "{}", run.command);
    let note = &run.notes[0];
    assert!(note.kind == NoteKind::Info && note.text.contains("virtual machine"), "{}", note.text);
    assert_eq!(note.protocol, None, "it holds for every guest");
    assert!(!run.interrupted);
    let consoles = ["v1-charges", "v1", "v2-favordynmods", "v2"].map(|name| format!("console-{name}.log"));
    assert_eq!(files(out.path())[..4], consoles);
    assert_eq!(files(out.path())[4..], ["env.json", "report.html", "run.json"]);
}

/// Reports whether the verdict is as expected. An invariant about refusals passes where nothing was refused.
fn as_expected(verdict: &Verdict) -> bool {
    matches!(verdict.outcome, Judgement::Pass | Judgement::Skipped)
}

/// Asserts that the cost of a page has a line, that the kernel was examined, and that the counters equal the workers'
/// books.
fn moves_and_counters(run: &Run, moves: &Subject, (still, traced): (&[&Cell], &[&Cell])) {
    let label = moves.label();
    assert_eq!(still.len(), 7, "{label}");
    let pages: Vec<_> = still.iter().map(|cell| cell.point.get(Axis::ResidentPages).unwrap()).collect();
    assert!(pages.is_sorted() && pages[6] - pages[0] == 16_384, "{label}: {pages:?}");
    let fit = run.fits.iter().find(|fit| fit.protocol == still[0].subject.label());
    assert!(fit.is_some_and(|fit| fit.points >= 3), "{label}: {:?}", run.fits);
    assert_eq!(traced.len(), 2, "{label}: closed loop and 5/s");
    assert!(traced.iter().all(|cell| !cell.attach.phases.is_empty() && !cell.locks.is_empty()), "{label}");
    for cell in still {
        let drift = cell.invariants.iter().find(|invariant| invariant.name == "drift").unwrap();
        assert_eq!(drift.violated, 0, "{label}: {drift:?}");
        let all = cell.drift.iter().find(|row| row.controller == "memory" && row.cgroup == "all").unwrap();
        // Where charges move, none is left by design; elsewhere the run reports how many are.
        assert_eq!(all.by_design.is_none(), moves.parts().charges, "{label}: {all:?}");
        assert!(all.tolerance.is_some() && all.how.is_some(), "{label}: {all:?}");
        let tasks = cell.drift.iter().filter(|row| row.controller == "pids");
        assert_eq!(tasks.map(|row| row.drift_final).collect::<Vec<_>>(), [0, 0], "{label}");
    }
}

#[test]
fn a_killed_rig_takes_its_guest_along_and_leaves_a_folder_that_serves_again() {
    let test = "a_killed_rig_takes_its_guest_along_and_leaves_a_folder_that_serves_again";
    let Some(parts) = parts(test) else { return };
    let out = tempfile::tempdir().unwrap();
    // Without a kill the guest would go on for longer than this test waits.
    let arguments = ["--hierarchy", "v2:delegated", "--duration", "10m"];
    let mut rig = started(&mut vm(&arguments, &parts, out.path()));
    let console = out.path().join("console-v2-delegated.log");
    until("the guest boots", || boots(&console));
    let [guest] = children(rig.id())[..] else { panic!("one QEMU") };
    assert!(!ended(guest), "it lives with the rig");
    rig.kill().unwrap();
    rig.wait().unwrap();
    let is_gone = comes(|| ended(guest));
    if !is_gone {
        kill(guest.0, Signal::KILL);
    }
    assert!(is_gone, "QEMU outlived the rig");
    assert!(files(out.path()).contains(&"initramfs.cpio".to_owned()), "a killed rig removes nothing");
    unprivileged_users_measure_what_was_handed_to_them(&parts, out.path());
}

/// Runs in a folder with the scratch files of a rig that was killed.
fn unprivileged_users_measure_what_was_handed_to_them(parts: &Parts, out: &Path) {
    let arguments =
        ["--hierarchy", "v2:delegated,v2:undelegated", "--duration", "1s", "--resident-pages", "0"];
    let output = vm(&[&arguments[..], &REFUSALS[EVERYWHERE]].concat(), parts, out).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    // Nothing was delegated to the second user. This does not affect the measurements of the first one.
    assert_eq!(output.status.code(), Some(4), "{text}");
    for part in
        ["v2:undelegated: in the guest: no permission", "undelegated/session/attach-rig-", "Delegate=yes"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let run = run_of(out);
    let [moved, still, refused @ ..] = &cells(&run, "vm:v2:delegated")[..] else { panic!("{:?}", run.cells) };
    for cell in [moved, still] {
        assert!(cell.attach.outcomes["moved"] > 0, "{cell:?}");
    }
    assert_eq!((refused.len(), run.cells.len()), (2, 4));
    assert!(
        run.notes.iter().any(|note| note.text.contains("tracefs")),
        "why nothing was traced: {:?}",
        run.notes
    );
    assert!(
        refused.iter().flat_map(|cell| &cell.invariants).all(|invariant| invariant.violated == 0),
        "{refused:?}"
    );
    // Its own cgroup contains the rig itself, so the kernel hands no controller on from there.
    assert!(run.scenario.controllers.is_empty(), "{:?}", run.scenario.controllers);
    let lost = run.notes.iter().find(|note| note.protocol.as_deref() == Some("vm:v2:undelegated")).unwrap();
    assert!(lost.kind == NoteKind::Inconclusive && lost.text.contains("Permission denied"), "{lost:?}");
    let env: reports::schema::Env =
        serde_json::from_str(&fs::read_to_string(out.join("env.json")).unwrap()).unwrap();
    for (fact, value) in [
        ("process.uid", "65534"),
        ("process.gid", "65534"),
        ("process.capabilities", "0000000000000000"),
        ("process.no_new_privs", "1"),
        ("cgroup.own", "/sys/fs/cgroup/delegated/session"),
    ] {
        assert_eq!(env.facts[fact], value, "{fact}");
    }
    assert!(
        !files(out).iter().any(|name| name.ends_with(".cpio") || name.ends_with(".txt")),
        "{:?}",
        files(out)
    );
}

#[test]
fn another_answer_than_the_expected_one_is_a_violated_invariant() {
    let Some(parts) = parts("another_answer_than_the_expected_one_is_a_violated_invariant") else { return };
    let out = tempfile::tempdir().unwrap();
    let arguments =
        ["--duration", "100ms", "--resident-pages", "0", "--fault", "cpuset.can_attach: errno=EBUSY times=3"];
    let output = vm(&arguments, &parts, out.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", end_of(&output));
    let run = run_of(out.path());
    let failed = run.verdicts.iter().find(|verdict| verdict.outcome == Judgement::Fail).unwrap();
    assert_eq!((failed.invariant.as_str(), failed.violations), ("refused-as-expected", 3));
    assert!(failed.protocol.starts_with("vm:v1 cpuset.can_attach"), "{failed:?}");
    assert!(failed.replay.as_deref().unwrap().starts_with("attach-rig vm "), "{failed:?}");
    let first = run
        .cells
        .iter()
        .flat_map(|cell| &cell.invariants)
        .find_map(|invariant| invariant.first.clone())
        .unwrap();
    assert!(first.contains("ENOSPC, and EBUSY was expected"), "{first}");
}

#[test]
fn an_interrupt_ends_the_guest_that_runs_and_keeps_what_others_have_measured() {
    let test = "an_interrupt_ends_the_guest_that_runs_and_keeps_what_others_have_measured";
    let Some(parts) = parts(test) else { return };
    let out = tempfile::tempdir().unwrap();
    let arguments = ["--hierarchy", "v2,v1,v1:charges", "--duration", "100ms", "--resident-pages", "0"];
    let mut rig = started(&mut vm(&arguments, &parts, out.path()));
    until("the second guest boots", || boots(&out.path().join("console-v1.log")));
    let before = run_of(out.path());
    let not_measured =
        |run: &Run| run.notes.iter().any(|note| note.text == "Not measured: vm:v1, vm:v1+charges.");
    assert!(before.interrupted && not_measured(&before), "{:?}", before.notes);
    let [guest] = children(rig.id())[..] else { panic!("one QEMU") };
    kill(rig.id(), Signal::INT);
    assert_eq!(rig.wait().unwrap().code(), Some(130));
    assert!(ended(guest));
    let run = run_of(out.path());
    assert_eq!(run.cells, before.cells);
    assert_eq!(run.cells[0].subject.label(), "vm:v2");
    assert!(run.interrupted && not_measured(&run), "{:?}", run.notes);
    assert_eq!(
        files(out.path()),
        ["console-v1.log", "console-v2.log", "env.json", "report.html", "run.json"]
    );
}

#[test]
fn guests_that_are_too_slow_or_cannot_boot_are_ended_and_their_consoles_quoted() {
    let test = "guests_that_are_too_slow_or_cannot_boot_are_ended_and_their_consoles_quoted";
    let Some(parts) = parts(test) else { return };
    let out = tempfile::tempdir().unwrap();
    let arguments = ["--hierarchy", "v1,v2", "--duration", "10m", "--timeout", "4s"];
    let output = vm(&arguments, &parts, out.path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{text}");
    for part in ["v1: the guest", "v2: the guest", "after 4s", "--timeout", "  | "] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(files(out.path()), ["console-v1.log", "console-v2.log"]);
    // The memory is too small for the initramfs: the kernel panics, and QEMU ends instead of booting again.
    let output = vm(&["--memory", "96M", "--duration", "1s"], &parts, out.path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{text}");
    assert!(text.contains("without a result"), "{text}");
}

#[test]
fn an_error_about_something_missing_has_the_command_that_gets_it() {
    let out = tempfile::tempdir().unwrap();
    let fails = |arguments: &[&str], init: &str, code, right: &str| {
        let parts = Parts { kernel: "/nonexistent".into(), init: init.into() };
        let output = vm(arguments, &parts, out.path()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(right), "{arguments:?}: {text}");
    };
    fails(&[], "/etc/passwd", 4, "crt-static");
    fails(&[], "/nonexistent", 4, "cannot read /nonexistent");
    for (arguments, right) in [
        (&["--hierarchy", "v1:pids"][..], "v1:charges"),
        (&["--hierarchy", "v1,v2,v1"], "once"),
        (&["--memory", "512"], "512M"),
        (&["--cpus", "0"], "1 to 255"),
        (&["--accel", "xen"], "auto, kvm or tcg"),
        (&["--hierarchy", "v2", "--fault", "memory.can_attach: errno=ENOMEM"], "add v1"),
        (&["--fault", "memory.prepare_sleep: errno=ENOMEM"], "core.exit"),
        (&["--hierarchy", "v2,v2:favordynmods", "--fault", "cpuset.can_attach: errno=ENOSPC"], "add v1"),
    ] {
        fails(arguments, "/nonexistent", 2, right);
    }
}

#[test]
fn elsewhere_than_in_a_guest_its_commands_do_nothing() {
    for command in ["__vm-init", "__vm-measure"] {
        let output = Command::new(BINARY).arg(command).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("attach-rig vm"), "{output:?}");
    }
}
