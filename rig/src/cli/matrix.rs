//! Runs the cells of a scenario. In virtual time they run in parallel: a cell depends on its plan alone, so their order
//! changes nothing. On threads they run one at a time, because each needs the machine for itself.
use super::exit::Failure;
use super::folder::Keeper;
use super::progress;
use super::threads::refused;
use crate::driver::{CellPlan, run_cell_until, threads};
use engines::threads::Counts;
use engines::{Interrupt, pool};
use reports::schema::Cell;
use scenario::Scenario;
use std::collections::BTreeMap;
use std::time::Instant;

/// The engine, with its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    /// Virtual time.
    Sim,
    /// OS threads; pages are real memory, or cost what the table says.
    Threads { real_pages: bool },
}

/// The outcome of running the matrix.
#[derive(Default)]
pub(super) struct Matrix {
    /// Finished cells in the order of the plan, each with its position there.
    pub(super) cells: Vec<(usize, Cell)>,
    /// Totals over all cells.
    pub(super) did: Did,
    /// The signal that interrupted the run.
    pub(super) signal: Option<u8>,
}

/// Totals over cells that are not stored in them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Did {
    /// Wall time of simulating, summed over cells, in ns; 0 on threads.
    pub(super) simulated_ns: u64,
    /// Steps that continued in place; 0 on threads.
    pub(super) in_place: u64,
    /// Operations of the workload on threads; on `sim` they are stored in the cells.
    pub(super) operations: u64,
    /// Numbers of threads, waits and rests; 0 on `sim`.
    pub(super) counts: Counts,
}

/// Runs `plans` on `engine`, `jobs` at once; every finished cell is written to disk before the next is counted.
pub(super) fn run(
    engine: On,
    scenario: &Scenario,
    plans: &[CellPlan],
    jobs: usize,
    (keeper, interrupt): (&mut Keeper, &Interrupt),
) -> Result<Matrix, Failure> {
    let (began, bar) = (Instant::now(), progress::bar(plans.len(), "cells"));
    let mut matrix = Matrix::default();
    let order = order(engine, plans);
    let work = |at: usize| one(engine, scenario, order[at], (began, interrupt));
    pool::each((jobs, order.len()), interrupt, work, |done| {
        bar.tick();
        let Some((at, result)) = done else { return Ok(()) };
        let index = order[at].index;
        let Some((cell, did)) = result.unwrap_or_else(|panic| Err(bug(index, panic.as_ref())))? else {
            return Ok(());
        };
        keeper.keep(index, &cell, &[]);
        bar.set_message(cell.subject.to_string());
        bar.inc(1);
        matrix.did.add(did);
        matrix.cells.push((index, cell));
        Ok(())
    })?;
    bar.finish_and_clear();
    matrix.signal = interrupt.signal();
    matrix.cells.sort_by_key(|(index, _)| *index);
    Ok(matrix)
}

/// Returns `plans` in the order in which they run. On threads the seeds run alternately forwards and backwards, so that
/// each protocol and point occurs with every other in ABBA order, as needed for comparing machine time.
fn order(engine: On, plans: &[CellPlan]) -> Vec<&CellPlan> {
    if engine == On::Sim {
        return plans.iter().collect();
    }
    let mut seeds: BTreeMap<u64, Vec<&CellPlan>> = BTreeMap::new();
    plans.iter().for_each(|plan| seeds.entry(plan.seed).or_default().push(plan));
    let turns = seeds.into_values().enumerate().map(|(turn, mut cells)| {
        if turn % 2 == 1 {
            cells.reverse();
        }
        cells
    });
    turns.flatten().collect()
}

/// Runs one cell. Returns `None` if a signal arrived before its end, because a partial cell does not count.
fn one(
    engine: On,
    scenario: &Scenario,
    plan: &CellPlan,
    (began, interrupt): (Instant, &Interrupt),
) -> Result<Option<(Cell, Did)>, Failure> {
    if let On::Threads { real_pages } = engine {
        let began_ns = Some(began.elapsed().as_nanos() as u64);
        let result = threads::run_cell_until(scenario, plan, (&scenario.costs, real_pages), interrupt);
        return Ok(result.map_err(|error| refused(&error))?.map(|result| {
            let did = Did { operations: result.operations, counts: result.counts, ..Did::default() };
            (Cell { began_ns, ..result.cell }, did)
        }));
    }
    Ok(run_cell_until(scenario, plan, &scenario.costs, interrupt).map(|result| {
        let did = Did { simulated_ns: result.wall_ns, in_place: result.in_place, ..Did::default() };
        (result.cell, did)
    }))
}

impl Did {
    fn add(&mut self, other: Self) {
        self.simulated_ns += other.simulated_ns;
        self.in_place += other.in_place;
        self.operations += other.operations;
        self.counts.actors += other.counts.actors;
        self.counts.waits += other.counts.waits;
        self.counts.rests += other.counts.rests;
        self.counts.missed_rests += other.counts.missed_rests;
    }
}

fn bug(index: usize, panic: &(dyn std::any::Any + Send)) -> Failure {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    let text = text.unwrap_or_else(|| "no message".to_owned());
    Failure::internal(format!("cell {index} panicked: {text}; this is a bug"))
}
