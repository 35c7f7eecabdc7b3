//! `run`: runs a scenario in virtual time or on threads.
use super::exit::Failure;
use super::flags::{Request, RunFlags};
use super::folder::{self, Folder, carried};
use super::matrix::{self, Matrix, On};
use super::output;
use super::{judged, parallel, positions, proportion, recording, threads};
use crate::driver::CellPlan;
use crate::measure::env;
use engines::Interrupt;
use engines::signals;
use input::file::{FileError, TEXT_MAX, read_text};
use input::nearest::nearest;
use linux::NoiseWatch;
use model::seam::costs::Costs;
use reports::exit::Exit;
use reports::schema::{self, Cell, Engine, Env, Run};
use reports::verdict;
use reports::{labels, noise};
use scenario::with_names;
use scenario::{Overrides, Scenario, built_in};
use std::collections::BTreeMap;
use std::path::Path;
use std::thread;
use std::time::Instant;

pub(super) fn run(flags: &RunFlags) -> Result<Exit, Failure> {
    let mut scenario = named(&flags.request.scenario, &flags.request.overrides()?)?;
    let engine = flags
        .request
        .on()
        .ok_or_else(|| Failure::usage("--real-pages works on threads only; add --engine threads"))?;
    if positions::wanted(flags.fail_nth.as_deref())? {
        if engine != On::Sim {
            return Err(Failure::usage(
                "--fail-nth all has to repeat the same run, which threads cannot; leave out --engine",
            ));
        }
        return positions::of_scenario(&scenario, parallel::jobs(flags.jobs), &listen()?);
    }
    let (started, interrupt) = (Instant::now(), listen()?);
    let (date, folder_name) = output::now();
    let kind = if engine == On::Sim { Engine::Sim } else { Engine::Threads };
    let named = folder::named(labels::engine(kind), Some(&scenario.name));
    let folder = Folder::make(&flags.output, &named, &folder_name)?;
    recording::say_all(scenario.workloads.iter().map(|w| (&w.spec, &w.plan)));
    let plans = CellPlan::all(&scenario);
    output::say(&format!("seed {}, {} cells of scenario {}", scenario.seed, plans.len(), scenario.name));
    let carried = carried::of(shapes(&scenario), folder_of(&flags.request.scenario));
    scenario.toml = with_names(&scenario.toml, &carried);
    folder.clear(&scenario.toml, &carried)?;
    let request = flags.request.clone().with_seed(scenario.seed);
    let made_by = (kind, request);
    let mut keeper = folder.begin(&assemble(&scenario, &plans, Vec::new(), true, &made_by))?;
    let jobs = if engine == On::Sim { parallel::jobs(flags.jobs) } else { 1 };
    proportion::say_before(engine, &scenario, &plans, (jobs, &interrupt));
    // Measured before the cells, while nothing else of the rig is running.
    let watch = (engine != On::Sim).then(NoiseWatch::begin);
    let facts = if engine == On::Sim { BTreeMap::new() } else { threads::measuring()? };
    let matrix = matrix::run(engine, &scenario, &plans, jobs, (&mut keeper, &interrupt))?;
    let mut env = env::here(date, facts);
    env.noise.extend(watch.map(|watch| watch.end()));
    if engine == On::Sim {
        speed(&mut env, &matrix);
    } else {
        threads::facts(&mut env, engine, &matrix.did);
    }
    let signal = matrix.signal;
    if let Some(signal) = signal {
        say_interrupted(signal, matrix.cells.len(), plans.len());
    }
    let mut run = assemble(&scenario, &plans, matrix.cells, signal.is_some(), &made_by);
    run.notes.extend(env.noise.iter().flat_map(noise::of_machine));
    env.wall_ns = started.elapsed().as_nanos() as u64;
    let code = verdict::exit_code(&run).worst(signal.map(Exit::Signal));
    let code = folder.publish(&run, &env, keeper, code);
    say_speed(&env);
    Ok(code)
}

/// Installs the signal handlers.
pub(super) fn listen() -> Result<Interrupt, Failure> {
    signals::listen().map_err(Failure::internal)
}

fn say_interrupted(signal: u8, finished: usize, planned: usize) {
    let name = signals::name(signal.into());
    output::say(&format!(
        "interrupted by {name}: {finished} of {planned} cells are finished and kept; the others are lost"
    ));
}

