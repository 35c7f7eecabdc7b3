//! `gate`: checks a run against a gates file; the exit code reports the worst outcome.
use super::exit::Failure;
use super::flags::GateFlags;
use super::{github, output, results, streams};
use input::file::{TEXT_MAX, read_text};
use reports::exit::Exit;
use reports::figure::Baseline;
use reports::gate::json::GatesJson;
use reports::gate::{self, Earlier, GateReport, Gates, forms};
use reports::schema::{Env, Run};
use reports::{html, json};

pub(super) fn gate(flags: &GateFlags) -> Result<Exit, Failure> {
    let file = flags.gates.display().to_string();
    let text = read_text(&flags.gates, TEXT_MAX).map_err(|error| {
        Failure::usage(format!("{error}; name a file of gates, such as reports/gates/default.toml"))
    })?;
    let (today, _) = output::now();
    let gates = Gates::parse(&file, &text, &today[..10]).map_err(Failure::usage)?;
    let (a, b, env) = sides(flags)?;
    let baseline =
        flags.baseline.as_deref().map(|name| results::baseline(name, &flags.baselines)).transpose()?;
    if let (Some(baseline), Some(run)) = (&baseline, b.first()) {
        let own = Baseline::of(run).map_err(Failure::usage)?.on(env.as_ref());
        baseline.comparable(&own).map_err(|error| Failure::usage(format!("--baseline: {error}")))?;
    }
    let earlier = match &baseline {
        _ if flags.paired => Earlier::Paired(&a),
        Some(baseline) => Earlier::Figures(baseline),
        None => Earlier::Nothing,
    };
    if flags.self_test {
        let tested = gate::self_test(&gates, &b, earlier).map_err(Failure::usage)?;
        return Ok(streams::conclude(&tested.text(), tested.exit_code()));
    }
    let ladder = gate::evaluate(&gates, &b, earlier).map_err(Failure::usage)?;
    let written = [
        junit(flags, &ladder),
        flags.json.as_ref().map_or(Ok(()), |to| to.write_value(&GatesJson::from(&ladder))),
        streams::judged(&ladder.text(), ladder.exit_code()),
        github::tell(&forms::markdown(&ladder), &forms::annotations(&ladder), output::say),
        page(flags, &b, env.as_ref(), &ladder),
    ];
    Ok(written.into_iter().fold(ladder.exit_code(), streams::also))
}

fn junit(flags: &GateFlags, ladder: &GateReport) -> Result<(), Failure> {
    let Some(file) = &flags.junit else { return Ok(()) };
    let xml = forms::junit(ladder).map_err(Failure::internal)?;
    json::write_atomic(file, xml.as_bytes())
        .map_err(|error| Failure::unwritten(format!("{error}; choose another file with --junit FILE")))
}

/// Runs to compare with, runs to judge, and the machine of the first of these.
type Sides = (Vec<Run>, Vec<Run>, Option<Env>);

fn sides(flags: &GateFlags) -> Result<Sides, Failure> {
    if flags.paired {
        let (a, b) = results::in_turn(&flags.runs)?;
        return Ok((a, b, None));
    }
    match flags.runs.as_slice() {
        [one] => {
            let (run, env) = results::run(one)?;
            Ok((Vec::new(), vec![run], env))
        }
        _ => {
            Err(Failure::usage("give one result, or several that were measured in ABBA order with --paired"))
        }
    }
}

fn page(flags: &GateFlags, runs: &[Run], env: Option<&Env>, ladder: &GateReport) -> Result<(), Failure> {
    let Some(file) = &flags.html else { return Ok(()) };
    output::write_page(file, &html::render_gated(&runs[0], env, ladder).map_err(Failure::usage)?)?;
    output::say(&format!("report: {}", file.display()));
    Ok(())
}
