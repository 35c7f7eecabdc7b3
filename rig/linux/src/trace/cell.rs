//! The traced cells of a run, after the others and before refusals. Notes for the reader are in `remarks`.
use super::super::error::LinuxError;
use super::super::moving::mover::{Ended, MovePlan, Mover, Watch};
use super::super::moving::samples::MoveSamples;
use super::super::options::LinuxOptions;
use super::super::place::group::Groups;
use super::super::result::measured::CellRecord;
use super::super::workers::worker_pool::WorkerPool;
use super::figures::{Traced, figures};
use super::moving::{Moves, TIME_MAX, moves};
use super::remarks::{Tracing, not_asked, nothing};
use super::session::{Session, Whom};
use super::symbols::Symbols;
use engines::Interrupt;
use reports::schema::Note;
use rustix::thread::gettid;
use std::io;
use std::time::Duration;

/// Highest rate that gets a traced cell: above it a move finds the kernel much as in the closed loop.
const RATE_MAX_PER_S: u64 = 100;

/// Callback for every traced cell: its number, the number of cells, its label. At the end it also gets the cell's
/// record.
pub(crate) type Tell<'a> = dyn FnMut(usize, usize, String, Option<&CellRecord>) + 'a;

/// Parts of a run that take part in a traced cell. The calling thread is the mover.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) options: &'a LinuxOptions,
    pub(crate) groups: &'a mut Groups,
    pub(crate) mover: &'a mut Mover,
    pub(crate) crew: &'a mut WorkerPool,
    pub(crate) interrupts: &'a Interrupt,
}

impl Scene<'_> {
    /// Measures the traced cells into `cells`. Returns notes for the reader, and the error that ended the run.
    pub(crate) fn trace(
        &mut self,
        cells: &mut Vec<CellRecord>,
        tell: &mut Tell<'_>,
    ) -> (Vec<Note>, Option<LinuxError>) {
        let plans = plans(self.options);
        if !self.options.trace {
            return (vec![not_asked()], None);
        }
        let whom = Whom {
            mover: gettid().as_raw_nonzero().get().cast_unsigned(),
            worker: self.crew.moved()[0].pid(),
        };
        let (mut session, missing) = match Session::begin(self.groups, whom, self.options.own_kernel) {
            Ok(begun) => begun,
            Err(why) => return (vec![nothing(&why)], None),
        };
        let symbols = Symbols::load();
        let (first, mut failure) = (cells.len(), None);
        for (cell, plan) in plans.iter().copied().enumerate() {
            if self.interrupts.is_set() {
                break;
            }
            tell(cell, plans.len(), format!("{}, traced", plan.label()), None);
            match self.cell(plan, &mut session, (whom.mover, &symbols)) {
                Ok(record) => {
                    tell(cell, plans.len(), String::new(), Some(&record));
                    cells.push(record);
                }
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        let tracing = Tracing { graph: session.has_graph(), missing, locks: symbols.locks_unavailable() };
        if let Err(leftover) = session.end() {
            failure = Some(LinuxError::join(failure, leftover));
        }
        (tracing.notes(&cells[first..]), failure)
    }

    fn cell(
        &mut self,
        plan: MovePlan,
        session: &mut Session,
        (mover, symbols): (u32, &Symbols),
    ) -> Result<CellRecord, LinuxError> {
        let switch =
            |source: io::Error| LinuxError::Setup { doing: "switch our tracing instance".into(), source };
        let mut samples = MoveSamples::new();
        self.crew.reset();
        session.record().map_err(switch)?;
        let watch = Watch {
            interrupts: self.interrupts,
            died: self.crew.death_flag(),
            board: self.crew.shared().board(),
        };
        let Moves { made, ended, duration_ns } = moves(plan, self.mover, session, &mut samples, &watch);
        let (events, lost) = session.events().map_err(switch)?;
        if ended == Ended::WorkerDied {
            return Err(self.crew.death());
        }
        self.mover.verify()?;
        let traced = Some(Traced { lost, ..figures(&events, &made, mover, symbols) });
        let record = CellRecord::new(plan, samples, (ended, duration_ns), self.crew);
        Ok(CellRecord { traced, ..record })
    }
}

/// A closed loop, where one is wanted, and the lowest rate, where it is low enough.
fn plans(options: &LinuxOptions) -> Vec<MovePlan> {
    let lowest = options.rates.iter().copied().min_by_key(|rate| rate.per_s());
    let low = lowest.filter(|rate| rate.per_s() <= RATE_MAX_PER_S);
    let closed = options.closed_loop || low.is_none();
    let rates = closed.then_some(None).into_iter().chain(low.map(Some));
    rates.map(|rate| MovePlan { rate, pause: Duration::ZERO, duration: TIME_MAX }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closed_loop_and_the_lowest_rate_are_traced() {
        let labels = |rates: &[&str], closed_loop| {
            let rates = rates.iter().map(|rate| input::units::Rate::parse(rate, 1_000).unwrap()).collect();
            let options = LinuxOptions { rates, closed_loop, ..LinuxOptions::default() };
            plans(&options).iter().map(MovePlan::label).collect::<Vec<_>>()
        };
        assert_eq!(labels(&["1000/s", "20/s", "100/s"], true), ["closed loop", "20/s"]);
        assert_eq!(labels(&["1000/s"], true), ["closed loop"]);
        assert_eq!(labels(&["100/s"], false), ["100/s"]);
        assert_eq!(labels(&["1000/s"], false), ["closed loop"], "something is always looked into");
    }
}
