//! `--fail-nth all`: lets every prepare position of a scenario fail once on its own, and checks what that leaves
//! behind.
//!
//! A position is a hit of a prepare site. A run in which the nth hit fails is identical to the run without faults up to
//! that hit. So counting n up until nothing fires any more tries every position, as the kernel's loop over fail-nth
//! does.
use super::cell::{CellCurrent, run_cell_until};
use super::plan::CellPlan;
use crate::measure::cell::Cell;
use engines::Interrupt;
use faults::Site;
use model::kernel::Threadgroup;
use model::protocols::Protocol;
use model::seam::Costs;
use scenario::Scenario;

/// A position, with an invariant that failing there violated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The site.
    pub site: Site,
    /// The hit of the site, counted from 1.
    pub nth: u32,
    /// The invariant.
    pub invariant: String,
    /// The first violation of the invariant, in words.
    pub first: String,
}

/// The outcome for one protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    /// Number of positions by site.
    pub tried: Vec<(Site, u32)>,
    /// Prepare callbacks that the run without faults entered, counted from its events.
    pub callbacks: u64,
    /// Positions that left a trace.
    pub traces: Vec<Trace>,
    /// Number of times that an invariant was checked after a failure, that is, of rollbacks checked.
    pub rollbacks: u64,
}

impl Positions {
    /// Returns the number of all positions.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.tried.iter().map(|(_, n)| u64::from(*n)).sum()
    }

    /// Returns the number of positions that are callbacks of controllers.
    #[must_use]
    pub fn in_callbacks(&self) -> u64 {
        self.tried.iter().filter(|(site, _)| site.callback().is_some()).map(|(_, n)| u64::from(*n)).sum()
    }
}

/// Lets every position of `protocol` fail in turn; `None` when `interrupt` came before the last.
#[must_use]
pub fn try_all(
    scenario: &Scenario,
    protocol: Protocol,
    seed: u64,
    (costs, interrupt): (&Costs, &Interrupt),
) -> Option<Positions> {
    let plan = CellPlan::alone(protocol, seed);
    let sound = run_cell_until(scenario, &plan, costs, interrupt)?;
    let usual = violated(&sound.cell);
    let mut positions = Positions { callbacks: sound.asked, ..Positions::default() };
    for site in plan.sites::<CellCurrent>(scenario) {
        let mut nth = 0;
        loop {
            let failing = CellPlan { fail_nth: Some((site, nth + 1)), ..plan.clone() };
            let run = run_cell_until(scenario, &failing, costs, interrupt)?;
            if run.cell.faults.rules.last().is_none_or(|rule| rule.fired == 0) {
                break;
            }
            nth += 1;
            positions.judge(&run.cell, (site, nth), &usual);
        }
        positions.tried.push((site, nth));
    }
    Some(positions)
}

/// Returns the invariants that a cell violated.
fn violated(cell: &Cell) -> Vec<String> {
    cell.invariants
        .iter()
        .filter(|invariant| invariant.violated > 0)
        .map(|invariant| invariant.name.clone())
        .collect()
}

impl Positions {
    fn judge(&mut self, cell: &Cell, (site, nth): (Site, u32), usual: &[String]) {
        for invariant in &cell.invariants {
            if invariant.name == "rollback" {
                self.rollbacks += invariant.examined;
            }
            if invariant.violated > 0 && !usual.contains(&invariant.name) {
                let first = invariant.first.clone().unwrap_or_default();
                self.traces.push(Trace { site, nth, invariant: invariant.name.clone(), first });
            }
        }
        if let Some(ended) = cell.ended.as_ref().filter(|_| !usual.contains(&"deadlock".to_owned())) {
            self.traces.push(Trace { site, nth, invariant: "end".to_owned(), first: ended.clone() });
        }
    }
}

/// Returns the text of a quiet scenario: one or two attaches of that mode with those controllers, and no other work.
/// The threads of each process are spread over two cgroups, so that an attach has to gather them.
#[must_use]
pub fn quiet(controllers: &[&str], mode: &str) -> String {
    let list = |names: &[&str]| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let adopts = mode == "adopt";
    let picked = matches!(mode, "thread" | "process");
    let late = if adopts { controllers } else { &[] };
    let mover = |more: String| format!("\n[[movers]]\nmode = \"{mode}\"\nrate = \"1000/s\"\n{more}");
    let movers: String = match mode {
        "adopt" => controllers.iter().map(|name| mover(format!("controller = \"{name}\"\n"))).collect(),
        _ => mover("between = [\"b\", \"c\", \"a\"]\n".to_owned()),
    };
    // No thread forks or exits here, so the lock against that makes no difference.
    let locked = |protocol: &Protocol| protocol.threadgroup() == Threadgroup::default();
    let protocols = Protocol::every().into_iter().filter(locked);
    let protocols: Vec<String> = protocols.map(|protocol| protocol.to_string()).collect();
    let protocols: Vec<&str> = protocols.iter().map(String::as_str).collect();
    format!(
        "name = \"positions\"\nabout = \"Only the mover is at work.\"\ncpus = 2\nduration = \"1500us\"\nprotocols = [{}]\n\n[[hierarchies]]\nname = \"one\"\ncontrollers = [{}]\nlate = [{}]\n\n[cgroups.a]\nhierarchy = \"one\"\n[cgroups.b]\nhierarchy = \"one\"\n[cgroups.c]\nhierarchy = \"one\"\n\n[[workloads]]\ncgroups = [\"a\", \"c\", \"b\"]\nshape = \"idle\"\nprocesses = 2\nthreads = 3\ninitial_pages = 8\nthink_min = \"1s\"\nthink_max = \"1s\"\nmove = {picked}\n{movers}",
        list(&protocols),
        list(controllers),
        list(late),
    )
}
