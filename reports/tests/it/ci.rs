//! Forms for CI: JUnit XML against Jenkins' schema and through quick-junit's reader, Markdown, annotations; of runs and
//! of gates.
use crate::demo::{demo_linux, demo_run, note};
use crate::outputs::demos;
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use reports::gate::{Earlier, Gates, evaluate, forms};
use reports::outputs::{MOST, annotations, fitted, junit, markdown};
use reports::schema::{Engine, Expectation, Judgement, NoteKind, Run, Subject};

/// Returns the complaints of Jenkins' schema about `xml`.
fn complaints(xml: &str) -> Vec<String> {
    let schema = uppsala::parse(include_str!("golden/junit-10.xsd")).unwrap();
    let validator = uppsala::XsdValidator::from_schema(&schema).unwrap();
    let document = uppsala::parse(xml).unwrap();
    validator.validate(&document).iter().map(|error| format!("{error:?}")).collect()
}

/// Gates of each state for `demo_run`: (TOML, expected state).
const GATES: &str = r#"
[[gate]]
name = "attaches | happen"
class = "correctness"
metric = "attach.count"
min = 1

[[gate]]
name = "few enough"
class = "performance"
metric = "attach.count"
max = 1
select = { protocol = "transactional" }

[[gate]]
name = "too few for that"
class = "performance"
metric = "attach.latency"
statistic = "p99.99"
max = 1

[[gate]]
name = "let through"
class = "correctness"
metric = "attach.count"
max = 0
waive = { until = "2999-01-01", reason = "known & <tracked>" }
"#;

fn ladder() -> reports::gate::GateReport {
    let gates = Gates::parse("gates.toml", GATES, "2026-11-26").unwrap();
    evaluate(&gates, &[demo_run()], Earlier::Nothing).unwrap()
}

#[test]
fn junit_is_as_jenkins_wants_it() {
    let mut all: Vec<String> = demos().iter().map(|(_, run)| junit(run).unwrap()).collect();
    let mut hostile = demo_run();
    hostile.scenario.name = "a \"b\" <c> & \u{1} skipped=\"7\"".to_owned();
    hostile.cells[3].ended = Some("deadlock: ]]> \u{1b}[31m".to_owned());
    all.push(junit(&hostile).unwrap());
    all.push(junit(&Run { cells: Vec::new(), verdicts: Vec::new(), ..demo_run() }).unwrap());
    all.push(forms::junit(&ladder()).unwrap());
    for xml in all {
        assert_eq!(complaints(&xml), Vec::<String>::new(), "{xml}");
    }
}

#[test]
fn the_schema_finds_what_is_wrong() {
    let xml = junit(&Run { engine: Engine::Linux, ..demo_run() }).unwrap();
    for (right, wrong) in [
        ("<testcase name=", "<testcase nam="),
        ("<testsuites ", "<testsuites skipped=\"1\" "),
        (" errors=\"0\" failures=\"0\" time=\"", " errors=\"0\" time=\""),
        ("<properties>", "<property name=\"a\" value=\"b\"/><properties>"),
    ] {
        assert!(xml.contains(right), "{right} is not in {xml}");
        let damaged = xml.replacen(right, wrong, 1);
        assert!(!complaints(&damaged).is_empty(), "{wrong} passes: {damaged}");
    }
}

/// (passed, failed, skipped) of a report.
fn census(report: &Report) -> (usize, usize, usize) {
    let all: Vec<&TestCaseStatus> =
        report.test_suites.iter().flat_map(|suite| &suite.test_cases).map(|case| &case.status).collect();
    let n = |of: fn(&TestCaseStatus) -> bool| all.iter().filter(|status| of(status)).count();
    (
        n(|status| matches!(status, TestCaseStatus::Success { .. })),
        n(|status| matches!(status, TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. })),
        n(|status| matches!(status, TestCaseStatus::Skipped { .. })),
    )
}

fn read(xml: &str) -> Report {
    let report = Report::deserialize_from_str(xml).unwrap();
    let (passed, failed, skipped) = census(&report);
    assert_eq!((report.tests, report.failures, report.errors), (passed + failed + skipped, failed, 0));
    report
}

#[test]
fn junit_reads_back_with_a_case_per_invariant_and_point() {
    let run = demo_run();
    let report = read(&junit(&run).unwrap());
    assert_eq!(report.test_suites.len(), 4, "a suite per protocol");
    assert_eq!(report.tests, run.verdicts.len() * 3, "three fault rates");
    let wrong = run.verdicts.iter().filter(|verdict| verdict.outcome == Judgement::Fail).count();
    let (_, failed, _) = census(&report);
    assert!(failed >= wrong && wrong > 0);
    assert!(
        report.time.is_none() && report.test_suites.iter().all(|suite| suite.time.is_none()),
        "no virtual times"
    );
    let wall = read(&junit(&demo_linux()).unwrap());
    assert_eq!(wall.time.unwrap().as_secs(), 9 * 20, "nine cells of 20 s");
    assert!(wall.test_suites.iter().all(|suite| suite.time.unwrap().as_secs() == 60));
}

