//! Cells, one after the other, with cgroups, workers and movers in place: the measurement of each, and the checks after
//! it.
//!
//! `run` makes the cgroups and the workers, and takes them away. Between two cells all workers are parked, and the
//! counters are compared with the workers' books.
use super::checks::audit::{Audit, Looked};
use super::checks::foreign::Foreign;
use super::checks::provoke::{self, provoke};
use super::checks::refusal::Refusal;
use super::clock::now_ns;
use super::error::LinuxError;
use super::moving::mover::{Ended, MovePlan, Watch};
use super::moving::movers::Movers;
use super::moving::samples::MoveSamples;
use super::options::LinuxOptions;
use super::place::discovery::Place;
use super::place::group::Groups;
use super::place::permission::explain;
use super::progress::Progress;
use super::result::measured::CellRecord;
use super::result::notes;
use super::result::record;
use super::trace;
use super::workers::worker_pool::WorkerPool;
use engines::Interrupt;
use reports::noise;
use reports::schema::Note;
use std::thread;
use std::time::Duration;

/// Work in the first cgroup before the books are opened: stacks, heaps and the program's own files are touched by then.
const SETTLE: Duration = Duration::from_millis(100);
/// Longest cell in which workers stand still: a median needs no more.
const KEPT_CELL: Duration = Duration::from_secs(2);

/// The cells of a run, measured one after the other.
pub(super) struct Session<'a> {
    options: &'a LinuxOptions,
    place: &'a Place,
    pub(super) groups: &'a mut Groups,
    pub(super) crew: &'a mut WorkerPool,
    interrupts: &'a Interrupt,
    movers: Movers,
    audit: Audit,
    /// Remarks on the traced cells that a reader has to know.
    pub(super) tracing: Vec<Note>,
}

impl<'a> Session<'a> {
    /// Moves all workers that are to be moved into the first cgroup, lets them settle, and opens the books.
    ///
    /// # Errors
    /// Errors of moving and of the workers.
    pub(super) fn set(
        options: &'a LinuxOptions,
        place: &'a Place,
        groups: &'a mut Groups,
        crew: &'a mut WorkerPool,
        interrupts: &'a Interrupt,
    ) -> Result<Self, LinuxError> {
        crew.park()?;
        let movers = Movers::enter(groups, options.moves, &crew.threads(), options.movers);
        let movers = movers.map_err(|error| explain(error, Vec::new(), place))?;
        crew.work();
        thread::sleep(SETTLE);
        crew.park()?;
        let audit = Audit::begin(place, groups, crew, options.move_charges);
        Ok(Self { options, place, groups, crew, interrupts, movers, audit, tracing: Vec::new() })
    }

