//! From what was measured to `run.json`. With `notes`, `samples` and `trace` the only files here that name the schema's parts.
use super::error::LinuxError;
use super::measured::{CellRecord, Setting};
use super::mover::Ended;
use super::notes::notes;
use super::options::{Load, Options};
use super::provoke::Refused;
use super::rate::{Rate, text};
use super::samples::Pair;
use super::signals;
use reports::schema::{
    Attach, Cell, Engine, FaultRule, Faults, LatencyKind, LatencySeries, Promise, Run, SCHEMA, Scenario,
};
use reports::verdict;
use std::thread::available_parallelism;

/// The run for `run.json`.
pub(super) fn to_run(setting: &Setting<'_>, records: &[CellRecord], failure: Option<&LinuxError>) -> Run {
    let options = setting.options;
    let cells: Vec<Cell> = records.iter().map(|record| cell(setting, record)).collect();
    let notes = notes(setting, records, failure);
    let judged: Vec<Cell> = cells.iter().filter(|cell| !cell.promises.is_empty()).cloned().collect();
    let verdicts =
        verdict::judge(&judged, &verdict::Expectations::default(), &notes, |_, _| Some(command(options)));
    Run {
        schema: SCHEMA.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        engine: Engine::Linux,
        scenario: Scenario {
            name: "linux".into(),
            about: "How long a write to cgroup.procs takes while the moved process maps and unmaps memory."
                .into(),
            controllers: setting.place.controllers.clone(),
            seed: 0,
            cpus: cpus(),
            duration_ns: options.duration.as_nanos() as u64,
            toml: toml(options),
        },
        command: command(options),
        interrupted: setting.signal.is_some(),
        cells,
        verdicts,
        notes,
    }
}

fn cell(setting: &Setting<'_>, record: &CellRecord) -> Cell {
    let samples = &record.samples;
    let latency = [series("moved", &samples.moved), series("refused", &samples.refused)];
    Cell {
        protocol: protocol(setting, record),
        fault_rate_percent: None,
        rate_per_s: record.plan.rate.map(Rate::per_s),
        delay_ns: None,
        seed: 0,
        duration_ns: record.duration_ns,
        attach: Attach {
            outcomes: samples.outcomes(),
            refusals: samples.refusals(),
            latency: latency.into_iter().flatten().collect(),
            phases: record.traced.as_ref().map(|traced| traced.phases.clone()).unwrap_or_default(),
            ..Attach::default()
        },
        bystanders: Vec::new(),
        locks: record.traced.as_ref().map(|traced| traced.locks.clone()).unwrap_or_default(),
        longest_holds: Vec::new(),
        drift: Vec::new(),
        promises: record.refused.as_ref().map(promises).unwrap_or_default(),
        faults: record.refused.as_ref().map(faults).unwrap_or_default(),
        sim: None,
        ended: ended(record),
    }
}

/// Refusals are no moves, and traced moves are slower: both stand beside the others under names of their own.
fn protocol(setting: &Setting<'_>, record: &CellRecord) -> String {
    let label = &setting.place.label;
    match (&record.refused, &record.traced) {
        (Some(refused), _) => format!("{label} {}", refused.refusal.rule()),
        (None, Some(_)) => format!("{label} traced"),
        (None, None) => label.clone(),
    }
}

fn promises(refused: &Refused) -> Vec<Promise> {
    let promise = |name: &str, (broken, first): &(u64, Option<String>)| Promise {
        name: name.into(),
        broken: *broken,
        examined: refused.tried,
        first: first.clone(),
    };
    vec![promise("rollback", &refused.not_as_before), promise("refused-as-expected", &refused.unexpected)]
}

fn faults(refused: &Refused) -> Faults {
    let (hits, fired) = (refused.tried, refused.tried - refused.unexpected.0);
    Faults {
        rules: vec![FaultRule { rule: refused.refusal.rule().to_string(), hits, fired }],
        fired: Vec::new(),
    }
}

/// Series with samples only: raw, then corrected.
fn series(outcome: &str, pair: &Pair) -> Vec<LatencySeries> {
    [(LatencyKind::Raw, &pair.raw), (LatencyKind::Corrected, &pair.corrected)]
        .into_iter()
        .map(|(kind, series)| LatencySeries { outcome: outcome.into(), kind, hist: series.hist() })
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

/// Every option spelled out, so that changed defaults do not change what a kept command means.
fn command(options: &Options) -> String {
    let mut command = format!("attach-rig linux --hierarchy {}", options.hierarchy);
    for rate in &options.rates {
        command += &format!(" --rate {rate}");
    }
    if !options.closed_loop {
        command += " --no-closed-loop";
    }
    command += &format!(" --duration {} --threads {}", text(options.duration), options.threads);
    for refusal in &options.refusals {
        command += &format!(" --fault \"{}\"", refusal.rule());
    }
    if options.load == Load::Busy {
        command += " --worker-load busy";
    }
    if !options.trace {
        command += " --no-trace";
    }
    command
}

fn toml(options: &Options) -> String {
    let Options { hierarchy, rates, closed_loop, duration, threads, load, trace, .. } = options;
    let rates: Vec<String> = rates.iter().map(|rate| format!("\"{rate}\"")).collect();
    let faults: Vec<String> =
        options.refusals.iter().map(|refusal| format!("\"{}\"", refusal.rule())).collect();
    format!(
        "engine = \"linux\"\nhierarchy = \"{hierarchy}\"\nrates = [{}]\nclosed_loop = {closed_loop}\n\
         duration = \"{}\"\nthreads = {threads}\nworker_load = \"{}\"\nfaults = [{}]\ntrace = {trace}\n",
        rates.join(", "),
        text(*duration),
        load.name(),
        faults.join(", ")
    )
}

fn cpus() -> u32 {
    available_parallelism().map_or(1, |cpus| u32::try_from(cpus.get()).unwrap_or(u32::MAX))
}

#[cfg(test)]
#[path = "record_tests.rs"]
pub(super) mod tests;
