//! One run from begin to end: place, cgroups, workers, cells, and the removal of everything, whichever way it ends.
use super::clock::{ClockFacts, PreciseSleep, lateness};
use super::error::LinuxError;
use super::memory;
use super::noise::NoiseWatch;
use super::options::LinuxOptions;
use super::place::discovery::{Place, discover};
use super::place::group::Groups;
use super::place::permission::explain;
use super::place::run_id::RunId;
use super::progress::Progress;
use super::reason::{self, Before, Scene};
use super::result::facts;
use super::result::measured::RunSetting;
use super::result::record::to_run;
use super::session::Session;
use super::workers::worker_pool::WorkerPool;
use engines::Interrupt;
use input::proc;
use reports::exit::Exit;
use reports::schema::{Noise, Note, NoteKind, Run};
use reports::verdict;
use std::collections::BTreeMap;

/// Outcome of a run.
#[derive(Debug)]
#[must_use = "it may carry a failure, and its exit code is the command's"]
pub struct RunEnd {
    /// The finished cells, and the one that a signal cut short.
    pub run: Run,
    /// For `facts` of [`reports::schema::Env`].
    pub facts: BTreeMap<String, String>,
    /// Noise of the machine during the run.
    pub noise: Noise,
    /// `uname -srm`, for [`reports::schema::Env`].
    pub kernel: String,
    /// Number of the signal that ended the run early.
    pub signal: Option<i32>,
    /// Error that ended the run, or went wrong after it, although there are results: to be printed.
    pub failure: Option<LinuxError>,
}

impl RunEnd {
    /// Returns the exit code of the command: the worst of the verdicts, the failure and the signal.
    #[must_use]
    pub fn exit_code(&self) -> Exit {
        let failure = self.failure.as_ref().map(LinuxError::exit_code);
        let signal = self.signal.map(|signal| Exit::Signal(signal as u8));
        verdict::exit_code(&self.run).worst(failure).worst(signal)
    }
}