    /// Measures all cells, until something ends them: the closed loop, each rate, and idle processes with more and more
    /// pages. All that is repeated backwards and forwards as often as is wanted. The traced cells follow, and then the
    /// refusals, which must not disturb earlier measurements.
    ///
    /// # Errors
    /// The error that ended them early; `cells` has those that were finished.
    pub(super) fn cells(
        &mut self,
        cells: &mut Vec<CellRecord>,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<(), LinuxError> {
        let options = self.options;
        let plan = |rate| (MovePlan { rate, pause: options.pause, duration: options.duration }, None);
        let closed = options.closed_loop.then(|| plan(None));
        let open = options.rates.iter().map(|rate| plan(Some(*rate)));
        let kept = MovePlan { rate: None, pause: Duration::ZERO, duration: options.duration.min(KEPT_CELL) };
        let kept = options.resident_pages.iter().map(|pages| (kept, Some(*pages)));
        let once: Vec<_> = closed.into_iter().chain(open).chain(kept).collect();
        let plans: Vec<_> = (0..options.repeat).flat_map(|turn| in_turn(&once, turn)).collect();
        for (cell, (plan, kept)) in plans.iter().enumerate() {
            if self.interrupts.is_set() {
                return Ok(());
            }
            let label = kept.map_or_else(|| plan.label(), |pages| format!("{pages} pages kept"));
            on_progress(Progress::Started { cell, of: plans.len(), label, duration: plan.duration });
            let record = self.cell(*plan, *kept)?;
            let (moved, refused) = (record.samples.moved.count(), record.samples.refused.count());
            let begin_ns = cells.first().map_or(record.began_ns, |first| first.began_ns);
            on_progress(measured((options, self.place), &record, begin_ns));
            cells.push(record);
            on_progress(Progress::Finished { cell, of: plans.len(), moved, refused });
        }
        self.trace(cells, on_progress)?;
        for refusal in &options.refusals {
            if self.interrupts.is_set() {
                return Ok(());
            }
            let record = self.refuse(refusal)?;
            let begin_ns = cells.first().map_or(record.began_ns, |first| first.began_ns);
            on_progress(measured((options, self.place), &record, begin_ns));
            cells.push(record);
        }
        Ok(())
    }

    fn cell(&mut self, plan: MovePlan, resident_pages: Option<u64>) -> Result<CellRecord, LinuxError> {
        self.crew.keep(resident_pages.unwrap_or(0))?;
        self.crew.reset();
        if resident_pages.is_none() {
            self.crew.work();
        }
        let board = self.crew.shared().board();
        let watch = Watch { interrupts: self.interrupts, died: self.crew.death_flag(), board };
        let (samples, ended, duration_ns) = self.movers.measure(plan, &watch);
        if ended == Ended::WorkerDied {
            return Err(self.crew.death());
        }
        self.crew.park()?;
        self.movers.verify()?;
        let record = CellRecord::new(plan, samples, (ended, duration_ns), self.crew);
        Ok(CellRecord { resident_pages, looked: self.look(), ..record })
    }

    /// Measures the traced cells, while all workers work.
    fn trace(
        &mut self,
        cells: &mut Vec<CellRecord>,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<(), LinuxError> {
        if self.interrupts.is_set() {
            return Ok(());
        }
        let of_run = (self.options, self.place);
        let begin_ns = cells.first().map(|first| first.began_ns);
        let mut tell = |cell, of, label, ended: Option<&CellRecord>| {
            let Some(record) = ended else {
                return on_progress(Progress::Started { cell, of, label, duration: trace::TIME_MAX });
            };
            let (moved, refused) = (record.samples.moved.count(), record.samples.refused.count());
            on_progress(measured(of_run, record, begin_ns.unwrap_or(record.began_ns)));
            on_progress(Progress::Finished { cell, of, moved, refused });
        };
        self.crew.keep(0)?;
        self.crew.work();
        let Self { options, groups, crew, interrupts, movers, .. } = self;
        let mover = movers.first();
        let mut scene = trace::Scene { options, groups, mover, crew, interrupts };
        let (notes, failure) = scene.trace(cells, &mut tell);
        self.tracing = notes;
        failure.map_or(Ok(()), Err)?;
        self.crew.park()?;
        self.movers.verify()
    }

    fn look(&mut self) -> Looked {
        self.audit.look(self.groups, self.crew, &self.movers)
    }

    fn refuse(&mut self, refusal: &Refusal) -> Result<CellRecord, LinuxError> {
        self.crew.keep(provoke::KEPT)?;
        self.crew.reset();
        let (mut samples, begin) = (MoveSamples::new(), now_ns());
        let (own, slack) = (self.crew.pids(), self.audit.slack_bytes());
        let mut foreign = Foreign::look(self.groups, &own);
        let recorded = (&mut samples, &mut foreign);
        let mut refused = provoke(refusal, self.place, self.groups, (&own, slack), recorded)?;
        let plan = MovePlan { rate: None, pause: Duration::ZERO, duration: Duration::ZERO };
        let ended = (Ended::Complete, now_ns() - begin);
        let record = CellRecord::new(plan, samples, ended, self.crew);
        let mut looked = self.look();
        looked.foreign.add(foreign);
        // A process of others may be the reason why files differ, so the difference says nothing about the kernel.
        if !looked.foreign.is_empty() && refused.not_as_before.take_if(|(times, _)| *times > 0).is_some() {
            looked.void.push("rollback".into());
        }
        Ok(CellRecord { refused: Some(refused), looked, ..record })
    }
}

/// The report of a cell that has ended.
fn measured(of: (&LinuxOptions, &Place), record: &CellRecord, begin_ns: u64) -> Progress {
    let cell = Box::new(record::cell(of, record, begin_ns));
    let (options, place) = of;
    let mut notes = notes::of_cell(&place.subject(options.move_charges), record);
    notes.extend(noise::of_starts(std::slice::from_ref(&*cell)));
    Progress::Measured { cell, notes }
}

/// Forwards in even turns, backwards in odd ones: a machine that gets slower then does so for all cells alike.
fn in_turn<T: Copy>(plans: &[T], turn: u32) -> Vec<T> {
    if turn.is_multiple_of(2) { plans.to_vec() } else { plans.iter().rev().copied().collect() }
}
