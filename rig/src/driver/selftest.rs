//! Whether the checks can lose: every canary in its scenario with only the check on that must find it, and the same
//! scenario without it and with all checks on.
use super::cell::run_cell_until;
use super::plan::CellPlan;
use super::random;
use crate::measure::cell::Cell;
use crate::measure::recorder::Census;
use engines::Interrupt;
use model::checks::CheckSet;
use model::protocols::{Canary, Protocol};
use model::seam::Costs;
use scenario::Scenario;
use scenario::built_in;
use std::path::Path;

/// What became of one canary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flight {
    /// The canary.
    pub canary: Canary,
    /// Seeds in which its check found it.
    pub red: u64,
    /// Seeds tried.
    pub seeds: u64,
    /// What the check said first.
    pub first: Option<String>,
}

/// Broken promises, with the first violation of each.
type Broken = Vec<(String, String)>;

/// The scenario of a canary.
///
/// # Panics
/// When a built-in scenario does not read: a test reads them all.
fn scenario(name: &str) -> Scenario {
    let text = built_in::find_canary(name).expect("the scenario of a canary is built in");
    let files = workloads::Folder::new(Path::new("."));
    Scenario::parse(name, text, &files).expect("a built-in scenario reads")
}

fn transactional() -> Protocol {
    Protocol::parse("transactional").expect("in the table")
}

fn plan(scenario: &Scenario, protocol: Protocol, seed: u64) -> CellPlan {
    let fault_rate = scenario.fault_rates.first().copied();
    CellPlan { fault_rate, ..CellPlan::alone(protocol, seed) }
}

/// Lets a canary fly over `seeds` seeds; `None` when `interrupt` came before the last.
///
/// # Panics
/// When a canary names a check that there is not: a bug of ours.
#[must_use]
pub fn fly(canary: Canary, seeds: u64, costs: &Costs, interrupt: &Interrupt) -> Option<Flight> {
    let scenario = scenario(canary.scenario());
    let protocol = transactional().with_canary(Some(canary));
    let mut flight = Flight { canary, red: 0, seeds, first: None };
    for seed in 1..=seeds {
        let checks = CheckSet::of(&[canary.check()]);
        let plan = CellPlan { checks, ..plan(&scenario, protocol, seed) };
        let cell = run_cell_until(&scenario, &plan, costs, interrupt)?.cell;
        if let Some((_, first)) = broken(&cell).into_iter().next() {
            flight.red += 1;
            flight.first.get_or_insert(first);
        }
    }
    Some(flight)
}

/// The scenarios of the canaries without any, all checks on: what was broken, which should be nothing. `None` when
/// `interrupt` came before the last.
#[must_use]
pub fn without_canaries(seeds: u64, costs: &Costs, interrupt: &Interrupt) -> Option<Vec<(String, Broken)>> {
    let run = |(name, _): &(&str, &str)| {
        let scenario = scenario(name);
        let protocol = transactional();
        let mut all = Vec::new();
        for seed in 1..=seeds {
            let cell = run_cell_until(&scenario, &plan(&scenario, protocol, seed), costs, interrupt)?.cell;
            all.extend(broken(&cell));
        }
        Some(((*name).to_owned(), all))
    };
    built_in::CANARIES.iter().map(run).collect()
}

/// Promises that a cell broke, with their first violation.
fn broken(cell: &Cell) -> Vec<(String, String)> {
    let broken = cell.promises.iter().filter(|promise| promise.broken > 0);
    broken.map(|promise| (promise.name.clone(), promise.first.clone().unwrap_or_default())).collect()
}

/// What a random scenario gave.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// Promises that were broken, with the first violation.
    pub broken: Vec<(String, String)>,
    /// Attaches by mode, controller and outcome.
    pub census: Census,
}

/// Runs the random scenario of that seed under that protocol; `None` when `interrupt` came before its end.
///
/// # Errors
/// When the generator wrote something that does not read: a bug of ours.
pub fn draw(
    seed: u64,
    protocol: &str,
    costs: &Costs,
    interrupt: &Interrupt,
) -> Result<Option<Drawn>, scenario::ScenarioError> {
    let files = workloads::Folder::new(Path::new("."));
    let scenario = Scenario::parse(&format!("random {seed}"), &random::scenario(seed, protocol), &files)?;
    let result = run_cell_until(&scenario, &CellPlan::alone(scenario.protocols[0], seed), costs, interrupt);
    Ok(result.map(|result| Drawn { broken: broken(&result.cell), census: result.census }))
}

/// Every canary.
#[must_use]
pub fn canaries() -> &'static [Canary] {
    Canary::ALL
}

/// The name of a controller.
#[must_use]
pub fn name(controller: model::kernel::Controller) -> &'static str {
    controller.name()
}

/// Every controller, for the table of what was covered.
#[must_use]
pub fn controllers() -> [model::kernel::Controller; model::kernel::Controller::COUNT] {
    model::kernel::Controller::ALL
}
