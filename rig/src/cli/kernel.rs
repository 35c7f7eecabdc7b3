//! From flags, or a scenario, to the options of a measurement on a real kernel.
use super::exit::Failure;
use super::flags::KernelFlags;
use super::folder::carried;
use super::{recording, run};
use linux::{self, LinuxOptions, MovedUnit, OptionError, Origin, Refusal, Workload};
use reports::schema::Recording;
use scenario::{Movers, Moves as Modelled, Overrides, Pace, Scenario, with_names};
use std::path::Path;
use std::time::Duration;
use workloads::Carried;

/// The advice on shortening measurements on a kernel.
pub(super) const LESS: &str = "a shorter --duration, fewer rates or a smaller --repeat takes less";

/// The requested measurement.
pub(super) struct Asked {
    /// The options.
    pub(super) options: LinuxOptions,
    /// Recordings that workers replay, with their names in the folder of the result.
    pub(super) carried: Vec<Carried>,
}

/// Returns the options, except for the hierarchy and what depends on it. `duration` is the default for runs without a
/// scenario.
pub(super) fn asked(flags: &KernelFlags, duration: Duration) -> Result<Asked, Failure> {
    let usage = |error: OptionError| Failure::usage(error);
    let (mut options, carried) = match &flags.scenario {
        Some(name) => {
            let overrides = Overrides { lenient: flags.lenient, ..Overrides::default() };
            let mut scenario = run::named(name, &overrides)?;
            let carried = carried::of(run::shapes(&scenario), run::folder_of(name));
            scenario.toml = with_names(&scenario.toml, &carried);
            (of_scenario(name, &scenario, flags.lenient)?, carried)
        }
        None => {
            let carried = carried::of(flags.workload.iter().map(String::as_str), Path::new("."));
            (of_flags(flags, duration).map_err(usage)?, carried)
        }
    };
    if !flags.rates.is_empty() {
        options.rates.clone_from(&flags.rates);
        options.closed_loop = true;
    }
    options.closed_loop &= !flags.no_closed_loop;
    options.duration = flags.duration.unwrap_or(options.duration);
    options.trace = !flags.no_trace;
    options.repeat = flags.repeat;
    options.seed = flags.seed.unwrap_or(options.seed);
    let refusals = flags.faults.iter().map(|rule| Refusal::parse(rule));
    options.refusals = refusals.collect::<Result<_, _>>().map_err(usage)?;
    Ok(Asked { options, carried })
}

/// Prints how the recordings that workers replay were read; returns that in the form in which results store it.
pub(super) fn say_recordings(options: &LinuxOptions) -> Result<Vec<Recording>, Failure> {
    let files = workloads::Folder::new(".");
    let specs = options.workloads.iter().map(|workload| &workload.spec);
    let plans =
        specs.map(|spec| Ok((spec, workloads::WorkloadPlan::new(spec, &files).map_err(Failure::usage)?)));
    let plans: Vec<_> = plans.collect::<Result<_, Failure>>()?;
    Ok(recording::say_all(plans.iter().map(|(spec, plan)| (*spec, plan))))
}

fn of_flags(flags: &KernelFlags, duration: Duration) -> Result<LinuxOptions, OptionError> {
    let KernelFlags { processes, threads, bystanders, movers, moves, worker_load, .. } = flags;
    let moved = match &flags.workload {
        Some(shape) => {
            let is_trace = shape.starts_with(workloads::TRACE_PREFIX);
            // A recording has its own threads.
            let threads = if is_trace { 1 } else { *threads };
            let mut spec = workloads::Spec::new(shape.as_str(), *processes, threads);
            spec.trace_lenient = (is_trace && flags.lenient).then_some(true);
            Workload { spec: recording::anchored(&spec, Path::new(".")), moved: true }
        }
        None => Workload::mapping(*processes, *threads, worker_load.parse()?),
    };
    let what = match &flags.workload {
        Some(shape) => ["--workload".to_owned(), shape.clone()],
        None => ["--worker-load".to_owned(), worker_load.clone()],
    };
    let busy = flags.workload.is_some() || worker_load == "busy";
    let text = "The workers' threads compete with the movers for the CPUs; latencies include that wait.";
    let notes = busy.then(|| text.to_owned()).into_iter().collect();
    let flag = |name: &str, value: &dyn ToString| [format!("--{name}"), value.to_string()];
    let words = [
        flag("processes", processes),
        flag("threads", threads),
        what,
        flag("bystanders", bystanders),
        flag("movers", movers),
        flag("move", moves),
    ]
    .concat();
    let lenient = flags.lenient.then(|| "--lenient".to_owned());
    let words = words.into_iter().chain(lenient).collect();
    let forking = (*bystanders > 0).then(|| Workload::forking(*bystanders));
    Ok(LinuxOptions {
        workloads: std::iter::once(moved).chain(forking).collect(),
        movers: *movers,
        moves: moves.parse()?,
        duration,
        origin: Origin { words, notes, ..Origin::default() },
        ..LinuxOptions::default()
    })
}

