//! Turns measurements into `run.json`. With `notes`, `samples` and `trace` the only files here that name the schema's
//! parts.
use super::super::checks::audit::Audited;
use super::super::checks::provoke::Refused;
use super::super::error::LinuxError;
use super::super::moving::mover::Ended;
use super::super::moving::samples::Pair;
use super::super::options::{LinuxOptions, in_ns};
use super::super::place::discovery::Place;
use super::super::workers::shared::OPS;
use super::facts::words;
use super::measured::{CellRecord, RunSetting};
use super::notes::notes;
use engines::signals;
use input::units::{Rate, ShowNs};
use reports::axis::{Axis, Point};
use reports::coverage;
use reports::outcome::AttachOutcome;
use reports::schema::{
    Attach, Bystander, Cell, Condition, Drift, Engine, FaultRule, Faults, Invariant, LatencyKind,
    LatencySeries, Plan, Run, SCHEMA, Scenario, Subject,
};
use reports::{fit, noise, verdict};
use serde::Serialize;
use std::thread::available_parallelism;

/// The run for `run.json`.
pub(crate) fn to_run(setting: &RunSetting<'_>, records: &[CellRecord], failure: Option<&LinuxError>) -> Run {
    let options = setting.options;
    let first_ns = records.iter().map(|record| record.began_ns).min().unwrap_or(0);
    let cells: Vec<Cell> =
        records.iter().map(|record| cell((options, setting.place), record, first_ns)).collect();
    let mut notes = notes(setting, records, failure);
    notes.extend(noise::of_starts(&cells));
    notes.extend(setting.noise.into_iter().flat_map(noise::of_machine));
    let fits = fit::over_resident_pages(&cells, "a move");
    let judged: Vec<Cell> = cells.iter().filter(|cell| !cell.invariants.is_empty()).cloned().collect();
    let verdicts =
        verdict::judge(&judged, &verdict::Expectations::default(), &notes, |_, _| Some(command(options)));
    Run {
        schema: SCHEMA.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        engine: Engine::Linux,
        scenario: Scenario {
            name: options.origin.name.clone(),
            about: options.origin.about.clone(),
            controllers: setting.place.controllers.clone(),
            seed: options.seed,
            cpus: cpus(),
            duration_ns: options.duration.as_nanos() as u64,
            toml: toml(options, &options.hierarchy.to_string()),
            scheduling: None,
        },
        command: command(options),
        interrupted: setting.signal.is_some(),
        plan: Some(planned(setting)),
        cells,
        verdicts,
        notes,
        fits,
        recordings: Vec::new(),
    }
}

/// Returns the plan: every cell except the traced ones, which are not always possible.
fn planned(setting: &RunSetting<'_>) -> Plan {
    let LinuxOptions { closed_loop, rates, resident_pages, repeat, refusals, .. } = setting.options;
    let moves = setting.place.subject(setting.options.move_charges);
    let still = moves.with(|parts| parts.still = true);
    let closed = closed_loop.then(|| (moves.clone(), Point::default()));
    let at = |rate: &Rate| (moves.clone(), Point::default().with(Axis::Rate, rate.per_s()));
    let kept = |pages: &u64| (still.clone(), Point::default().with(Axis::ResidentPages, *pages));
    let once: Vec<coverage::Place> =
        closed.into_iter().chain(rates.iter().map(at)).chain(resident_pages.iter().map(kept)).collect();
    let all = (0..*repeat).flat_map(|_| once.clone());
    let refused = refusals.iter().map(|refusal| {
        (moves.with(|parts| parts.refusal = Some(refusal.rule().to_string())), Point::default())
    });
    Plan::of(all.chain(refused))
}

