//! Gates on made-up runs: the ladder as a golden file, properties for every limit and figure, and machine time in
//! pairs.
use crate::demo;
use hdrhistogram::Histogram;
use proptest::prelude::*;
use reports::axis::Axis;
use reports::change::{Change, Limits};
use reports::exit::Exit;
use reports::figure::{Baseline, Key, Measured};
use reports::gate::report::GateState;
use reports::gate::{Earlier, GateReport, Gates, evaluate, self_test};
use reports::hist::Hist;
use reports::schema::{Engine, LatencyKind, Run, Subject};

fn gates(body: &str) -> Gates {
    Gates::parse("g.toml", body, "2026-11-26").unwrap()
}

const MANY: &str = r#"
[[gate]]
name = "moves at all"
metric = "attach.count"
select = { outcome = "moved" }
min = 1
class = "performance"

[[gate]]
name = "keeps its invariants"
metric = "invariant.violated"
equals = 0
class = "correctness"

[[gate]]
name = "three-phase drifts, as is known"
select = { protocol = "three-phase" }
metric = "drift.final"
equals = 0
class = "correctness"
waive = { until = "2027-01-31", reason = "that is what it is here to show" }

[[gate]]
name = "exactly as before"
metric = "lock.hold"
statistic = "total"
select = { lock = "mmap_sem" }
change = 0
class = "performance"

[[gate]]
name = "no slower than the other"
select = { protocol = "transactional" }
against = { protocol = "three-phase" }
metric = "attach.latency"
statistic = "p99"
max-ratio = 1.25
floor = 1000
class = "performance"
"#;

#[test]
fn the_ladder_is_the_golden_one() {
    let run = demo::demo_run();
    let baseline = Baseline::of(&run).unwrap();
    let ladder = evaluate(&gates(MANY), &[run], Earlier::Figures(&baseline)).unwrap();
    insta::assert_snapshot!("ladder", ladder.text());
}

#[test]
fn the_report_shows_the_ladder() {
    let run = demo::demo_run();
    let baseline = Baseline::of(&run).unwrap();
    let ladder = evaluate(&gates(MANY), std::slice::from_ref(&run), Earlier::Figures(&baseline)).unwrap();
    let page = reports::html::render_gated(&run, None, &ladder).unwrap();
    let at = |what: &str| page.find(what).unwrap_or_else(|| panic!("{what}"));
    assert!(at("id=\"gates\"") < at("id=\"invariants\""));
    assert!(page.contains(&ladder.summary()) && page.contains("that is what it is here to show"));
}

fn key() -> Key {
    "attach.latency[moved] p50".parse().unwrap()
}

proptest! {
    #[test]
    fn a_larger_figure_never_does_better(
        value in 0..2_000_u64, more in 0..2_000_u64, base in 0..2_000_u64,
        max in prop::option::of(0..2_000_u64), increase in prop::option::of(0..200_u64),
        ratio in prop::option::of(1..5_000_u64), floor in 0..300_u64,
    ) {
        let limits = Limits { max, max_increase: increase, max_ratio: ratio, floor, ..Limits::default() };
        let change = |value| limits.judge(&key(), Some(Measured::Figure(base)), Measured::Figure(value));
        prop_assume!(value >= base || !limits.relative());
        prop_assert!(change(value) == Change::Same || change(value + more) == Change::Worse);
    }

    #[test]
    fn what_equals_its_baseline_is_within_every_relative_limit_from_one_on(
        value: u64, increase: u64, ratio in 1_000..10_000_u64, change: u64, floor: u64,
    ) {
        let limits = Limits {
            max_increase: Some(increase), max_ratio: Some(ratio), change: Some(change), floor, ..Limits::default()
        };
        let same = Some(Measured::Figure(value));
        prop_assert_eq!(limits.judge(&key(), same, Measured::Figure(value)), Change::Same);
    }

    #[test]
    fn without_a_figure_or_a_baseline_nothing_is_passed_or_failed(n: u64, needs: u64, value: u64, change: u64) {
        let limits = Limits { change: Some(change), ..Limits::default() };
        for (measured, base) in [
            (Measured::TooFew(n, needs), Some(Measured::Figure(value))),
            (Measured::Figure(value), None),
            (Measured::Figure(value), Some(Measured::TooFew(n, needs))),
        ] {
            prop_assert!(matches!(limits.judge(&key(), base, measured), Change::CannotTell(_)));
        }
    }

    #[test]
    fn each_limit_is_judged_by_its_own_rule(
        value in 0..300_u64, base in 0..300_u64, increase in 0..200_u64, ratio in 1..3_000_u64,
        change in 0..200_u64, floor in 0..50_u64,
    ) {
        let found = |limits: Limits| {
            limits.judge(&key(), Some(Measured::Figure(base)), Measured::Figure(value))
        };
        let judged = |worse: bool| if worse { Change::Worse } else { Change::Same };
        let (far, none) = (value.abs_diff(base) > floor, Limits { floor, ..Limits::default() });
        let above = far && value as f64 > base as f64 * (100.0 + increase as f64) / 100.0;
        prop_assert_eq!(found(Limits { max_increase: Some(increase), ..none }), judged(above));
        let times = far && value as f64 > base as f64 * ratio as f64 / 1_000.0;
        prop_assert_eq!(found(Limits { max_ratio: Some(ratio), ..none }), judged(times));
        let by = far && value.abs_diff(base) as f64 > base as f64 * change as f64 / 100.0;
        let direction = if value > base { Change::Worse } else { Change::Better };
        let direction = if by { direction } else { Change::Same };
        prop_assert_eq!(found(Limits { change: Some(change), ..none }), direction);
    }

    #[test]
    fn no_file_of_gates_is_a_panic(text in "\\PC{0,200}", today in "[0-9-]{10}") {
        let _ = Gates::parse("g.toml", &text, &today);
        let _ = Gates::parse("g.toml", &format!("{MANY}\n{text}"), &today);
    }
}

