//! JUnit XML, as CI servers read it: a suite per protocol, a case per invariant and point.
//!
//! | verdict | case |
//! |---|---|
//! | as expected | passed; an expected violation is in `system-out` |
//! | not as expected | failed, at the points that are not as expected, with the command that replays it |
//! | inconclusive | skipped, with the reason: too little happened is not the same as wrong |
//! | not checked | skipped |
//!
//! Times are given for suites of the wall clock only, as the sum of the measured times. A virtual time would be read as
//! the duration of the test. Properties of each suite say engine, clock, scenario, seed and the command.
use super::OutputError;
use crate::aggregate::{Aggregate, InvariantSum, PointSum, aggregate};
use crate::labels;
use crate::schema::{Engine, Expectation, Judgement, Run, Verdict};
use crate::units::{count, grouped};
use crate::verdict::in_order;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use std::time::Duration;

/// Writes the verdicts of `run`, point by point.
///
/// # Errors
/// A histogram that cannot be read.
pub fn junit(run: &Run) -> Result<String, OutputError> {
    let sums = aggregate(run)?;
    let mut report = Report::new(format!("attach-rig {}", run.scenario.name));
    let cells = sums.protocols.iter().map(|sum| sum.subject.label());
    for protocol in in_order(cells.chain(run.verdicts.iter().map(|verdict| verdict.protocol.as_str()))) {
        report.add_test_suite(suite(run, &sums, protocol));
    }
    if run.engine != Engine::Sim {
        report.set_time(measured(run, None));
    }
    xml(&report)
}

/// Returns the time measured in the cells of `protocol`, or in all.
fn measured(run: &Run, protocol: Option<&str>) -> Duration {
    let cells = run.cells.iter().filter(|cell| protocol.is_none_or(|name| name == cell.subject.label()));
    Duration::from_nanos(cells.fold(0, |sum: u64, cell| sum.saturating_add(cell.duration_ns)))
}

fn suite(run: &Run, sums: &Aggregate, protocol: &str) -> TestSuite {
    let mut suite = TestSuite::new(protocol);
    for (name, value) in [
        ("engine", labels::engine(run.engine).to_owned()),
        ("clock", labels::clock(run.engine).to_owned()),
        ("scenario", run.scenario.name.clone()),
        ("seed", run.scenario.seed.to_string()),
        ("command", run.command.clone()),
        ("interrupted", run.interrupted.to_string()),
    ] {
        suite.add_property((name, value.as_str()));
    }
    if run.engine != Engine::Sim {
        suite.set_time(measured(run, Some(protocol)));
    }
    let points: Vec<&PointSum> =
        sums.groups.iter().filter(|group| group.subject.label() == protocol).collect();
    let class = format!("{}.{}.{protocol}", labels::engine(run.engine), run.scenario.name);
    for verdict in run.verdicts.iter().filter(|verdict| verdict.protocol == protocol) {
        let mut add = |point: String, status, said: Option<String>| {
            let name = [verdict.invariant.clone(), point].into_iter().filter(|part| !part.is_empty());
            let mut case = TestCase::new(name.collect::<Vec<_>>().join(", "), status);
            case.set_classname(class.as_str());
            if let Some(said) = said {
                case.set_system_out(said);
            }
            suite.add_test_case(case);
        };
        if points.is_empty() {
            add(String::new(), skipped(verdict), None);
        }
        for group in &points {
            let invariant = group.sum.invariants.iter().find(|invariant| invariant.name == verdict.invariant);
            let (status, said) = status(verdict, invariant);
            add(sums.axes.words(&group.point), status, said);
        }
    }
    let ended = points.iter().flat_map(|group| &group.sum.ended);
    let ended: Vec<String> = ended.map(|(seed, how)| format!("ended early, seed {seed}: {how}")).collect();
    if !ended.is_empty() {
        suite.set_system_err(ended.join("\n"));
    }
    suite
}

/// Returns the status of an invariant at one point, and the further text on it.
fn status(verdict: &Verdict, invariant: Option<&InvariantSum>) -> (TestCaseStatus, Option<String>) {
    let Some(invariant) = invariant else { return (skipped(verdict), None) };
    let wrong = match verdict.expected {
        Expectation::Never => invariant.cells_violated > 0,
        Expectation::Always => invariant.cells_violated < invariant.cells,
        // An invariant that is violated at no point is as wrong at this point as at others.
        Expectation::Sometimes => verdict.cells_violated == 0,
    };
    match verdict.outcome {
        Judgement::Fail if wrong => (failed(verdict, invariant), None),
        Judgement::Pass | Judgement::Fail => {
            let said = (invariant.violated > 0).then(|| format!("as expected: {}", breach(invariant)));
            (TestCaseStatus::success(), said)
        }
        Judgement::Inconclusive | Judgement::Skipped => (skipped(verdict), None),
    }
}

fn skipped(verdict: &Verdict) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(match verdict.outcome {
        Judgement::Inconclusive if verdict.cells == 0 => "inconclusive: expected, and no cell checked it",
        Judgement::Inconclusive => "inconclusive: too little happened to tell",
        Judgement::Pass | Judgement::Fail | Judgement::Skipped => "not checked here",
    });
    status
}

fn failed(verdict: &Verdict, invariant: &InvariantSum) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let expected = match verdict.expected {
        Expectation::Never => "expected to hold".to_owned(),
        other => format!("expected to be violated {}", labels::expectation(other)),
    };
    status.set_message(format!("{expected}; {}", breach(invariant))).set_type("violated-invariant");
    status.set_description(labels::verdict_sentence(verdict));
    status
}

/// Returns a sentence such as `violated 12 times in 2 of 3 cells; first, seed 1: ...`.
fn breach(invariant: &InvariantSum) -> String {
    let cells = format!("{} of {}", grouped(invariant.cells_violated), count(invariant.cells, "cell"));
    let mut text = format!("violated {} in {cells}", count(invariant.violated, "time"));
    if let Some((seed, first)) = &invariant.first {
        text.push_str(&format!("; first, seed {seed}: {first}"));
    }
    text
}

/// Writes the report as XML.
///
/// The sum of skipped cases on the root is removed again: Jenkins' schema allows it only on suites.
pub(crate) fn xml(report: &Report) -> Result<String, OutputError> {
    let text = report.to_string().map_err(|error| OutputError::form("JUnit XML", &error))?;
    Ok(text.replacen(&format!(" skipped=\"{}\"", report.skipped), "", 1))
}
