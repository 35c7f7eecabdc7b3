//! `selftest`: every mutant must be caught by its check, runs without a mutant must pass, and random runs must keep
//! every invariant.
use super::exit::{Failure, with_signal};
use super::flags::SelftestFlags;
use super::output::say;
use super::{parallel, run, streams};
use crate::driver::selftest::{self, Drawn, MutantRun};
use crate::measure::recorder::Census;
use engines::{Interrupt, signals};
use model::seam::Costs;
use reports::exit::Exit;
use reports::outcome::AttachOutcome;
use std::fmt::Write as _;

pub(super) fn selftest(flags: &SelftestFlags) -> Result<Exit, Failure> {
    if flags.print {
        return Ok(streams::finish(
            &crate::driver::random::scenario(flags.seed, &flags.protocol),
            Exit::AsExpected,
        ));
    }
    let jobs = parallel::jobs(flags.jobs);
    let (costs, interrupt) = (Costs::default(), run::listen()?);
    if flags.positions {
        return super::positions::every_set(jobs, &interrupt);
    }
    if let Some(count) = flags.random {
        return random(flags, count, (jobs, &interrupt), &costs);
    }
    let mutants = selftest::mutants();
    let sound = mutants_green(flags.seeds, &costs, &interrupt);
    let fly = |at: usize| selftest::run_mutant(mutants[at], flags.seeds, &costs, &interrupt);
    let flights: Vec<MutantRun> =
        parallel::map(jobs, (mutants.len(), "mutants"), &interrupt, fly).into_values().collect();
    let caught = flights.iter().filter(|flight| flight.red > 0).count();
    let mut text = flights.iter().map(line).collect::<String>();
    text.push_str(&sound.0);
    text.push_str(&cut_short(&interrupt, flights.len(), mutants.len()));
    let _ = writeln!(text, "mutants: {caught} of {} caught", flights.len());
    let code = if caught == flights.len() && sound.1 { Exit::AsExpected } else { Exit::Violated };
    let written = flags.json.as_ref().map_or(Ok(()), |to| to.write_value(&as_json(&flights)));
    Ok(streams::also(streams::conclude(&text, with_signal(code, &interrupt)), written))
}

/// Returns a list with the outcome of each mutant.
fn as_json(flights: &[MutantRun]) -> serde_json::Value {
    let row = |MutantRun { mutant, red, seeds, first }: &MutantRun| {
        serde_json::json!({
            "mutant": mutant.to_string(),
            "check": mutant.check().to_string(),
            "about": mutant.about(),
            "seeds": seeds,
            "caught": red,
            "first": first,
        })
    };
    flights.iter().map(row).collect()
}

/// Returns the line that reports how many were tried before a signal; empty without a signal.
pub(super) fn cut_short(interrupt: &Interrupt, tried: usize, of: usize) -> String {
    let line = |signal: u8| {
        let name = signals::name(signal.into());
        format!("interrupted by {name}: {tried} of {of} were tried\n")
    };
    interrupt.signal().map(line).unwrap_or_default()
}

fn line(flight: &MutantRun) -> String {
    let MutantRun { mutant, red, seeds, first } = flight;
    let verdict = if *red > 0 { "caught" } else { "MISSED" };
    let mut text = format!(
        "{verdict} {mutant:24} by {:18} in {red} of {seeds} seeds: {}\n",
        mutant.check(),
        mutant.about()
    );
    if let Some(first) = first {
        let _ = writeln!(text, "       {first}");
    }
    text
}

/// Runs the scenarios without mutants, and reports whether they kept every invariant.
fn mutants_green(seeds: u64, costs: &Costs, interrupt: &Interrupt) -> (String, bool) {
    let mut text = String::new();
    let mut green = true;
    for (name, violated) in selftest::without_mutants(seeds, costs, interrupt).unwrap_or_default() {
        green &= violated.is_empty();
        match violated.first() {
            None => {
                let _ = writeln!(text, "green  {name} without a mutant, all checks on, {seeds} seeds");
            }
            Some((invariant, first)) => {
                let _ = writeln!(text, "RED    {name} without a mutant: {invariant}: {first}");
            }
        }
    }
    (text, green)
}

/// Runs random scenarios under one protocol.
fn random(
    flags: &SelftestFlags,
    count: u64,
    (jobs, interrupt): (usize, &Interrupt),
    costs: &Costs,
) -> Result<Exit, Failure> {
    let (first, protocol) = (flags.seed, flags.protocol.as_str());
    say(&format!("random scenarios under {protocol}, seeds {first} to {}", first + count - 1));
    let draw = |at: usize| selftest::draw(first + at as u64, protocol, costs, interrupt).transpose();
    let drawn = parallel::map(jobs, (count as usize, "scenarios"), interrupt, draw);
    let mut census = Census::new();
    let mut text = String::new();
    let (mut violated, tried) = (0, drawn.len());
    for (at, drawn) in drawn {
        let Drawn { violated: invariants, census: seen } = drawn.map_err(Failure::usage)?;
        seen.into_iter().for_each(|(key, n)| *census.entry(key).or_insert(0) += n);
        violated += u64::from(!invariants.is_empty());
        for (invariant, words) in invariants {
            let seed = first + at as u64;
            let _ = writeln!(
                text,
                "violated: {invariant} in seed {seed}: {words}; replay: attach-rig selftest --random 1 --seed {seed} --protocol {protocol}"
            );
        }
    }
    text.push_str(&coverage(&census));
    text.push_str(&cut_short(interrupt, tried, count as usize));
    let _ = writeln!(text, "random: {violated} of {tried} violated an invariant");
    let code = if violated == 0 { Exit::AsExpected } else { Exit::Violated };
    Ok(streams::conclude(&text, with_signal(code, interrupt)))
}

/// Tabulates attaches by mode and controller × outcome. `noop` under adopt is left out: a joining controller never
/// finds its tasks already moved.
fn coverage(census: &Census) -> String {
    let mut text = format!("{:8} {:10}", "mode", "controller");
    let outcomes = [AttachOutcome::Moved, AttachOutcome::Noop, AttachOutcome::Refused, AttachOutcome::Gone];
    for outcome in outcomes {
        let _ = write!(text, " {outcome:>9}");
    }
    for mode in ["thread", "process", "all", "adopt"] {
        for controller in selftest::controllers() {
            let _ = write!(text, "\n{mode:8} {:10}", controller.name());
            for outcome in outcomes {
                let n = census.get(&(mode, controller, outcome)).copied().unwrap_or(0);
                let cell = match n {
                    0 if mode == "adopt" && outcome == AttachOutcome::Noop => "–".to_owned(),
                    0 => "EMPTY".to_owned(),
                    n => n.to_string(),
                };
                let _ = write!(text, " {cell:>9}");
            }
        }
    }
    text + "\n"
}
