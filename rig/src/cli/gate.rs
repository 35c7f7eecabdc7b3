//! `gate`: a run held against a file of demands, and the exit code that says how bad it is.
use super::exit::Failure;
use super::flags::GateFlags;
use super::{github, output};
use reports::aggregate::aggregate;
use reports::gate::{self, Baseline, Gates, forms};
use reports::json;
use reports::schema::Run;
use std::path::Path;

pub(super) fn gate(flags: &GateFlags) -> Result<u8, Failure> {
    let file = flags.gates.display().to_string();
    let text = std::fs::read_to_string(&flags.gates).map_err(|error| {
        Failure::usage(format!(
            "cannot read {file}: {error}; name a file of gates, such as reports/gates/default.toml"
        ))
    })?;
    let (today, _) = output::now();
    let gates = Gates::parse(&file, &text, &today[..10]).map_err(Failure::usage)?;
    let run = read(&flags.run)?;
    if flags.self_test {
        let tested = gate::self_test(&gates, &run).map_err(Failure::usage)?;
        output::result(&tested.text());
        return Ok(tested.exit_code());
    }
    let baseline = flags.baseline.as_deref().map(read).transpose()?;
    let baseline = baseline.as_ref().map(|run| Baseline { run });
    let ladder = gate::evaluate(&gates, &run, baseline).map_err(Failure::usage)?;
    if let Some(file) = &flags.junit {
        let xml = forms::junit(&ladder).map_err(Failure::internal)?;
        json::write_atomic(file, xml.as_bytes())
            .map_err(|error| Failure::usage(format!("{error}; choose another file with --junit FILE")))?;
    }
    output::result(&ladder.text());
    github::tell(&forms::markdown(&ladder), &forms::annotations(&ladder))?;
    Ok(ladder.exit_code())
}

/// The run in a folder, or in a file.
fn read(path: &Path) -> Result<Run, Failure> {
    let file = if path.is_dir() { path.join("run.json") } else { path.to_owned() };
    let run = json::read_run(&file).map_err(|error| {
        Failure::usage(format!("{error}; name a folder that `run` has written, or a run.json"))
    })?;
    // Gates know runs, not files: what is damaged is said here.
    aggregate(&run).map_err(|error| output::damaged(&file, &error))?;
    Ok(run)
}
