//! Tests with results of guests that are wrong, by mistake or on purpose.
use super::super::machine::tests::machine;
use super::*;
use crate::Refusal;
use crate::result::record::tests::{empty_cell, empty_run};
use hdrhistogram::Histogram;
use reports::axis::Axis;
use reports::hist::Hist;
use reports::schema::{Judgement, LatencySeries, Subject, SubjectParts, Subtree};

fn options() -> LinuxOptions {
    let refusals = vec![Refusal::parse("core.exit: errno=ESRCH").unwrap()];
    LinuxOptions {
        resident_pages: vec![7],
        closed_loop: false,
        trace: false,
        refusals,
        ..LinuxOptions::default()
    }
}

/// A cell of that kind, with this many moves.
fn cell(kind: fn(&mut SubjectParts), moves: u64) -> Cell {
    let mut histogram = Histogram::<u64>::new(3).unwrap();
    histogram.record_n(50, moves).unwrap();
    let hist = Hist::encode(&histogram, (50, 50, 50 * moves));
    let mut cell = Cell { subject: Subject::of("v1:pids").with(kind), seed: 1, ..empty_cell() };
    cell.attach.outcomes = [("moved".to_owned(), moves)].into();
    cell.attach.latency = vec![LatencySeries { outcome: "moved".into(), kind: LatencyKind::Raw, hist }];
    cell
}

fn still(moves: u64) -> Cell {
    let cell = cell(|kind| kind.still = true, moves);
    Cell { point: cell.point.with(Axis::ResidentPages, 7), ..cell }
}

fn refused() -> Cell {
    let rule = |kind: &mut SubjectParts| kind.refusal = Some("core.exit: errno=ESRCH".into());
    let mut refused = Cell { attach: Default::default(), ..cell(rule, 1) };
    refused.attach.outcomes = [("gone".to_owned(), 20)].into();
    let invariant = |name: &str| Invariant { name: name.into(), violated: 0, examined: 20, first: None };
    refused.invariants = vec![invariant("rollback")];
    refused
}

fn delivery(cells: Vec<Cell>) -> GuestResult {
    let mut run = empty_run();
    let options = options();
    (run.scenario.name, run.scenario.seed) = (options.origin.name, options.seed);
    run.scenario.duration_ns = options.duration.as_nanos() as u64;
    (run.cells, run.plan) = (cells, None);
    GuestResult::of(run)
}

fn asked(delivery: GuestResult) -> Result<GuestResult, VmError> {
    believed(delivery, (&machine(), GuestSetting::V1, Some("6.1.0")), &options())
}

/// Changes the subject of the first cell, whose processes are idle.
fn lie(delivery: &mut GuestResult, change: fn(&mut SubjectParts)) {
    let cell = &mut delivery.run.cells[0];
    cell.subject = cell.subject.with(change);
}

/// Refusals of which the request says nothing.
fn not_asked_for() -> SubjectParts {
    let refusal = Some("core.find: errno=ENODEV".into());
    SubjectParts { protocol: "v1:pids".into(), refusal, ..SubjectParts::default() }
}