/// Returns the cell for `run.json`; `first_ns` is the time at which the first cell of the run began.
pub(crate) fn cell((options, place): (&LinuxOptions, &Place), record: &CellRecord, first_ns: u64) -> Cell {
    let samples = &record.samples;
    let latency =
        [series(AttachOutcome::Moved, &samples.moved), series(AttachOutcome::Refused, &samples.refused)];
    Cell {
        subject: subject(&place.subject(options.move_charges), record),
        point: Point::default()
            .with(Axis::Rate, record.plan.rate.map(Rate::per_s))
            .with(Axis::ResidentPages, record.resident_pages),
        seed: options.seed,
        began_ns: Some(record.began_ns - first_ns),
        duration_ns: record.duration_ns,
        attach: Attach {
            outcomes: samples.outcomes(),
            refusals: samples.refusals(),
            latency: latency.into_iter().flatten().collect(),
            phases: record.traced.as_ref().map(|traced| traced.phases.clone()).unwrap_or_default(),
            lateness: Some(samples.lateness.hist()).filter(|hist| hist.count > 0),
            moves: samples.kept.moves(),
            ..Attach::default()
        },
        bystanders: bystanders(record),
        locks: record.traced.as_ref().map(|traced| traced.locks.clone()).unwrap_or_default(),
        longest_holds: Vec::new(),
        drift: record.looked.audited.iter().map(drift).collect(),
        invariants: invariants(record),
        faults: record.refused.as_ref().map(faults).unwrap_or_default(),
        sim: None,
        timelines: Vec::new(),
        ended: ended(record),
    }
}

/// Returns what the cell measures, where cells of moves measure `moves`. Refusals are not moves, traced moves are
/// slower, and moves of idle processes differ from those of processes that work.
pub(crate) fn subject(moves: &Subject, record: &CellRecord) -> Subject {
    moves.with(|parts| {
        parts.still = record.resident_pages.is_some();
        parts.traced = record.traced.is_some();
        parts.refusal = record.refused.as_ref().map(|refused| refused.refusal.rule().to_string());
    })
}

fn bystanders(record: &CellRecord) -> Vec<Bystander> {
    let all = OPS.iter().zip(&record.tallies).flat_map(|(op, tallies)| {
        [Condition::Idle, Condition::Attaching].into_iter().zip(tallies).map(|(condition, tallied)| {
            Bystander { op: (*op).into(), condition, failed: tallied.failed, hist: tallied.hist() }
        })
    });
    all.filter(|row| row.hist.count + row.failed > 0).collect()
}

fn drift(audited: &Audited) -> Drift {
    Drift {
        controller: audited.controller.into(),
        cgroup: audited.cgroup.clone(),
        unit: audited.unit.into(),
        usage_final: audited.usage,
        truth_final: audited.truth,
        drift_final: audited.drift(),
        peak_over: None,
        peak_under: None,
        integral_abs_us: None,
        events: 0,
        clamps: 0,
        reserved_peak: 0,
        tolerance: (audited.tolerance > 0).then_some(audited.tolerance),
        by_design: audited.by_design,
        how: audited.how.clone(),
        series: Vec::new(),
    }
}

fn invariants(record: &CellRecord) -> Vec<Invariant> {
    let invariant = |name: &str, examined, (violated, first): (u64, Option<String>)| Invariant {
        name: name.into(),
        violated,
        examined,
        first,
    };
    let breaches: Vec<String> = record.looked.audited.iter().filter_map(Audited::breach).collect();
    let (violated, first) = (breaches.len() as u64, breaches.into_iter().next());
    let drift = invariant("drift", record.looked.audited.len() as u64, (violated, first));
    let audited = (!record.looked.audited.is_empty()).then_some(drift);
    let refused = record.refused.iter().flat_map(|refused| {
        let rollback = refused.not_as_before.clone();
        let rollback = rollback.map(|violated| invariant("rollback", refused.tried, violated));
        let expected = invariant("refused-as-expected", refused.tried, refused.unexpected.clone());
        rollback.into_iter().chain([expected])
    });
    audited.into_iter().chain(refused).collect()
}

