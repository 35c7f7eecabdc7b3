//! The run as a reader finds it: axes, series, and the notes that say where too little happened.
use super::*;
use crate::checks::audit::Looked;
use crate::checks::foreign::Foreign;
use crate::clock::ClockFacts;
use crate::moving::mover::MovePlan;
use crate::moving::samples::{MoveSamples, Times};
use crate::place::discovery::Place;
use crate::workers::shared::no_sums;
use crate::{Origin, Refusal};
use reports::axis::Axis;
use reports::exit::Exit;
use reports::schema::NoteKind;
use rustix::io::Errno;
use std::time::Duration;

fn place() -> Place {
    let own = std::path::PathBuf::from("/sys/fs/cgroup/pids");
    let controllers = vec!["pids".into()];
    Place {
        hierarchy: "v1:pids".into(),
        v2: false,
        controllers,
        mount_point: own.clone(),
        own,
        favordynmods: false,
    }
}

fn options() -> LinuxOptions {
    let rates = vec![Rate::parse("20/s", 1_000).unwrap()];
    let notes = vec!["Limits are left out.".into()];
    let origin = Origin { words: vec!["--threads".into(), "4".into()], notes, ..Origin::default() };
    let refusals = vec![Refusal::parse("core.exit: errno=ESRCH").unwrap()];
    let (duration, resident_pages) = (Duration::from_millis(1_500), vec![7]);
    LinuxOptions { rates, duration, origin, refusals, resident_pages, ..LinuxOptions::default() }
}

fn record(rate: Option<&str>, moves: u64, operations: u64, ended: Ended) -> CellRecord {
    let mut samples = MoveSamples::new();
    let plan = MovePlan {
        rate: rate.map(|r| Rate::parse(r, 1_000).unwrap()),
        pause: Duration::ZERO,
        duration: Duration::from_secs(1),
    };
    let intended = plan.rate.map(|_| 5);
    for _ in 0..moves {
        samples.record(Ok(()), Times { intended, begin: 10, end: 30 });
    }
    samples.record(Err(Errno::NOSPC), Times { intended, begin: 0, end: 9 });
    let mut tallies = no_sums();
    (0..operations).for_each(|_| tallies[1][1].record_for_test(50));
    CellRecord {
        plan,
        samples,
        ended,
        began_ns: 0,
        duration_ns: 1,
        resident_pages: None,
        touched: 0,
        tallies,
        looked: Looked::default(),
        refused: None,
        traced: None,
    }
}

fn run(records: &[CellRecord], signal: Option<i32>, failure: Option<&LinuxError>) -> Run {
    let (options, place) = (options(), place());
    let clock = ClockFacts { resolution_ns: 1, step_ns: 4_000_000, read_ns: 25 };
    let setting = RunSetting {
        options: &options,
        place: &place,
        clock,
        precise_sleep: true,
        tracing: &[],
        noise: None,
        signal,
    };
    to_run(&setting, records, failure)
}

/// A run without cells and without notes.
pub(crate) fn empty_run() -> Run {
    Run { notes: Vec::new(), ..run(&[], None, None) }
}

/// A cell without a single sample.
pub(crate) fn empty_cell() -> Cell {
    let cell = run(&[record(None, 0, 0, Ended::Complete)], None, None).cells.remove(0);
    Cell { attach: Attach::default(), ..cell }
}

fn said(run: &Run, kind: NoteKind, what: &str) -> bool {
    run.notes.iter().any(|note| note.kind == kind && note.text.contains(what))
}

#[test]
fn series_are_separate_by_outcome_and_kind() {
    let run =
        run(&[record(None, 2, 1, Ended::Complete), record(Some("20/s"), 3, 1, Ended::Complete)], None, None);
    let names = |cell: &Cell| {
        cell.attach.latency.iter().map(|s| (s.outcome.clone(), s.kind, s.hist.total_ns)).collect::<Vec<_>>()
    };
    let (moved, refused) = (|| "moved".to_string(), || "refused".to_string());
    assert_eq!(names(&run.cells[0]), [(moved(), LatencyKind::Raw, 40), (refused(), LatencyKind::Raw, 9)]);
    let expected = [
        (moved(), LatencyKind::Raw, 60),
        (moved(), LatencyKind::Corrected, 75),
        (refused(), LatencyKind::Raw, 9),
        (refused(), LatencyKind::Corrected, 4),
    ];
    assert_eq!(names(&run.cells[1]), expected);
    assert_eq!((run.cells[0].point.get(Axis::Rate), run.cells[1].point.get(Axis::Rate)), (None, Some(20)));
    assert!(said(&run, NoteKind::Warning, "20/s: the kernel refused moves: cgroup.procs ENOSPC 1."));
}

