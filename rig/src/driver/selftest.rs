//! Tests whether the checks can fail: each mutant runs in its scenario with only its own check on, and the same
//! scenario runs without the mutant and with all checks on.
use super::cell::run_cell_until;
use super::plan::CellPlan;
use super::random;
use crate::measure::cell::Cell;
use crate::measure::recorder::Census;
use engines::Interrupt;
use model::checks::{Check, CheckSet};
use model::protocols::{Mutant, Protocol};
use model::seam::Costs;
use scenario::Scenario;
use scenario::built_in;
use std::path::Path;

/// The outcome of one mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MutantRun {
    /// The mutant.
    pub mutant: Mutant,
    /// Seeds in which its check found it.
    pub red: u64,
    /// Seeds tried.
    pub seeds: u64,
    /// The first violation that the check reported.
    pub first: Option<String>,
}

/// Violated invariants, with the first violation of each.
type Violated = Vec<(String, String)>;

/// The scenario of a mutant.
///
/// # Panics
/// If a built-in scenario cannot be read; a test reads them all.
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

/// Runs a mutant with `seeds` seeds; `None` when `interrupt` came before the last.
///
/// # Panics
/// If a mutant names a check that does not exist, which is a bug.
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

/// Runs the scenarios of the mutants without a mutant and with all checks on, and returns the violations, which should
/// be none. `None` when `interrupt` came before the last.
#[must_use]
pub fn without_mutants(seeds: u64, costs: &Costs, interrupt: &Interrupt) -> Option<Vec<(String, Violated)>> {
    let run = |(name, _): &(&str, &str)| {
        let scenario = scenario(name);
        let protocol = transactional();
        let mut all = Vec::new();
        for seed in 1..=seeds {
            let cell = run_cell_until(&scenario, &plan(&scenario, protocol, seed), costs, interrupt)?.cell;
            let wrong =
                |(invariant, _): &(String, String)| !is_excused(invariant) || is_planted(name, invariant);
            all.extend(violated(&cell).into_iter().filter(wrong));
        }
        Some(((*name).to_owned(), all))
    };
    built_in::MUTANTS.iter().map(run).collect()
}

/// Reports whether a protocol that reserves may violate the invariant.
fn is_excused(invariant: &str) -> bool {
    Check::parse(invariant).is_some_and(Check::is_price_of_reserving)
}

/// Reports whether a mutant violates the invariant in that scenario, so that the protocol itself has to hold it there.
fn is_planted(scenario: &str, invariant: &str) -> bool {
    Mutant::ALL.iter().any(|mutant| mutant.scenario() == scenario && mutant.check().name() == invariant)
}

/// Returns the invariants that a cell violated, each with its first violation.
fn violated(cell: &Cell) -> Vec<(String, String)> {
    let violated = cell.invariants.iter().filter(|invariant| invariant.violated > 0);
    violated.map(|invariant| (invariant.name.clone(), invariant.first.clone().unwrap_or_default())).collect()
}

/// The outcome of a random scenario.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// Violated invariants, each with its first violation.
    pub violated: Violated,
    /// Attaches by mode, controller and outcome.
    pub census: Census,
}

/// Runs the random scenario of that seed under that protocol; `None` when `interrupt` came before its end.
///
/// # Errors
/// If the generator wrote a text that cannot be read, which is a bug.
pub fn draw(
    seed: u64,
    protocol: &str,
    costs: &Costs,
    interrupt: &Interrupt,
) -> Result<Option<Drawn>, input::mistake::Mistake> {
    let files = workloads::Folder::new(Path::new("."));
    let scenario = Scenario::parse(&format!("random {seed}"), &random::scenario(seed, protocol), &files)?;
    let result = run_cell_until(&scenario, &CellPlan::alone(scenario.protocols[0], seed), costs, interrupt);
    Ok(result.map(|result| {
        let mut violated = violated(&result.cell);
        violated.retain(|(invariant, _)| !is_excused(invariant));
        Drawn { violated, census: result.census }
    }))
}

/// Lists every mutant.
#[must_use]
pub fn mutants() -> &'static [Mutant] {
    Mutant::ALL
}

/// Returns the name of a controller.
#[must_use]
pub fn name(controller: model::kernel::Controller) -> &'static str {
    controller.name()
}

/// Lists every controller, for the table of coverage.
#[must_use]
pub fn controllers() -> [model::kernel::Controller; model::kernel::Controller::COUNT] {
    model::kernel::Controller::ALL
}