/// Returns a built-in scenario, or the one in a file.
pub(super) fn named(named: &str, overrides: &Overrides) -> Result<Scenario, Failure> {
    let known = built_in::find(named).or_else(|| built_in::find_mutant(named));
    let (file, text) = match known {
        Some(text) => (format!("built-in scenario {named}"), text.to_owned()),
        None => {
            let text = read_text(Path::new(named), TEXT_MAX).map_err(|error| unreadable(named, &error))?;
            (named.to_owned(), text)
        }
    };
    let files = workloads::Folder::new(folder_of(named));
    Scenario::parse_with(&file, &text, overrides, &files).map_err(Failure::usage)
}

fn unreadable(named: &str, error: &FileError) -> Failure {
    let known = nearest(named, built_in::ALL.iter().map(|(name, _)| *name));
    Failure::usage(format!(
        "`{named}` is neither a built-in scenario ({known}) nor a file that can be read: {error}"
    ))
}

/// Returns the folder to which names of recordings in the scenario `named` are relative.
pub(super) fn folder_of(named: &str) -> &Path {
    let is_built_in = built_in::find(named).or_else(|| built_in::find_mutant(named)).is_some();
    let folder = if is_built_in { None } else { Path::new(named).parent() };
    folder.unwrap_or(Path::new("."))
}

/// Returns the shapes of all workloads.
pub(super) fn shapes(scenario: &Scenario) -> impl Iterator<Item = &str> {
    scenario.workloads.iter().map(|workload| workload.spec.shape.as_str())
}

/// Makes a run from finished cells; `made_by` is its engine and the request.
fn assemble(
    scenario: &Scenario,
    plans: &[CellPlan],
    finished: Vec<(usize, Cell)>,
    interrupted: bool,
    (engine, request): &(Engine, Request),
) -> Run {
    let cells: Vec<Cell> = finished.into_iter().map(|(_, cell)| cell).collect();
    let (engine, replay) = (*engine, |cell: &Cell| request.replay(cell));
    let (verdicts, notes) = judged::judge(scenario, &cells, engine, replay);
    Run {
        schema: schema::SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        engine,
        scenario: describe(scenario, engine == Engine::Threads),
        command: request.command(),
        interrupted,
        plan: Some(planned(scenario, plans)),
        cells,
        verdicts,
        notes,
        fits: Vec::new(),
        recordings: recording::keep_all(scenario.workloads.iter().map(|w| (&w.spec, &w.plan))),
    }
}

/// Returns the plan of the run.
fn planned(scenario: &Scenario, plans: &[CellPlan]) -> schema::Plan {
    schema::Plan::of(plans.iter().map(|plan| (plan.subject(), plan.point(scenario))))
}

fn describe(scenario: &Scenario, on_threads: bool) -> schema::Scenario {
    let here = || thread::available_parallelism().map_or(1, |n| n.get() as u32);
    schema::Scenario {
        name: scenario.name.clone(),
        about: scenario.about.clone(),
        controllers: scenario.controllers().iter().map(ToString::to_string).collect(),
        seed: scenario.seed,
        cpus: if on_threads { here() } else { scenario.cpus },
        duration_ns: scenario.duration_ns,
        toml: scenario.toml.clone(),
        scheduling: Some(schema::Scheduling {
            threads: scenario.threads(),
            time_slice_ns: scenario.costs.time_slice_ns,
            own_costs: scenario.costs != Costs::default(),
        }),
    }
}

fn speed(env: &mut Env, matrix: &Matrix) {
    let sum = |of: fn(&schema::SimCounts) -> u64| -> u64 {
        matrix.cells.iter().filter_map(|(_, cell)| cell.sim.as_ref()).map(of).sum()
    };
    let per_second =
        |n: u64| (u128::from(n) * 1_000_000_000).checked_div(u128::from(matrix.did.simulated_ns));
    env.dispatches_per_s = per_second(sum(|sim| sim.dispatches)).map(|n| n as u64);
    env.accesses_per_s = per_second(sum(|sim| sim.accesses)).map(|n| n as u64);
    let in_place = per_second(matrix.did.in_place).unwrap_or(0).to_string();
    env.facts.insert("steps continued in place per s, in addition to dispatches".to_owned(), in_place);
}

fn say_speed(env: &Env) {
    if let (Some(dispatches), Some(accesses)) = (env.dispatches_per_s, env.accesses_per_s) {
        let millions = |n: u64| format!("{}.{:02}", n / 1_000_000, n / 10_000 % 100);
        output::say(&format!(
            "simulator ({}): {} M dispatches/s from the event queue, {} M accesses/s, per worker, all checks on",
            env.profile,
            millions(dispatches),
            millions(accesses)
        ));
    }
}
