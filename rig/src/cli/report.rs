//! `report`: table and report.html again, from run.json or from the cells of a run that was killed.
use super::exit::Failure;
use super::flags::ReportFlags;
use super::output::Folder;
use super::run::assemble;
use crate::driver::Scenario;
use reports::cells::CellStore;
use reports::schema::Run;
use reports::{json, verdict};
use std::path::Path;

pub(super) fn report(flags: &ReportFlags) -> Result<u8, Failure> {
    let dir = &flags.dir;
    let run = if dir.join("run.json").exists() {
        json::read_run(&dir.join("run.json")).map_err(Failure::usage)?
    } else {
        salvage(dir)?
    };
    let env = json::read_env(&dir.join("env.json")).ok();
    Folder::render_again(dir, &run, env.as_ref())?;
    Ok(verdict::exit_code(&run))
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
