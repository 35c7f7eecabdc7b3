//! Notes and facts that only runs on threads have: what was not judged, what was not seen, what measured it.
use super::exit::Failure;
use super::matrix::{Did, On};
use crate::driver::parity::violates_without_locks;
use crate::driver::threads;
use engines::threads::Refused;
use engines::threads::overhead::Overhead;
use linux;
use model::checks::{Check, Needs};
use reports::schema::{Env, Expectation, Judgement, Note, NoteKind, Verdict};
use reports::verdict::Expectations;
use scenario::Scenario;
use std::collections::{BTreeMap, BTreeSet};

/// Default length of a cell: the scenario's own is in virtual time, and far too short here.
pub(super) const DURATION: &str = "2s";

/// Returns the expectations of `scenario` for invariants that are judged here.
pub(super) fn expectations(scenario: &Scenario) -> Expectations {
    let unjudged = threads::unjudged(scenario);
    let judged = |invariants: &BTreeMap<String, Expectation>| {
        let kept = invariants
            .iter()
            .filter(|(invariant, _)| !unjudged.iter().any(|check| check.name() == invariant.as_str()));
        kept.map(|(invariant, expected)| (invariant.clone(), *expected)).collect()
    };
    scenario.expect.iter().map(|(protocol, invariants)| (protocol.clone(), judged(invariants))).collect()
}

fn list(checks: impl Iterator<Item = Check>) -> String {
    checks.map(Check::name).collect::<Vec<_>>().join(", ")
}

/// Adjusts the verdicts and names what was not judged. The machine decides which schedules occur. An expected breach
/// that was not seen is inconclusive, because it may occur in another run. A breach that the scenario, written for the
/// simulator, does not list passes if the protocol holds no locks.
pub(super) fn finish(scenario: &Scenario, verdicts: &mut Vec<Verdict>, notes: &mut Vec<Note>) {
    let info = |text: String| Note { kind: NoteKind::Info, text, protocol: None };
    let unjudged = threads::unjudged(scenario);
    let keeps_no_locks = |verdict: &Verdict| {
        let mut protocols = scenario.protocols.iter().copied();
        let mine = protocols.find(|protocol| protocol.to_string() == verdict.protocol);
        mine.is_some_and(|protocol| violates_without_locks(protocol, &verdict.invariant))
    };
    for verdict in verdicts.iter_mut().filter(|verdict| verdict.outcome == Judgement::Fail) {
        let (protocol, invariant) = (&verdict.protocol, &verdict.invariant);
        if verdict.expected != Expectation::Never {
            verdict.outcome = Judgement::Inconclusive;
        } else if keeps_no_locks(verdict) {
            notes.push(info(format!(
                "{invariant} was violated under {protocol}, which the scenario does not list: the protocol holds no locks, and here a mover may lose its CPU between the switch and the last callback."
            )));
            (verdict.expected, verdict.outcome) = (Expectation::Sometimes, Judgement::Pass);
        }
    }
    let protocols: BTreeSet<String> = verdicts.iter().map(|verdict| verdict.protocol.clone()).collect();
    for protocol in protocols {
        verdicts.extend(unjudged.iter().map(|check| skipped(&protocol, check.name())));
    }
    verdicts.sort_by_key(|verdict| {
        scenario.protocols.iter().position(|protocol| protocol.to_string() == verdict.protocol)
    });
    let names = list(unjudged.iter().copied());
    let rest = list(Check::ALL.iter().copied().filter(|check| check.about().needs == Needs::Rest));
    notes.push(info(format!(
        "Not checked on threads: {names}. Checks of decisions and charges need a total order of events. When single threads move, a world at rest does not show which move should have taken a thread or a page along."
    )));
    notes.push(info(format!(
        "Checked while all threads rest, a few times in every cell: {rest}. A breach that appears and disappears in between is not seen."
    )));
    notes.push(info(
        "Locks, waits and threads are real. Work that touches nothing shared (such as making a process, or clearing a page without --real-pages) spins for the time in the table of costs."
            .to_owned(),
    ));
}

fn skipped(protocol: &str, invariant: &str) -> Verdict {
    Verdict {
        protocol: protocol.to_owned(),
        invariant: invariant.to_owned(),
        expected: Expectation::Never,
        cells_violated: 0,
        cells: 0,
        violations: 0,
        outcome: Judgement::Skipped,
        replay: None,
    }
}

/// Returns the failure of a run for which the system had no thread or no memory.
pub(super) fn refused(error: &Refused) -> Failure {
    let reason = if matches!(error, Refused::Thread(_)) { linux::no_thread() } else { String::new() };
    Failure::cannot(format!("{error}{reason}"))
}

/// Measures the measuring overhead on this machine, and its error.
pub(super) fn measuring() -> Result<BTreeMap<String, String>, Failure> {
    Overhead::measure().map(|itself| itself.facts()).map_err(|error| refused(&error))
}

/// Adds facts about the run and the machine.
pub(super) fn facts(env: &mut Env, engine: On, did: &Did) {
    let mut fact = |name: &str, value: String| env.facts.insert(name.to_owned(), value);
    fact("threads.operations", did.operations.to_string());
    fact("threads.started", did.counts.actors.to_string());
    fact("threads.waits", did.counts.waits.to_string());
    fact("threads.looks_at_rest", did.counts.rests.to_string());
    fact("threads.looks_missed", did.counts.missed_rests.to_string());
    let real_pages = engine == (On::Threads { real_pages: true });
    fact("threads.real_pages", if real_pages { "yes" } else { "no" }.to_owned());
    let source = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    let source = std::fs::read_to_string(source).unwrap_or_else(|_| "unknown".to_owned());
    fact(
        "clock",
        format!(
            "quanta: time stamp counter if it is invariant; the system's clock source is {}",
            source.trim()
        ),
    );
}
