//! What a search has found, as herd7 would say it.
use super::found::{Found, Observation, Verdict, word};
use super::litmus::Litmus;
use super::state::{Broken, State};
use super::witness::{Schedule, token};
use crate::protocols::Protocol;
use std::fmt::Write as _;

/// The block of one test under one protocol; `place` is where the test can be found again.
#[must_use]
pub fn block(
    (litmus, place): (&Litmus, &str),
    protocol: Protocol,
    found: &Found,
    observations: &[Observation],
) -> String {
    let mut text = format!("Test {} under {protocol}\nStates {}\n", litmus.name, found.states.len());
    let width = found.states.values().map(|reached| reached.schedules.to_string().len()).max().unwrap_or(1);
    for (state, reached) in &found.states {
        let mark = match state {
            State::Deadlock(_) => "!>",
            State::NoEnd(_) => "?>",
            State::End(_) if reached.broken.is_empty() => ":>",
            State::End(_) => "*>",
        };
        let _ = write!(text, "{:>width$}   {mark} {state}", reached.schedules);
        if !reached.broken.is_empty() {
            let _ = write!(text, "  {}", broken(&reached.broken));
        }
        text.push('\n');
    }
    let token = |schedule: &Schedule| token(place, &litmus.toml, protocol, schedule);
    for seen in observations {
        let Observation { promise, broken, schedules, .. } = seen;
        let _ = writeln!(text, "Observation {promise} {} {broken} {schedules}", word(seen.seen));
        if let Some(breach) = found.breaches.get(promise.as_str()) {
            let _ = writeln!(text, "Witness {promise} {}", token(&breach.witness));
        }
        if let Some(complaint) = complaint(seen) {
            let _ = writeln!(text, "{complaint}");
        }
    }
    let how = if found.complete { "all" } else { "bounded" };
    let _ = writeln!(text, "Schedules {} ({how})", found.schedules);
    if !found.traces.is_empty() {
        let _ = writeln!(text, "Traces {}, {} schedules cut short", found.traces.len(), found.cut);
    }
    for (at, rule) in litmus.faults.rules.iter().enumerate().filter(|(at, _)| !found.fired.contains(at)) {
        let _ = writeln!(text, "Fault {} \"{rule}\" never fired", at + 1);
    }
    text
}

/// `drift b=+5 underflow a`.
#[must_use]
pub fn broken(broken: &Broken) -> String {
    let promise = |(name, details): (&&str, &std::collections::BTreeSet<String>)| {
        std::iter::once((*name).to_owned()).chain(details.iter().cloned()).collect::<Vec<_>>().join(" ")
    };
    broken.iter().map(promise).collect::<Vec<_>>().join(" ")
}

/// What is wrong with an observation.
fn complaint(seen: &Observation) -> Option<String> {
    let expected = word(seen.expected?);
    match seen.verdict {
        Verdict::Unexpected => Some(format!("Unexpected {}: expected {expected}", seen.promise)),
        Verdict::Inconclusive => Some(format!(
            "Inconclusive {}: expected {expected}, and not all schedules were run; raise --schedules or --seconds",
            seen.promise
        )),
        Verdict::AsExpected | Verdict::Unjudged => None,
    }
}
