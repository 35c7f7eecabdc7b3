//! Whether the checks can lose: every mutant in its scenario with only the check on that must find it, and the same
//! scenario without it and with all checks on.
use super::cell::run_cell_until;
use super::plan::CellPlan;
use super::random;
use crate::measure::cell::Cell;
use crate::measure::recorder::Census;
use engines::Interrupt;
use model::checks::CheckSet;
use model::protocols::{Mutant, Protocol};
use model::seam::Costs;
use scenario::Scenario;
use scenario::built_in;
use std::path::Path;

/// What became of one mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutantRun {
    /// The mutant.
    pub mutant: Mutant,
    /// Seeds in which its check found it.
    pub red: u64,
    /// Seeds tried.
    pub seeds: u64,
    /// What the check said first.
    pub first: Option<String>,
}

/// Violated invariants, with the first violation of each.
type Violated = Vec<(String, String)>;

/// The scenario of a mutant.
///
/// # Panics
/// When a built-in scenario does not read: a test reads them all.
fn scenario(name: &str) -> Scenario {
    let text = built_in::find_mutant(name).expect("the scenario of a mutant is built in");
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

/// Lets a mutant fly over `seeds` seeds; `None` when `interrupt` came before the last.
///
/// # Panics
/// When a mutant names a check that there is not: a bug of ours.
#[must_use]
pub fn run_mutant(mutant: Mutant, seeds: u64, costs: &Costs, interrupt: &Interrupt) -> Option<MutantRun> {
    let scenario = scenario(mutant.scenario());
    let protocol = transactional().with_mutant(Some(mutant));
    let mut flight = MutantRun { mutant, red: 0, seeds, first: None };
    for seed in 1..=seeds {
        let checks = CheckSet::of(&[mutant.check()]);
        let plan = CellPlan { checks, ..plan(&scenario, protocol, seed) };
        let cell = run_cell_until(&scenario, &plan, costs, interrupt)?.cell;
        if let Some((_, first)) = violated(&cell).into_iter().next() {
            flight.red += 1;
            flight.first.get_or_insert(first);
        }
    }
    Some(flight)
}

/// The scenarios of the mutants without any, all checks on: what was violated, which should be nothing. `None` when
/// `interrupt` came before the last.
#[must_use]
pub fn without_mutants(seeds: u64, costs: &Costs, interrupt: &Interrupt) -> Option<Vec<(String, Violated)>> {
    let run = |(name, _): &(&str, &str)| {
        let scenario = scenario(name);
        let protocol = transactional();
        let mut all = Vec::new();
        for seed in 1..=seeds {
            let cell = run_cell_until(&scenario, &plan(&scenario, protocol, seed), costs, interrupt)?.cell;
            all.extend(violated(&cell));
        }
        Some(((*name).to_owned(), all))
    };
    built_in::MUTANTS.iter().map(run).collect()
}

/// Invariants that a cell violated, with their first violation.
fn violated(cell: &Cell) -> Vec<(String, String)> {
    let violated = cell.invariants.iter().filter(|invariant| invariant.violated > 0);
    violated.map(|invariant| (invariant.name.clone(), invariant.first.clone().unwrap_or_default())).collect()
}

/// What a random scenario gave.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// Invariants that were violated, with the first violation.
    pub violated: Vec<(String, String)>,
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
    Ok(result.map(|result| Drawn { violated: violated(&result.cell), census: result.census }))
}

/// Every mutant.
#[must_use]
pub fn mutants() -> &'static [Mutant] {
    Mutant::ALL
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