/// A change to a result, and the words of the answer.
type Lie = (fn(&mut GuestResult), &'static str);

#[test]
fn what_was_asked_for_is_believed() {
    let delivery = asked(delivery(vec![still(3), refused()])).unwrap();
    assert_eq!(delivery.code, Exit::AsExpected, "{:?}", delivery.run.notes);
    assert!(delivery.run.verdicts.iter().all(|verdict| verdict.outcome == Judgement::Pass));
}

#[test]
fn a_result_of_something_else_is_not_used() {
    let lies: [Lie; 21] = [
        (|d| d.kernel = "Linux 5.10 x86_64".into(), "6.1.0 was booted"),
        (|d| d.kernel.clear(), "6.1.0 was booted"),
        (|d| d.cpus = 4_000_000, "the guest had 2"),
        (|d| d.cpus = 0, "the guest had 2"),
        (|d| d.run.schema = "attach-rig/run/9".into(), "its schema"),
        (|d| d.run.engine = Engine::Sim, "a kernel was asked for"),
        (|d| d.run.scenario.name = "other".into(), "of scenario other"),
        (|d| d.run.scenario.seed = 9, "seed 9"),
        (|d| d.run.cells.clear(), "nothing was measured"),
        (|d| lie(d, |parts| parts.protocol = "v2".into()), "not of v1:pids"),
        (|d| lie(d, |parts| parts.protocol = "v1:pids still".into()), "not of v1:pids"),
        (|d| lie(d, |parts| parts.guest = true), "not of v1:pids"),
        (|d| lie(d, |parts| parts.charges = true), "not of v1:pids"),
        (|d| lie(d, |parts| parts.subtree = Some(Subtree::Delegated)), "not of v1:pids"),
        (|d| lie(d, |parts| parts.refusal = Some("core.exit: errno=ESRCH".into())), "of a kind"),
        (|d| lie(d, |parts| (parts.still, parts.traced) = (false, true)), "of a kind"),
        (|d| lie(d, |parts| parts.traced = true), "of a kind"),
        (|d| lie(d, |parts| *parts = not_asked_for()), "of a kind"),
        (|d| d.run.cells[0].point = d.run.cells[0].point.with(Axis::ResidentPages, 8), "keeps 8 pages"),
        (|d| d.run.cells[0].attach.outcomes = [("moved".to_owned(), 99)].into(), "claims 99 moves and has 3"),
        (|d| d.run.cells[0].attach.latency[0].hist.hdr = "?".into(), "not base64"),
    ];
    for (lie, words) in lies {
        let mut delivered = delivery(vec![still(3), refused()]);
        lie(&mut delivered);
        let error = asked(delivered).unwrap_err();
        assert_eq!(error.exit_code(), Exit::Inconclusive, "{words}");
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
    let many = asked(delivery(vec![still(3), still(3), refused()])).unwrap_err();
    assert!(many.to_string().contains("3 cells, and 2 were asked for"), "{many}");
    let rate = Cell { point: still(3).point.with(Axis::Rate, 77), ..still(3) };
    assert!(asked(delivery(vec![rate])).unwrap_err().to_string().contains("77/s"));
}

#[test]
fn nothing_measured_is_never_a_pass() {
    let mut nothing = cell(|kind| kind.still = true, 0);
    (nothing.point, nothing.attach.outcomes) =
        (nothing.point.with(Axis::ResidentPages, 7), Default::default());
    nothing.invariants = vec![Invariant { name: "drift".into(), violated: 0, examined: 1_000, first: None }];
    let judged = asked(delivery(vec![nothing, refused()])).unwrap();
    assert_eq!(judged.code, Exit::Inconclusive);
    assert_eq!(judged.run.cells[0].invariants[0].examined, 0, "no counter was read");
    let part = asked(delivery(vec![still(3)])).unwrap();
    assert_eq!((part.code, part.run.interrupted), (Exit::Inconclusive, true), "one of two cells");
}

fn drift_of_7_where_3_may_differ() -> Drift {
    Drift {
        controller: "pids".into(),
        cgroup: "all".into(),
        unit: "tasks".into(),
        usage_final: 9,
        truth_final: 2,
        drift_final: 0,
        peak_over: None,
        peak_under: None,
        integral_abs_us: None,
        events: 0,
        clamps: 0,
        reserved_peak: 0,
        tolerance: Some(3),
        by_design: None,
        how: None,
        series: Vec::new(),
    }
}

#[test]
fn the_cells_count_and_not_what_is_said_of_them() {
    let drift = drift_of_7_where_3_may_differ();
    let invariant = Invariant { name: "drift".into(), violated: 0, examined: 1, first: None };
    let reported = || Cell { drift: vec![drift.clone()], invariants: vec![invariant.clone()], ..still(3) };
    let judged = asked(delivery(vec![reported(), refused()])).unwrap();
    assert_eq!((judged.code, judged.run.cells[0].invariants[0].violated), (Exit::Violated, 1));
    let mut failed = delivery(vec![still(3), refused()]);
    failed.failure = Some("the worker died".into());
    assert_eq!(asked(failed).unwrap().code, Exit::Internal, "a failure with code 0");
}

#[test]
fn a_failure_has_a_code_of_the_table_and_never_0() {
    for said in [Exit::AsExpected, Exit::Slower, Exit::Unwritten, Exit::Signal(2), Exit::Signal(127)] {
        assert_eq!(code_of_failure(said), Exit::Internal, "{said}");
    }
    for said in GUESTS {
        assert_eq!(code_of_failure(said), said);
    }
}
