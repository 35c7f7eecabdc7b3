//! `run --fail-nth all` and `selftest --positions`: every prepare position fails once on its own, and those that left a
//! trace are listed.
use super::exit::{Failure, with_signal};
use super::output::say;
use super::parallel;
use super::selftest::cut_short;
use super::streams;
use crate::driver::positions::{self, Positions};
use engines::Interrupt;
use model::protocols::Protocol;
use model::seam::Costs;
use reports::exit::Exit;
use scenario::Scenario;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// Most traces that are printed; the rest are counted.
const MAX_TRACES: usize = 12;

/// Tries every position of a scenario, under each of its protocols.
pub(super) fn of_scenario(scenario: &Scenario, jobs: usize, interrupt: &Interrupt) -> Result<Exit, Failure> {
    say(&format!("seed {}, every prepare position of scenario {} fails once", scenario.seed, scenario.name));
    let protocols = &scenario.protocols;
    let all = parallel::map(jobs, (protocols.len(), "protocols"), interrupt, |at| {
        positions::try_all(scenario, protocols[at], scenario.seed, (&scenario.costs, interrupt))
    });
    let mut text = String::new();
    let mut unexpected = 0;
    for (at, found) in &all {
        let protocol = &protocols[*at];
        let name = protocol.to_string();
        line(&mut text, &name, found);
        let expected = scenario.expect.get(&name);
        let known = |invariant: &String| expected.is_some_and(|expected| expected.contains_key(invariant));
        unexpected += found.traces.iter().filter(|trace| !known(&trace.invariant)).count();
        traces(&mut text, found);
    }
    text.push_str(&cut_short(interrupt, all.len(), protocols.len()));
    let _ = writeln!(text, "fail-nth: {unexpected} traces that the scenario does not expect");
    let code = if unexpected == 0 { Exit::AsExpected } else { Exit::Violated };
    Ok(streams::conclude(&text, with_signal(code, interrupt)))
}

fn line(text: &mut String, name: &str, found: &Positions) {
    let (total, inside) = (found.total(), found.in_callbacks());
    let traced = found.traces.iter().map(|trace| (trace.site, trace.nth)).collect::<BTreeSet<_>>();
    let _ = writeln!(
        text,
        "{name}: {total} positions tried ({inside} in callbacks, of which {} were entered without faults), {} left a trace, {} rollbacks looked at",
        found.callbacks,
        traced.len(),
        found.rollbacks,
    );
}

fn traces(text: &mut String, found: &Positions) {
    for trace in found.traces.iter().take(MAX_TRACES) {
        let _ = writeln!(text, "  {} nth={}: {}: {}", trace.site, trace.nth, trace.invariant, trace.first);
    }
    if found.traces.len() > MAX_TRACES {
        let _ = writeln!(text, "  and {} more", found.traces.len() - MAX_TRACES);
    }
}

fn undoes_all(protocol: &str) -> bool {
    Protocol::parse(protocol).is_ok_and(|protocol| protocol.about().undoes_all)
}

/// The sum over all sets of controllers for one protocol in one mode.
#[derive(Default)]
struct Sum {
    sets: u64,
    total: u64,
    inside: u64,
    callbacks: u64,
    traced: u64,
    rollbacks: u64,
    /// Number of violations by `site invariant`.
    traces: BTreeMap<String, u64>,
}

impl Sum {
    fn add(&mut self, found: &Positions) {
        self.sets += 1;
        self.total += found.total();
        self.inside += found.in_callbacks();
        self.callbacks += found.callbacks;
        self.rollbacks += found.rollbacks;
        let places: BTreeSet<_> = found.traces.iter().map(|t| (t.site, t.nth)).collect();
        self.traced += places.len() as u64;
        for trace in &found.traces {
            *self.traces.entry(format!("{} {}", trace.site, trace.invariant)).or_insert(0) += 1;
        }
    }
}

/// Tries the 31 sets of controllers in all four modes, on quiet scenarios.
pub(super) fn every_set(jobs: usize, interrupt: &Interrupt) -> Result<Exit, Failure> {
    let costs = Costs::default();
    let scenarios = scenarios()?;
    let found = parallel::map(jobs, (scenarios.len(), "scenarios"), interrupt, |at| {
        let (_, scenario) = &scenarios[at];
        let each = scenario.protocols.iter().map(|protocol| {
            let found = positions::try_all(scenario, *protocol, 1, (&costs, interrupt))?;
            Some((protocol.to_string(), found))
        });
        each.collect::<Option<Vec<_>>>()
    });
    let mut sums: BTreeMap<(String, &str), Sum> = BTreeMap::new();
    for (at, protocols) in &found {
        let mode = scenarios[*at].0;
        for (protocol, positions) in protocols {
            sums.entry((protocol.clone(), mode)).or_default().add(positions);
        }
    }
    let (mut text, mut sound) = (String::new(), true);
    for ((protocol, mode), sum) in &sums {
        let Sum { sets, total, inside, callbacks, traced, rollbacks, .. } = sum;
        let agree = inside == callbacks;
        sound &= agree && (*traced == 0 || !undoes_all(protocol));
        let _ = writeln!(
            text,
            "{protocol:34} {mode:8} {sets} sets: {total} positions tried, {inside} in callbacks ({callbacks} entered without faults), {traced} left a trace, {rollbacks} rollbacks looked at"
        );
        for (what, n) in &sum.traces {
            let _ = writeln!(text, "  {what}: {n}");
        }
    }
    text.push_str(&cut_short(interrupt, found.len(), scenarios.len()));
    let positions: u64 = sums.values().map(|sum| sum.total).sum();
    let _ = writeln!(
        text,
        "positions: {positions} tried; transactional {}",
        if sound { "left no trace" } else { "FAILED" }
    );
    let code = if sound { Exit::AsExpected } else { Exit::Violated };
    Ok(streams::conclude(&text, with_signal(code, interrupt)))
}

fn scenarios() -> Result<Vec<(&'static str, Scenario)>, Failure> {
    let names = crate::driver::selftest::controllers().map(crate::driver::selftest::name);
    let files = workloads::Folder::new(Path::new("."));
    let mut scenarios = Vec::new();
    for mode in ["thread", "process", "all", "adopt"] {
        for set in 1..1_u32 << names.len() {
            let chosen: Vec<&str> =
                (0..names.len()).filter(|at| set & (1 << at) != 0).map(|at| names[at]).collect();
            let text = positions::quiet(&chosen, mode);
            let scenario = Scenario::parse(&format!("{mode} {}", chosen.join(",")), &text, &files);
            scenarios.push((mode, scenario.map_err(Failure::internal)?));
        }
    }
    Ok(scenarios)
}

/// Reports whether a flag of `run` requests this.
pub(super) fn wanted(asked: Option<&str>) -> Result<bool, Failure> {
    match asked {
        None => Ok(false),
        Some("all") => Ok(true),
        Some(other) => Err(Failure::usage(format!(
            "--fail-nth {other}: write `--fail-nth all` for every position in turn, or --fault \"SITE: nth={other}\" for one"
        ))),
    }
}
