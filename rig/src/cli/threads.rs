//! What a run on threads says differently: what it did not judge, what the machine did not show, what it is measured with.
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

/// Length of a cell when nobody says one: a scenario's own is virtual, and far too short here.
pub(super) const DURATION: &str = "2s";

/// What `scenario` expects of invariants that are judged here.
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

/// Names what was not judged. Which schedules there are is the machine's business: a breach that was expected and not seen is
/// inconclusive, for it may be there all the same; one that the scenario, written for the simulator, does not name is no
/// surprise where the protocol keeps no locks.
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
                "{invariant} was violated under {protocol}, of which the scenario says nothing: it keeps no locks, and here a mover may lose its CPU between the switch and the last callback."
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
        "Not checked on threads: {names}. Decisions and charges need an order of all events; who should have taken a thread or a page along cannot be told at rest where single threads move."
    )));
    notes.push(info(format!(
        "Checked while all threads rest, a few times in every cell: {rest}. A breach that came and went in between is not seen."
    )));
    notes.push(info(
        "Locks, waits and threads are real. Work that touches nothing shared (making a process, say, or clearing a page without --real-pages) burns as many ns as the table of costs says."
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

/// What measuring costs here and how far off it is.
pub(super) fn measuring() -> Result<BTreeMap<String, String>, Failure> {
    Overhead::measure().map(|itself| itself.facts()).map_err(|error| refused(&error))
}

/// Facts about the run and the machine.
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
        format!("quanta: time stamp counter where it is invariant; the system's is {}", source.trim()),
    );
}
