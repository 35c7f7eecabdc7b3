//! Runs the cells of a scenario. In virtual time they run in parallel: a cell depends on its plan alone, so their order
//! changes nothing. On threads they run one at a time, because each needs the machine for itself.
use super::exit::Failure;
use super::folder::Keeper;
use super::progress;
use super::threads::refused;
use crate::driver::{CellPlan, run_cell_until, threads};
use crossbeam::channel::{self, RecvTimeoutError};
use engines::Interrupt;
use engines::threads::Counts;
use linux;
use reports::schema::Cell;
use scenario::Scenario;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
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

/// The outcome of one cell; `None` if a signal arrived before its end, because a partial cell does not count.
type Finished = (usize, Result<Option<(Cell, Did)>, Failure>);

/// Runs `plans` on `engine`, `jobs` at once; every finished cell is written to disk before the next is counted.
pub(super) fn run(
    engine: On,
    scenario: &Scenario,
    plans: &[CellPlan],
    jobs: usize,
    (keeper, interrupt): (&mut Keeper, &Interrupt),
) -> Result<Matrix, Failure> {
    let began = Instant::now();
    let (plan_sender, plan_receiver) = channel::unbounded::<&CellPlan>();
    let (sender, receiver) = channel::unbounded::<Finished>();
    for plan in order(engine, plans) {
        plan_sender.send(plan).expect("the receiver lives");
    }
    drop(plan_sender);
    let result = thread::scope(|scope| {
        for worker in 0..jobs.min(plans.len()) {
            let (plans, sender) = (plan_receiver.clone(), sender.clone());
            let work = move || {
                for plan in plans.into_iter().take_while(|_| !interrupt.is_set()) {
                    let run = || one(engine, scenario, plan, (began, interrupt));
                    let result = catch_unwind(AssertUnwindSafe(run));
                    let result = result.unwrap_or_else(|panic| Err(bug(plan.index, panic.as_ref())));
                    if sender.send((plan.index, result)).is_err() {
                        return;
                    }
                }
            };
            match thread::Builder::new().spawn_scoped(scope, work) {
                Ok(_) => {}
                Err(error) if worker == 0 => return Err(no_worker(&error)),
                // Fewer workers take longer and give the same result.
                Err(_) => break,
            }
        }
        drop(sender);
        collect(&receiver, plans.len(), keeper, interrupt)
    });
    result.map(|mut matrix| {
        matrix.cells.sort_by_key(|(index, _)| *index);
        matrix
    })
}

fn no_worker(error: &std::io::Error) -> Failure {
    Failure::cannot(format!("the system starts no thread for a worker: {error}{}", linux::no_thread()))
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

fn collect(
    receiver: &channel::Receiver<Finished>,
    total: usize,
    keeper: &mut Keeper,
    interrupt: &Interrupt,
) -> Result<Matrix, Failure> {
    let bar = progress::bar(total as u64);
    let mut matrix = Matrix::default();
    loop {
        let (index, result) = match receiver.recv_timeout(progress::TICK) {
            Ok(finished) => finished,
            Err(RecvTimeoutError::Timeout) => {
                bar.tick();
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let Some((cell, did)) = result? else { continue };
        keeper.keep(index, &cell, &[]);
        bar.set_message(cell.subject.to_string());
        bar.inc(1);
        matrix.did.add(did);
        matrix.cells.push((index, cell));
    }
    bar.finish_and_clear();
    matrix.signal = interrupt.signal();
    Ok(matrix)
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