#[test]
fn every_axis_can_be_selected() {
    let run = [demo::demo_charges()];
    let judged = |select: &str| {
        let gate = format!(
            "[[gate]]\nname = \"g\"\nmetric = \"attach.count\"\nmin = 1\nclass = \"performance\"\nselect = {select}\n"
        );
        evaluate(&gates(&gate), &run, Earlier::Nothing).unwrap().text()
    };
    let one = judged("{ protocol = \"vm:v1\", resident-pages = 256 }");
    assert_eq!((one.matches(" pages").count(), one.matches("vm:v1, 256 pages").count()), (1, 1), "{one}");
    let both = judged("{ rate = 0, resident-pages = 8192 }");
    assert_eq!((both.matches(" pages").count(), both.matches("8,192 pages").count()), (2, 2), "{both}");
}

/// Returns 400 samples from `ns` on.
fn from(ns: u64) -> Hist {
    let mut histogram = Histogram::new(3).unwrap();
    (0..400).for_each(|n| histogram.record(ns + 10 * n).unwrap());
    Hist::encode(&histogram, (ns, ns + 3_990, 400 * ns))
}

/// Returns a run on a machine: `pairs` cells a protocol, in the order A B B A, the second slower by `percent`; the
/// noise is made up.
fn on_a_machine(pairs: u64, percent: u64) -> Run {
    let mut run = demo::demo_run();
    run.engine = Engine::Threads;
    run.scenario.toml = String::new();
    let mut cell = run.cells[0].clone();
    (cell.sim, cell.point) = (None, cell.point.with(Axis::FaultRate, None));
    run.cells.clear();
    for n in 0..pairs {
        let mut pair = [("a", 100), ("b", 100 + percent)];
        if n % 2 == 1 {
            pair.reverse();
        }
        for (name, factor) in pair {
            let at = run.cells.len() as u64;
            let around = 1_000 * factor + 700 * (at * 7_919 % 11);
            cell.attach.latency = vec![demo::series("moved", LatencyKind::Raw, from(around))];
            cell.seed = n;
            (cell.subject, cell.began_ns) = (Subject::of(name), Some(1_000_000 * at));
            run.cells.push(cell.clone());
        }
    }
    run
}

const SLOWER: &str = r#"
[[gate]]
name = "b is not slower"
select = { protocol = "b" }
against = { protocol = "a" }
metric = "attach.latency"
statistic = "p50"
max-increase = 5
class = "performance"
"#;

fn judged(run: Run) -> GateReport {
    evaluate(&gates(SLOWER), &[run], Earlier::Nothing).unwrap()
}

#[test]
fn pairs_of_machine_time_pass_fail_or_say_what_is_missing() {
    assert_eq!(judged(on_a_machine(24, 0)).exit_code(), Exit::AsExpected);
    let slower = judged(on_a_machine(24, 20));
    assert_eq!(slower.exit_code(), Exit::Slower);
    let text = slower.text();
    assert!(
        text.contains("FAILED       b (24 seeds) against a (24 seeds): +19.")
            && text.contains(" %), 24 pairs"),
        "{text}"
    );
    let few = judged(on_a_machine(4, 20));
    assert_eq!(few.exit_code(), Exit::Inconclusive);
    assert!(few.text().contains("4 pairs, 10 are needed to say anything"), "{}", few.text());
    let mut after = on_a_machine(24, 0);
    after
        .cells
        .iter_mut()
        .filter(|cell| cell.subject.label() == "b")
        .for_each(|cell| *cell.began_ns.as_mut().unwrap() += 1 << 40);
    let after = judged(after);
    assert_eq!(after.exit_code(), Exit::Inconclusive);
    assert!(after.text().contains("runs 1 and 2 were not made in turn (A B B A)"), "{}", after.text());
}

#[test]
fn a_paired_gate_is_held_against_itself_too() {
    let tested = self_test(&gates(SLOWER), &[on_a_machine(24, 0)], Earlier::Nothing).unwrap();
    assert_eq!(tested.rows, [("b is not slower".to_owned(), GateState::Passed, GateState::Failed)]);
    let deaf = SLOWER.replace("max-increase = 5", "max-ratio = 3.0");
    let tested = self_test(&gates(&deaf), &[on_a_machine(24, 0)], Earlier::Nothing).unwrap();
    assert_eq!(tested.exit_code(), Exit::Usage, "{}", tested.text());
}

#[test]
fn whole_runs_made_in_turn_are_judged_like_cells() {
    let body = SLOWER.replace("against = { protocol = \"a\" }\n", "");
    let runs = |percent: u64| (0..12).map(|_| on_a_machine(1, percent)).collect::<Vec<Run>>();
    let (a, b) = (runs(0), runs(20));
    assert_eq!(evaluate(&gates(&body), &b, Earlier::Paired(&a)).unwrap().exit_code(), Exit::Slower);
    assert_eq!(evaluate(&gates(&body), &a, Earlier::Paired(&a)).unwrap().exit_code(), Exit::AsExpected);
}