/// Runs the measurement. `interrupts` end it after the write that is under way. The measurements until then come back,
/// with [`Run::interrupted`] set. The calling thread is the mover.
///
/// # Errors
/// [`LinuxError`] when nothing was measured. Once a cell is finished, errors come in [`RunEnd::failure`].
pub fn run(
    options: &LinuxOptions,
    interrupts: &Interrupt,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<RunEnd, LinuxError> {
    options.check()?;
    memory::check(options)?;
    let (place, mut groups) = make_groups(options)?;
    options.refusals.iter().try_for_each(|refusal| refusal.fits(&place))?;
    let charges = if options.move_charges { groups.move_charges() } else { Ok(()) };
    let before = Before::take(&reason::Here, &place);
    let result = charges.and_then(|()| measure(options, &place, &mut groups, interrupts, on_progress));
    // The cgroups are still there at this point, and their counters hold reasons.
    let existing: Vec<_> = groups.children().iter().cloned().chain([groups.top().to_path_buf()]).collect();
    let explained = |error| reason::explain(error, &Scene::new(&reason::Here, &place, (&existing, &before)));
    let result = result.map_err(explained).map(|mut outcome| {
        outcome.failure = outcome.failure.map(explained);
        outcome
    });
    match (groups.remove(), result) {
        (Ok(_), Err(error)) => Err(error),
        (Ok(foreign), Ok(mut outcome)) => {
            outcome.run.notes.extend(moved_out(&foreign));
            Ok(outcome)
        }
        (Err(leftover), Err(error)) => Err(LinuxError::join(Some(error), leftover)),
        (Err(leftover), Ok(mut outcome)) => {
            outcome.failure = Some(LinuxError::join(outcome.failure.take(), leftover));
            Ok(outcome)
        }
    }
}

/// A note on processes of others that sat in the run's cgroups when these were removed.
fn moved_out(foreign: &[String]) -> Option<Note> {
    let text = format!("moved out of the run's cgroups before they were removed: {}", foreign.join(", "));
    (!foreign.is_empty()).then_some(Note { kind: NoteKind::Warning, protocol: None, text })
}

/// Makes the cgroups at the first place that allows it.
fn make_groups(options: &LinuxOptions) -> Result<(Place, Groups), LinuxError> {
    let id = RunId::own()?;
    let (mut refused, mut places) = (Vec::new(), discover(options.hierarchy)?.into_iter().peekable());
    while let Some(place) = places.next() {
        match Groups::make(&place, id, options.moves) {
            Ok(groups) => return Ok((groups.settled(place), groups)),
            Err(LinuxError::NotPermitted { attempts, .. }) if places.peek().is_some() => {
                refused.extend(attempts);
            }
            Err(error) => {
                let error = explain(error, refused, &place);
                let before = Before::default();
                return Err(reason::explain(error, &Scene::new(&reason::Here, &place, (&[], &before))));
            }
        }
    }
    unreachable!("discover gives at least one place, and the last one returns")
}

/// Runs the workers from start to end. They do not outlive this function.
fn measure(
    options: &LinuxOptions,
    place: &Place,
    groups: &mut Groups,
    interrupts: &Interrupt,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<RunEnd, LinuxError> {
    // Before the run has made the machine busy itself.
    let watch = NoiseWatch::begin();
    let clock = ClockFacts::measure();
    let precise = PreciseSleep::start();
    let starts = lateness();
    let home = groups.children()[0].join("cgroup.procs");
    let mut crew = WorkerPool::start(options, &home, &mut |pid| groups.started(pid))?;
    let mut stage = Session::set(options, place, groups, &mut crew, interrupts)?;
    let (subject, folder) = (place.subject(options.move_charges), stage.groups.top().to_path_buf());
    let worker = stage.crew.moved()[0].pid();
    on_progress(Progress::Ready { subject, folder, worker });
    let setting = RunSetting {
        options,
        place,
        clock,
        precise_sleep: precise.is_on(),
        tracing: &[],
        noise: None,
        signal: None,
    };
    on_progress(Progress::Asked { run: Box::new(to_run(&setting, &[], None)) });
    let mut cells = Vec::new();
    let mut failure = stage.cells(&mut cells, on_progress).err();
    let tracing = std::mem::take(&mut stage.tracing);
    // Workers that have died are stopped by dropping them: their end is the failure already.
    let died = matches!(failure, Some(LinuxError::WorkerDied { .. }));
    if !died && let Err(error) = crew.stop() {
        failure = Some(LinuxError::join(failure.take(), error));
    }
    let signal = interrupts.signal().map(i32::from);
    match failure {
        Some(error) if cells.is_empty() => Err(error),
        failure => {
            let noise = watch.end();
            let setting = RunSetting { tracing: &tracing, noise: Some(&noise), signal, ..setting };
            let run = to_run(&setting, &cells, failure.as_ref());
            let (kernel, mut facts) = (proc::kernel(), facts::facts(&setting, &cells));
            facts.insert("measuring.starts".to_owned(), starts);
            Ok(RunEnd { run, facts, noise, kernel, signal, failure })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::record::tests::empty_run;

    #[test]
    fn a_leftover_outranks_a_signal_and_a_signal_an_underpowered_run() {
        let code = |signal, failure, underpowered: bool| {
            // Without a plan, since its cells would count as missing.
            let mut run = Run { plan: None, ..empty_run() };
            if underpowered {
                run.notes.push(Note { kind: NoteKind::Inconclusive, protocol: None, text: String::new() });
            }
            let (facts, noise, kernel) = (BTreeMap::new(), Noise::default(), String::new());
            RunEnd { run, facts, noise, kernel, signal, failure }.exit_code()
        };
        let leftover = || Some(LinuxError::Leftover { remains: Vec::new(), after: None });
        let silent = || Some(LinuxError::WorkerSilent { pid: 7, waited_s: 10 });
        assert_eq!(code(None, None, false), Exit::AsExpected);
        assert_eq!(code(None, None, true), Exit::Inconclusive);
        assert_eq!(code(Some(2), None, true), Exit::Signal(2));
        assert_eq!(code(Some(15), silent(), false), Exit::Signal(15));
        assert_eq!(code(Some(15), leftover(), false), Exit::Left);
        assert_eq!(code(None, silent(), false), Exit::Inconclusive);
    }
}