#[test]
fn operations_are_next_to_the_moves_and_breaches_below_them() {
    let audited = Audited {
        controller: "pids",
        cgroup: "a".into(),
        unit: "tasks",
        usage: 1,
        truth: 0,
        tolerance: 0,
        how: None,
        by_design: None,
    };
    let looked = Looked { audited: vec![audited], ..Looked::default() };
    let run = run(&[CellRecord { looked, ..record(None, 2, 3, Ended::Complete) }], None, None);
    let cell = &run.cells[0];
    let [row] = cell.bystanders.as_slice() else { panic!("{:?}", cell.bystanders) };
    assert_eq!((row.op.as_str(), row.condition, row.hist.count), ("munmap", Condition::Attaching, 3));
    assert_eq!((cell.drift[0].usage_final, cell.drift[0].drift_final), (1, 1));
    let invariant = &cell.invariants[0];
    assert_eq!((invariant.name.as_str(), invariant.violated, invariant.examined), ("drift", 1, 1));
    assert_eq!(reports::verdict::exit_code(&run), Exit::Violated);
}

#[test]
fn the_command_makes_the_same_run_again() {
    let run = run(&[], None, None);
    let expected = "attach-rig linux --hierarchy auto --rate 20/s --duration 1500ms --seed 1 --resident-pages 7 \
                    --fault 'core.exit: errno=ESRCH' --threads 4";
    assert_eq!(run.command, expected);
    assert!(run.scenario.toml.contains("rates = [\"20/s\"]\n"), "{}", run.scenario.toml);
}

#[test]
fn what_is_missing_or_thin_is_said() {
    let run = run(&[record(None, 0, 0, Ended::Interrupted(2))], Some(2), None);
    assert!(run.interrupted);
    assert_eq!(run.cells[0].ended.as_deref(), Some("interrupted by SIGINT"));
    for what in ["no move succeeded", "the worker finished no operation"] {
        assert!(said(&run, NoteKind::Inconclusive, what), "{what}");
    }
    assert!(said(&run, NoteKind::Info, "Limits are left out."));
    for what in ["steps of 4000000 ns", "Ended early by SIGINT"] {
        assert!(said(&run, NoteKind::Warning, what), "{what}");
    }
    assert!(said(&run, NoteKind::Info, "Not measured on linux"));
    assert!(said(&run, NoteKind::Info, "16 in the closed loop, 4 at 20/s."));
}

#[test]
fn a_backlog_and_a_failure_are_said() {
    let silent = LinuxError::WorkerSilent { pid: 7, waited_s: 10 };
    let run = run(&[record(Some("20/s"), 1, 1, Ended::Backlog { unstarted: 12 })], None, Some(&silent));
    assert!(said(&run, NoteKind::Warning, "12 intended moves had not begun"));
    assert!(said(&run, NoteKind::Inconclusive, "the worker (pid 7) did not answer"));
}

#[test]
fn counters_of_a_cell_with_processes_of_others_are_not_judged() {
    let foreign = Foreign::of_test("/sys/fs/cgroup/pids/attach-rig-1-2/a", 77, "process 77 (sleep)");
    let looked = Looked { void: vec!["pids:a".into()], foreign, ..Looked::default() };
    let run = run(&[CellRecord { looked, ..record(None, 2, 3, Ended::Complete) }], None, None);
    assert_eq!((&run.cells[0].drift, &run.cells[0].invariants, &run.verdicts), (&vec![], &vec![], &vec![]));
    assert!(said(&run, NoteKind::Inconclusive, "closed loop: pids:a is not judged"), "{:?}", run.notes);
    let named = "process 77 (sleep) in /sys/fs/cgroup/pids/attach-rig-1-2/a";
    assert!(said(&run, NoteKind::Inconclusive, named), "{:?}", run.notes);
    assert_eq!(reports::verdict::exit_code(&run), Exit::Inconclusive);
}