#[test]
fn every_outcome_has_its_case() {
    let of = |outcome, expected, violated: u64| {
        let mut run = demo_run();
        run.cells.retain(|cell| cell.subject.label() == "transactional");
        run.verdicts.retain(|verdict| verdict.protocol == "transactional" && verdict.invariant == "drift");
        let cells = run.cells.len() as u64;
        for cell in run.cells.iter_mut().take(violated as usize) {
            cell.invariants
                .iter_mut()
                .filter(|invariant| invariant.name == "drift")
                .for_each(|invariant| invariant.violated = 1);
        }
        let verdict = &mut run.verdicts[0];
        (verdict.outcome, verdict.expected, verdict.cells, verdict.cells_violated) =
            (outcome, expected, cells, violated);
        census(&read(&junit(&run).unwrap()))
    };
    use Expectation::{Always, Never, Sometimes};
    assert_eq!(of(Judgement::Pass, Never, 0), (3, 0, 0));
    assert_eq!(of(Judgement::Fail, Never, 1), (2, 1, 0), "only where it was violated");
    assert_eq!(of(Judgement::Pass, Sometimes, 1), (3, 0, 0), "as expected is no failure");
    assert_eq!(of(Judgement::Fail, Sometimes, 0), (0, 3, 0), "nowhere is everywhere");
    assert_eq!(of(Judgement::Fail, Always, 3), (1, 2, 0), "only where it was not violated");
    assert_eq!(of(Judgement::Inconclusive, Never, 0), (0, 0, 3), "inconclusive is not failed");
    assert_eq!(of(Judgement::Skipped, Never, 0), (0, 0, 3));
}

#[test]
fn gates_are_suites_and_a_waiver_is_no_failure() {
    let report = read(&forms::junit(&ladder()).unwrap());
    let of = |name: &str| {
        let suite = report.test_suites.iter().find(|suite| suite.name.as_str() == name).unwrap();
        (suite.test_cases.len(), suite.failures, suite.skipped)
    };
    assert_eq!(of("attaches | happen"), (12, 0, 0));
    assert_eq!(of("few enough"), (3, 3, 0));
    assert_eq!(of("too few for that"), (12, 0, 12));
    assert_eq!(of("let through"), (12, 0, 12));
    insta::assert_snapshot!("gates-junit", forms::junit(&ladder()).unwrap());
    insta::assert_snapshot!("gates-markdown", forms::markdown(&ladder()));
    assert_eq!(forms::annotations(&ladder()).len(), 3);
}

#[test]
fn markdown_begins_with_the_verdict_and_keeps_names_text() {
    let page = markdown(&demo_run()).unwrap();
    let mut lines = page.lines().filter(|line| !line.is_empty());
    assert_eq!(lines.next(), Some("## attach-rig: default on sim"));
    assert!(lines.next().unwrap().starts_with("**verdict: not as expected (1 not as expected, "));
    assert!(page.contains("Times are virtual times of a model; they are the times of no machine."));
    assert!(page.contains("    attach-rig replay default --protocol "), "{page}");
    assert!(markdown(&demo_linux()).unwrap().contains("Times are wall times of the machine that ran it."));

    let mut run = demo_run();
    run.cells.iter_mut().for_each(|cell| cell.subject = Subject::of("a|b <i> `c` [d](e) $f$"));
    run.notes = vec![note(NoteKind::Warning, "one\ntwo | <script>"), note(NoteKind::Info, "of no weight")];
    let page = markdown(&run).unwrap();
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| a")).collect();
    assert!(!rows.is_empty());
    for row in rows {
        assert_eq!(row.replace("\\|", "").matches('|').count(), 9, "eight columns: {row}");
    }
    assert!(
        page.contains("- warning: one two \\| &lt;script\\>\n") && !page.contains("of no weight"),
        "{page}"
    );
}

#[test]
fn a_page_that_is_nearly_full_is_cut_at_a_paragraph_and_says_so() {
    let page = markdown(&demo_run()).unwrap();
    assert_eq!(fitted(&page, page.len()), page);
    let mut last = 0;
    for room in 0..page.len() {
        let cut = fitted(&page, room);
        assert!(cut.len() <= room);
        assert!(cut.is_empty() || cut.ends_with("Everything is in run.json.*\n"), "{cut}");
        let kept = cut.split("\n*Cut here").next().unwrap();
        assert!(
            page.starts_with(kept) && (kept.is_empty() || page[kept.len()..].starts_with('\n')),
            "{kept}"
        );
        assert!(kept.len() >= last, "more room, no less text");
        last = kept.len();
    }
    assert!(last > page.len() / 2);
}

#[test]
fn annotations_are_at_most_ten_lines_that_github_can_read() {
    let mut run = demo_run();
    let one = annotations(&run);
    assert_eq!(one.len(), 1);
    assert!(one[0].starts_with("::error title=attach-rig default on sim::failed: "), "{}", one[0]);
    let failed = run.verdicts.iter().find(|verdict| verdict.outcome == Judgement::Fail).unwrap().clone();
    run.verdicts = vec![failed; 30];
    run.verdicts[0].invariant = "50 %\nof: a, b".to_owned();
    run.scenario.name = "x: y, z".to_owned();
    let many = annotations(&run);
    assert_eq!(many.len(), MOST + 1);
    assert_eq!(many[MOST], "::error title=attach-rig x%3A y%2C z on sim::and 21 more");
    assert!(many[0].contains("failed: 50 %25%0Aof: a, b under "), "{}", many[0]);
    assert!(many.iter().all(|line| !line.contains('\n')));
    run.verdicts.clear();
    assert!(annotations(&run).is_empty());
}
