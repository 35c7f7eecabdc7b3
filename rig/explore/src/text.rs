//! Results of a search in the format of herd7.
use super::found::Found;
use super::judge::{Judgement, Observation, StateObservation, TestVerdict, has, word};
use super::litmus::Litmus;
use super::state::{EndState, Violated};
use super::witness::{Schedule, token};
use model::protocols::Protocol;
use std::fmt::Write as _;

/// Returns the block of one test under one protocol; `place` is the name or file of the test.
#[must_use]
pub fn block(
    (litmus, place): (&Litmus, &str),
    protocol: Protocol,
    found: &Found,
    judged: &Judgement,
) -> String {
    let mut text = format!("Test {} under {protocol}\nStates {}\n", litmus.name, found.states.len());
    let width = found.states.values().map(|reached| reached.schedules.to_string().len()).max().unwrap_or(1);
    for (state, reached) in &found.states {
        let mark = match state {
            EndState::Deadlock(_) => "!>",
            EndState::NoEnd(_) => "?>",
            EndState::End(_) if reached.violated.is_empty() => ":>",
            EndState::End(_) => "*>",
        };
        let _ = write!(text, "{:>width$}   {mark} {state}", reached.schedules);
        if !reached.violated.is_empty() {
            let _ = write!(text, "  {}", violated(&reached.violated));
        }
        text.push('\n');
    }
    let token = |schedule: &Schedule| token(place, &litmus.toml, protocol, schedule);
    for seen in &judged.observations {
        let Observation { invariant, violated, schedules, .. } = seen;
        let _ = writeln!(text, "Observation {invariant} {} {violated} {schedules}", word(seen.seen));
        if let Some(breach) = found.breaches.get(invariant.as_str()) {
            let _ = writeln!(text, "Witness {invariant} {}", token(&breach.witness));
        }
        if let Some(complaint) = complaint(seen) {
            let _ = writeln!(text, "{complaint}");
        }
    }
    for seen in &judged.states {
        let StateObservation { kind, condition, schedules, .. } = seen;
        let _ = writeln!(text, "Condition {kind} \"{condition}\" {schedules} {}", found.schedules);
        if let Some((state, schedule)) = &seen.witness {
            let _ = writeln!(text, "Witness {kind} {state}: {}", token(schedule));
        }
        if let Some(complaint) = of_states(seen) {
            let _ = writeln!(text, "{complaint}");
        }
    }
    let how = if found.complete { "all" } else { "bounded" };
    let _ = writeln!(text, "Schedules {} ({how})", found.schedules);
    if !found.traces.is_empty() {
        let _ = writeln!(text, "Traces {}", found.traces.len());
    }
    if judged.verdict == TestVerdict::Inconclusive {
        let _ = writeln!(text, "Inconclusive: not all schedules were run; raise --schedules or --seconds");
    }
    for (at, rule) in litmus.faults.rules.iter().enumerate().filter(|(at, _)| !found.fired.contains(at)) {
        let why = match (judged.silent.contains(&at), has(litmus, protocol, rule.site)) {
            (true, _) if found.complete => "never fired, so it tested nothing; remove or fix it",
            (_, false) => "cannot fire: the protocol does not have this site",
            _ => "never fired",
        };
        let _ = writeln!(text, "Fault {} \"{rule}\" {why}", at + 1);
    }
    text
}

/// Formats violations as in `drift b=+5 underflow a`.
#[must_use]
pub fn violated(violated: &Violated) -> String {
    let invariant = |(name, details): (&&str, &std::collections::BTreeSet<String>)| {
        std::iter::once((*name).to_owned()).chain(details.iter().cloned()).collect::<Vec<_>>().join(" ")
    };
    violated.iter().map(invariant).collect::<Vec<_>>().join(" ")
}

/// Describes the mismatch of an observation.
fn complaint(seen: &Observation) -> Option<String> {
    let Observation { invariant, .. } = seen;
    let expected = word(seen.expected);
    let listed = if seen.listed { "" } else { "; [expect] does not list it" };
    match seen.verdict {
        TestVerdict::Unexpected => Some(format!("Unexpected {invariant}: expected {expected}{listed}")),
        TestVerdict::Inconclusive => Some(format!(
            "Inconclusive {invariant}: expected {expected}, and not all schedules were run; raise --schedules or --seconds"
        )),
        TestVerdict::AsExpected => None,
    }
}

/// Describes the mismatch of a condition on states.
fn of_states(seen: &StateObservation) -> Option<String> {
    let StateObservation { kind, condition, schedules, .. } = seen;
    match (seen.verdict, *schedules) {
        (TestVerdict::Unexpected, 0) => {
            Some(format!("Unexpected {kind}: no schedule ends in \"{condition}\""))
        }
        (TestVerdict::Unexpected, _) => Some(format!("Unexpected {kind}: \"{condition}\" is reached")),
        (TestVerdict::Inconclusive, _) => Some(format!(
            "Inconclusive {kind}: \"{condition}\" was not reached, and not all schedules were run; raise --schedules or --seconds"
        )),
        (TestVerdict::AsExpected, _) => None,
    }
}
