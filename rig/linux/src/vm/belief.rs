//! The host's own look at a guest's result: whether it is one of what was asked for, and how it is to be judged.
//!
//! A guest is believed about its measurements and about nothing else. Verdicts, fits and the exit code are made here
//! again, from its cells. An invariant counts as examined only as often as the cell shows.
use super::super::options::LinuxOptions;
use super::super::result::record::command;
use super::error::VmError;
use super::label::of_kind;
use super::machine::Machine;
use super::result_channel::GuestResult;
use super::setting::GuestSetting;
use reports::axis::Axis;
use reports::exit::Exit;
use reports::outcome::AttachOutcome;
use reports::schema::{Cell, Drift, Engine, Invariant, LatencyKind, Note, NoteKind, SCHEMA};
use reports::{fit, verdict};
use std::collections::BTreeSet;

/// Exit codes with which a guest's measurement may fail. Signals reach no guest.
const GUESTS: [Exit; 6] =
    [Exit::Violated, Exit::Usage, Exit::CannotRun, Exit::Inconclusive, Exit::Left, Exit::Internal];

/// Returns the exit code of a failure: the guest's own where it may end so, else that of an internal error.
pub(super) fn code_of_failure(code: Exit) -> Exit {
    if GUESTS.contains(&code) { code } else { Exit::Internal }
}

/// Checks a result against what was asked for and judges it anew. `release` is that of the kernel image, if known.
///
/// # Errors
/// [`VmError::NotBelieved`] with the first thing that does not fit.
pub(super) fn believed(
    mut delivery: GuestResult,
    (machine, setting, release): (&Machine, GuestSetting, Option<&str>),
    options: &LinuxOptions,
) -> Result<GuestResult, VmError> {
    let problem = wrong_machine(&delivery, machine, release)
        .or_else(|| wrong_run(&delivery, options))
        .or_else(|| delivery.run.cells.iter().find_map(|cell| wrong_cell(cell, setting, options)))
        .or_else(|| too_many(&delivery.run.cells, options));
    if let Some(problem) = problem {
        let problem = input::text::excerpt(problem.as_bytes(), 400);
        return Err(VmError::NotBelieved { problem });
    }
    judge(&mut delivery, options);
    delivery.code = code(&delivery);
    Ok(delivery)
}

/// Checks a cell of a guest that still runs, as [`believed`] does, and judges its invariants anew.
pub(super) fn believed_cell(mut cell: Cell, setting: GuestSetting, options: &LinuxOptions) -> Option<Cell> {
    let is_wrong = wrong_cell(&cell, setting, options).is_some();
    examine_all(&mut cell);
    (!is_wrong).then_some(cell)
}

fn wrong_machine(delivery: &GuestResult, machine: &Machine, release: Option<&str>) -> Option<String> {
    let GuestResult { kernel, cpus, .. } = delivery;
    let is_other = |release: &&str| kernel.split(' ').nth(1) != Some(release);
    if let Some(release) = release.filter(is_other) {
        return Some(format!("it is of kernel {kernel}, and {release} was booted"));
    }
    let fits = (1..=machine.cpus).contains(cpus);
    (!fits).then(|| format!("it is of {cpus} CPUs, and the guest had {}", machine.cpus))
}

/// Reports whether a guest that begins measures something else than was asked for.
pub(super) fn is_of_another(
    delivery: &GuestResult,
    (machine, release): (&Machine, Option<&str>),
    options: &LinuxOptions,
) -> bool {
    wrong_machine(delivery, machine, release).or_else(|| wrong_request(delivery, options)).is_some()
}

fn wrong_run(delivery: &GuestResult, options: &LinuxOptions) -> Option<String> {
    let nothing = || "it has no cell, so nothing was measured".to_owned();
    wrong_request(delivery, options).or_else(|| delivery.run.cells.is_empty().then(nothing))
}

fn wrong_request(delivery: &GuestResult, options: &LinuxOptions) -> Option<String> {
    let (run, scenario) = (&delivery.run, &delivery.run.scenario);
    let duration_ns = options.duration.as_nanos() as u64;
    if run.schema != SCHEMA {
        return Some(format!("its schema is {}, and this version reads {SCHEMA}", run.schema));
    }
    if run.engine != Engine::Linux {
        return Some(format!("it is of the engine {:?}, and a kernel was asked for", run.engine));
    }
    if scenario.name != options.origin.name {
        return Some(format!(
            "it is of scenario {}, and {} was asked for",
            scenario.name, options.origin.name
        ));
    }
    if (scenario.seed, scenario.duration_ns) != (options.seed, duration_ns) {
        return Some(format!(
            "it is of seed {} and {} ns a cell, and seed {} and {duration_ns} ns were asked for",
            scenario.seed, scenario.duration_ns, options.seed
        ));
    }
    None
}