/// Returns the part of a scenario that real processes and cgroups can do; notes list the rest.
fn of_scenario(name: &str, scenario: &Scenario, lenient: bool) -> Result<LinuxOptions, Failure> {
    let folder = run::folder_of(name);
    let workloads: Vec<Workload> = scenario
        .workloads
        .iter()
        .map(|workload| Workload { spec: recording::anchored(&workload.spec, folder), moved: workload.moved })
        .collect();
    let Some(movers) = scenario.movers.iter().find(|movers| movers.count > 0) else {
        return Err(Failure::usage(format!("{name} has no mover: there is nothing to measure")));
    };
    let mut options = LinuxOptions {
        workloads,
        duration: Duration::from_nanos(scenario.duration_ns),
        seed: scenario.seed,
        moves: moves(name, movers)?,
        origin: Origin {
            name: scenario.name.clone(),
            about: scenario.about.clone(),
            toml: scenario.toml.clone(),
            words: [super::output::word(name)]
                .into_iter()
                .chain(lenient.then(|| "--lenient".to_owned()))
                .collect(),
            notes: left_out(scenario),
        },
        ..LinuxOptions::default()
    };
    options.movers = movers.count.min(options.moved()).max(1);
    pace(movers, &mut options);
    if options.movers < movers.count {
        let text = "There are more movers than moved processes; here each mover has its own processes, so there are fewer movers.";
        options.origin.notes.push(text.into());
    }
    Ok(options)
}

fn moves(name: &str, movers: &Movers) -> Result<MovedUnit, Failure> {
    match movers.moves {
        Modelled::Processes => Ok(MovedUnit::Processes),
        Modelled::Threads => Ok(MovedUnit::Threads),
        Modelled::All | Modelled::Adopt(_) => Err(Failure::usage(format!(
            "{name}: a real kernel has no cgroup file that moves all tasks or lets a controller join; run this scenario with attach-rig run"
        ))),
    }
}

/// Sets the pace: a rate becomes a cell with intended start times, a closed loop keeps its pause.
fn pace(movers: &Movers, options: &mut LinuxOptions) {
    match movers.pacing.pace {
        Pace::Closed => options.pause = Duration::from_nanos(movers.pacing.pause_ns),
        Pace::PerSecond(rate) => (options.rates, options.closed_loop) = (vec![rate], false),
    }
}

/// Lists the parts of the scenario that do not happen here.
fn left_out(scenario: &Scenario) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |wanted: bool, text: &str| {
        if wanted {
            notes.push(text.to_owned());
        }
    };
    let faults = !scenario.faults.is_empty() || scenario.fault_rates.iter().any(|rate| *rate > 0);
    note(
        faults,
        "The scenario's faults are injected by the simulator only; here --fault makes the kernel refuse.",
    );
    note(
        !scenario.admins.is_empty(),
        "The scenario's writes to files of cgroups happen in the simulator only.",
    );
    note(!scenario.interrupts.is_empty(), "The scenario's interrupts happen in the simulator only.");
    let delays = scenario.delays_ns.iter().any(|delay| *delay > 0);
    note(
        delays,
        "Delays between switch and attach exist only on the simulator; on a real kernel they cannot be set.",
    );
    note(scenario.movers.len() > 1, "The scenario has several kinds of movers; only the first is run here.");
    note(
        true,
        "Limits and CPUs of the scenario's cgroups are not set here: a real process needs memory that the modelled ones \
         do not count.",
    );
    notes
}
