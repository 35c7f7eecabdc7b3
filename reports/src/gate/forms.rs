//! The outcome of gates as Markdown, as JUnit XML and as annotations, for the page of a job and for CI servers.
//!
//! Separate from [`super::report`], which prints text: these forms have escapes and rules of their own. Nothing is
//! judged here.
use super::file::Gate;
use super::report::{GateReport, GateRow, GateState, demand, word};
use crate::outputs::{OutputError, errors, escaped, row, xml};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// Rows of the table before the rest is counted.
const MOST: usize = 100;

/// Writes a table with a row per gate and place, failures first, and the last line of the text above it.
#[must_use]
pub fn markdown(ladder: &GateReport) -> String {
    let mut out = format!("## attach-rig: gates\n\n**{}**\n\n", escaped(&ladder.summary()));
    if let Some(doubt) = ladder.doubt() {
        out.push_str(&format!("Inconclusive: {}; no gate passes.\n\n", escaped(doubt)));
    }
    out.push_str("| gate | place | demanded | measured | verdict |\n|---|---|---|---|---|\n");
    let order = ladder.in_order();
    let mut places: Vec<(&Gate, &GateRow)> =
        order.flat_map(|(gate, rows, _)| rows.into_iter().map(move |place| (gate, place))).collect();
    places.sort_by_key(|(_, place)| std::cmp::Reverse(place.state));
    for (gate, GateRow { compared, state }) in places.iter().take(MOST) {
        let (found, verdict) = (format!("{compared:#}"), word(*state).to_owned());
        let cells = [gate.name.clone(), compared.place.clone(), demanded(gate), found, verdict];
        out.push_str(&row(cells.into_iter()));
    }
    if places.len() > MOST {
        out.push_str(&format!("\nand {} more places\n", places.len() - MOST));
    }
    out.push('\n');
    out
}

/// Writes a suite per gate, a case per place. A waived breach and too few samples are skipped, with their reason.
///
/// # Errors
/// When the XML cannot be written.
pub fn junit(ladder: &GateReport) -> Result<String, OutputError> {
    let mut report = Report::new("attach-rig gates");
    for (gate, rows, _) in ladder.in_order() {
        let mut suite = TestSuite::new(gate.name.as_str());
        for place in rows {
            let compared = &place.compared;
            let mut case = TestCase::new(compared.place.as_str(), status(gate, place, ladder.doubt()));
            case.set_classname(format!("gate.{}", gate.name));
            case.set_system_out(format!("{}: {compared:#}", demanded(gate)));
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    xml(&report)
}

/// Returns an `::error` line for each place at which a gate failed.
#[must_use]
pub fn annotations(ladder: &GateReport) -> Vec<String> {
    let mut failed = Vec::new();
    for (gate, rows, _) in ladder.in_order() {
        for GateRow { compared, .. } in rows.into_iter().filter(|row| row.state == GateState::Failed) {
            let message = format!("{}: {compared:#}; demanded: {}", compared.place, demanded(gate));
            failed.push((format!("gate {}", gate.name), message));
        }
    }
    errors(failed.into_iter())
}

fn status(gate: &Gate, GateRow { compared, state }: &GateRow, doubt: Option<&str>) -> TestCaseStatus {
    let (mut skipped, why) =
        (TestCaseStatus::skipped(), doubt.map_or_else(String::new, |doubt| format!("; {doubt}")));
    match state {
        GateState::Passed | GateState::Warned => return TestCaseStatus::success(),
        GateState::Waived => {
            skipped.set_message(format!("waived {}", gate.waived.as_deref().unwrap_or_default()))
        }
        GateState::Inconclusive => skipped.set_message(format!("inconclusive: {compared:#}{why}")),
        GateState::Failed => {
            let mut failed = TestCaseStatus::non_success(NonSuccessKind::Failure);
            failed.set_message(format!("{compared:#}; demanded: {}", demanded(gate))).set_type("gate");
            return failed;
        }
    };
    skipped
}

/// Returns the demand in words: `attach.latency[moved] p99 at most 5 ms`.
fn demanded(gate: &Gate) -> String {
    format!("{} {}", gate.key, demand(gate))
}