/// Returns what is wrong with one cell: of another hierarchy, scenario or kind, or at odds with itself.
fn wrong_cell(cell: &Cell, setting: GuestSetting, options: &LinuxOptions) -> Option<String> {
    let (subject, moves) = (&cell.subject, setting.guests_subject());
    let odd = |what: String| Some(format!("a cell of {subject} {what}"));
    if of_kind(subject, &moves) != *subject {
        return odd(format!("is not of {moves}, which the guest mounted"));
    }
    let asked = |rule: &String| options.refusals.iter().any(|refusal| refusal.rule().to_string() == *rule);
    let parts = subject.parts();
    let is_asked_for = match (parts.still, parts.traced, &parts.refusal) {
        (_, false, None) => true,
        (false, true, None) => options.trace,
        (false, false, Some(rule)) => asked(rule),
        (_, true, Some(_)) | (true, ..) => false,
    };
    if !is_asked_for {
        return odd("is of a kind that was not asked for".into());
    }
    if cell.seed != options.seed {
        return odd(format!("has seed {}, and {} was asked for", cell.seed, options.seed));
    }
    let is_wanted = |rate| options.rates.iter().any(|wanted| wanted.per_s() == rate);
    if let Some(rate) = cell.point.get(Axis::Rate).filter(|rate| !is_wanted(*rate)) {
        return odd(format!("has a rate of {rate}/s, which was not asked for"));
    }
    if let Some(pages) =
        cell.point.get(Axis::ResidentPages).filter(|pages| !options.resident_pages.contains(pages))
    {
        return odd(format!("keeps {pages} pages, which was not asked for"));
    }
    let mut series = cell.attach.latency.iter();
    if let Some(error) = series.find_map(|series| series.hist.decode().err()) {
        return odd(format!("has a {error}"));
    }
    for (outcome, moves) in &cell.attach.outcomes {
        let raw = samples(cell, outcome);
        if outcome == AttachOutcome::Moved.name() && raw != *moves {
            return odd(format!("claims {moves} moves and has {raw} samples of them"));
        }
    }
    None
}

/// Raw samples of one outcome.
fn samples(cell: &Cell, outcome: &str) -> u64 {
    let series = cell.attach.latency.iter();
    let own = series.filter(|series| series.outcome == outcome && series.kind == LatencyKind::Raw);
    own.fold(0, |sum, series| sum.saturating_add(series.hist.count))
}

/// The number of cells that are not traced, which are those of the plan.
fn untraced(cells: &[Cell]) -> usize {
    cells.iter().filter(|cell| !cell.subject.parts().traced).count()
}

fn too_many(cells: &[Cell], options: &LinuxOptions) -> Option<String> {
    let (found, planned) = (untraced(cells), options.cells());
    (found > planned).then(|| format!("it has {found} cells, and {planned} were asked for"))
}

/// Makes everything anew that follows from the cells.
fn judge(delivery: &mut GuestResult, options: &LinuxOptions) {
    let run = &mut delivery.run;
    run.cells.iter_mut().for_each(examine_all);
    let found = untraced(&run.cells);
    if found < options.cells() && delivery.failure.is_none() {
        run.interrupted = true;
        let text = format!("The guest brought {found} of {} cells and does not say why.", options.cells());
        run.notes.push(Note { kind: NoteKind::Inconclusive, protocol: None, text });
    }
    let empty: BTreeSet<&str> =
        run.cells.iter().filter(|cell| attaches(cell) == 0).map(|cell| cell.subject.label()).collect();
    run.notes.extend(empty.into_iter().map(|protocol| Note {
        kind: NoteKind::Inconclusive,
        protocol: Some(protocol.into()),
        text: "A cell without a single attach: nothing was measured in it.".into(),
    }));
    run.fits = fit::over_resident_pages(&run.cells, "a move");
    let judged: Vec<Cell> = run.cells.iter().filter(|cell| !cell.invariants.is_empty()).cloned().collect();
    let again = |_: &Cell, _: &Invariant| Some(command(options));
    run.verdicts = verdict::judge(&judged, &verdict::Expectations::default(), &run.notes, again);
}

/// Attaches of every outcome.
fn attaches(cell: &Cell) -> u64 {
    cell.attach.outcomes.values().fold(0, |sum, count| sum.saturating_add(*count))
}

fn examine_all(cell: &mut Cell) {
    let (rows, tried) = (std::mem::take(&mut cell.drift), attaches(cell));
    cell.invariants.iter_mut().for_each(|invariant| examine(invariant, &rows, tried));
    cell.drift = rows;
}

/// Corrects an invariant by the figures of its cell: rows of counters for drift, attaches for the others.
fn examine(invariant: &mut Invariant, rows: &[Drift], attaches: u64) {
    let drifts = |row: &&Drift| {
        let drift = row.usage_final.saturating_sub(row.truth_final);
        drift.saturating_abs() > row.tolerance.unwrap_or(0)
    };
    if invariant.name == "drift" {
        invariant.examined = invariant.examined.min(rows.len() as u64);
        invariant.violated = invariant.violated.max(rows.iter().filter(drifts).count() as u64);
    } else {
        invariant.examined = invariant.examined.min(attaches);
    }
}

/// Returns the exit code: that of the cells, or that of the guest's failure where it weighs more.
fn code(delivery: &GuestResult) -> Exit {
    let failed = delivery.failure.is_some() || delivery.code != Exit::AsExpected;
    let interrupted = delivery.run.interrupted.then_some(Exit::Inconclusive);
    verdict::exit_code(&delivery.run).worst(failed.then(|| code_of_failure(delivery.code))).worst(interrupted)
}

#[cfg(test)]
#[path = "belief_tests.rs"]
mod tests;
