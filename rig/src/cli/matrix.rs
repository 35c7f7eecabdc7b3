//! Runs the cells of a scenario side by side. A cell depends on its plan alone, so their order changes nothing.
use super::exit::Failure;
use super::interrupt::Interrupt;
use super::progress;
use crate::driver::cell::CellResult;
use crate::driver::{CellPlan, Scenario, run_cell};
use crate::engine::Costs;
use crossbeam::channel;
use reports::cells::CellStore;
use reports::schema::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// What running the matrix gave.
pub(super) struct Matrix {
    /// Finished cells with their position in the plan, in order.
    pub(super) cells: Vec<(usize, Cell)>,
    /// Wall time spent simulating, summed over cells, in ns.
    pub(super) simulated_ns: u64,
    /// Steps that went on in place, summed.
    pub(super) in_place: u64,
    /// The signal that interrupted it.
    pub(super) signal: Option<u8>,
}

type Finished = (usize, Result<CellResult, String>);

/// Runs `plans` on `jobs` OS threads; every finished cell is on disk before the next is counted.
pub(super) fn run(
    scenario: &Scenario,
    plans: &[CellPlan],
    jobs: usize,
    store: &CellStore,
) -> Result<Matrix, Failure> {
    let interrupt = Interrupt::listen().map_err(Failure::internal)?;
    let costs = Costs::default();
    let (plan_sender, plan_receiver) = channel::unbounded::<&CellPlan>();
    let (sender, receiver) = channel::unbounded::<Finished>();
    for plan in plans {
        plan_sender.send(plan).expect("the receiver lives");
    }
    drop(plan_sender);
    let result = thread::scope(|scope| {
        for _ in 0..jobs.min(plans.len()) {
            let (plans, sender) = (plan_receiver.clone(), sender.clone());
            let (interrupt, costs) = (&interrupt, &costs);
            scope.spawn(move || {
                for plan in plans.into_iter().take_while(|_| interrupt.signal().is_none()) {
                    let result = catch_unwind(AssertUnwindSafe(|| run_cell(scenario, plan, costs)));
                    let result = result.map_err(|panic| describe(panic.as_ref()));
                    if sender.send((plan.index, result)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        collect(&receiver, plans.len(), store, &interrupt)
    });
    result.map(|mut matrix| {
        matrix.cells.sort_by_key(|(index, _)| *index);
        matrix
    })
}

fn collect(
    receiver: &channel::Receiver<Finished>,
    total: usize,
    store: &CellStore,
    interrupt: &Interrupt,
) -> Result<Matrix, Failure> {
    let bar = progress::bar(total as u64);
    let mut matrix = Matrix { cells: Vec::new(), simulated_ns: 0, in_place: 0, signal: None };
    while let Ok((index, result)) = receiver.recv() {
        let CellResult { cell, wall_ns, in_place, .. } = result
            .map_err(|panic| Failure::internal(format!("cell {index} panicked: {panic}; this is a bug")))?;
        store.save(index, &cell).map_err(Failure::internal)?;
        bar.set_message(cell.protocol.clone());
        bar.inc(1);
        matrix.simulated_ns += wall_ns;
        matrix.in_place += in_place;
        matrix.cells.push((index, cell));
        if interrupt.signal().is_some() {
            break;
        }
    }
    bar.finish_and_clear();
    matrix.signal = interrupt.signal();
    Ok(matrix)
}

fn describe(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
