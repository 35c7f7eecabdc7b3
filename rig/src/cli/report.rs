//! `report`: table and report.html again, from run.json or from the cells of a run that was killed; several runs on one page.
use super::exit::Failure;
use super::flags::{Format, ReportFlags};
use super::output;
use super::run::assemble;
use crate::driver::Scenario;
use reports::cells::CellStore;
use reports::schema::{Env, Run};
use reports::{json, verdict};
use std::path::Path;

pub(super) fn report(flags: &ReportFlags) -> Result<u8, Failure> {
    if flags.format != Format::Text && flags.dirs.len() > 1 {
        return Err(Failure::usage(
            "--format other than text is of one run; give one DIR, and call `attach-rig report DIR --format ...` once for each",
        ));
    }
    let runs: Vec<(Run, Option<Env>)> = flags.dirs.iter().map(|dir| read(dir)).collect::<Result<_, _>>()?;
    match (flags.dirs.as_slice(), runs.as_slice()) {
        ([dir], [(run, env)]) => {
            let file = flags.out.clone().unwrap_or_else(|| dir.join("report.html"));
            output::render_as(flags.format, &file, run, env.as_ref())?;
        }
        _ => {
            let file = flags.out.clone().unwrap_or_else(|| "report.html".into());
            output::render_all(&file, &runs)?;
        }
    }
    let codes: Vec<u8> = runs.iter().map(|(run, _)| verdict::exit_code(run)).collect();
    // In the order in which they matter when several apply.
    Ok([1, 5].into_iter().find(|code| codes.contains(code)).unwrap_or(0))
}

/// What a folder holds.
fn read(dir: &Path) -> Result<(Run, Option<Env>), Failure> {
    let run = if dir.join("run.json").exists() {
        json::read_run(&dir.join("run.json")).map_err(Failure::usage)?
    } else {
        salvage(dir)?
    };
    Ok((run, json::read_env(&dir.join("env.json")).ok()))
}

/// What a killed run left: its scenario and its finished cells.
fn salvage(dir: &Path) -> Result<Run, Failure> {
    let file = dir.join("scenario.toml");
    let text = std::fs::read_to_string(&file).map_err(|error| {
        let dir = dir.display();
        Failure::usage(format!("{dir} holds neither run.json nor the scenario.toml of a killed run ({error}); name a folder that `run` has written"))
    })?;
    let scenario =
        Scenario::parse(&file.display().to_string(), &text, &workloads::Folder::new(Path::new(".")))
            .map_err(Failure::usage)?;
    let finished = CellStore::open(dir).map_err(Failure::usage)?.assemble().map_err(Failure::usage)?;
    let plans = scenario.cells();
    let finished: Vec<_> = finished.into_iter().filter(|(index, _)| *index < plans.len()).collect();
    let run = assemble(&scenario, &plans, finished, true, format!("attach-rig run {}", file.display()));
    json::write_run(&dir.join("run.json"), &run).map_err(Failure::internal)?;
    Ok(run)
}