fn faults(refused: &Refused) -> Faults {
    let (hits, fired) = (refused.tried, refused.tried - refused.unexpected.0);
    Faults {
        rules: vec![FaultRule { rule: refused.refusal.rule().to_string(), hits, fired }],
        fired: Vec::new(),
    }
}

/// Series with samples only: raw, then corrected.
fn series(outcome: AttachOutcome, pair: &Pair) -> Vec<LatencySeries> {
    [(LatencyKind::Raw, &pair.raw), (LatencyKind::Corrected, &pair.corrected)]
        .into_iter()
        .map(|(kind, series)| LatencySeries { outcome: outcome.name().into(), kind, hist: series.hist() })
        .filter(|series| series.hist.count > 0)
        .collect()
}

fn ended(record: &CellRecord) -> Option<String> {
    match record.ended {
        Ended::Complete => None,
        Ended::Interrupted(signal) => Some(format!("interrupted by {}", signals::name(signal))),
        Ended::WorkerDied => Some("the worker died".into()),
        Ended::Backlog { unstarted } => Some(format!("{unstarted} intended moves were never begun")),
    }
}

/// Returns the command with every option spelled out, so that changed defaults do not change what a kept command means.
pub(crate) fn command(options: &LinuxOptions) -> String {
    let begin = ["attach-rig", "linux", "--hierarchy"].map(str::to_owned);
    command_of(begin.into_iter().chain([options.hierarchy.to_string()]).collect(), options)
}

/// Returns the command after `words`, which are the program, the command and the hierarchy.
pub(crate) fn command_of(mut words: Vec<String>, options: &LinuxOptions) -> String {
    let mut flag = |name: &str, value: String| words.extend([format!("--{name}"), value]);
    options.rates.iter().for_each(|rate| flag("rate", rate.to_string()));
    flag("duration", ShowNs(in_ns(options.duration)).to_string());
    flag("seed", options.seed.to_string());
    options.resident_pages.iter().for_each(|pages| flag("resident-pages", pages.to_string()));
    if options.repeat > 1 {
        flag("repeat", options.repeat.to_string());
    }
    options.refusals.iter().for_each(|refusal| flag("fault", refusal.rule().to_string()));
    let switches = [
        (!options.closed_loop, "--no-closed-loop"),
        (options.move_charges, "--move-charges"),
        (!options.trace, "--no-trace"),
    ];
    words.extend(switches.iter().filter(|(on, _)| *on).map(|(_, switch)| (*switch).to_owned()));
    words.extend(options.origin.words.iter().cloned());
    input::shell::join(words.iter().map(String::as_str))
}

/// The measurement as a file has it.
#[derive(Serialize)]
struct Measured<'a> {
    engine: Engine,
    hierarchy: &'a str,
    rates: Vec<String>,
    closed_loop: bool,
    duration: String,
    repeat: u32,
    resident_pages: &'a [u64],
    faults: Vec<String>,
    trace: bool,
}

/// Returns what was measured on `hierarchy`, and below it the scenario, if there is one.
pub(crate) fn toml(options: &LinuxOptions, hierarchy: &str) -> String {
    let measured = Measured {
        engine: Engine::Linux,
        hierarchy,
        rates: options.rates.iter().map(Rate::to_string).collect(),
        closed_loop: options.closed_loop,
        duration: ShowNs(in_ns(options.duration)).to_string(),
        repeat: options.repeat,
        resident_pages: &options.resident_pages,
        faults: options.refusals.iter().map(|refusal| refusal.rule().to_string()).collect(),
        trace: options.trace,
    };
    let measured = toml::to_string(&measured).expect("texts, numbers and lists of them");
    let workloads = options.workloads.iter().map(|workload| format!("# {}\n", words(workload)));
    format!("{measured}{}{}", workloads.collect::<String>(), options.origin.toml)
}

fn cpus() -> u32 {
    available_parallelism().map_or(1, |cpus| u32::try_from(cpus.get()).unwrap_or(u32::MAX))
}

#[cfg(test)]
#[path = "record_tests.rs"]
pub(crate) mod tests;
