//! Results of searches as JSON.
use super::found::Found;
use super::judge::{Judgement, Observation, StateObservation, TestVerdict, word};
use super::litmus::Litmus;
use super::policy::PolicyName;
use super::state::EndState;
use super::witness::{FORMAT, MODEL, token};
use model::protocols::Protocol;
use serde::Serialize;
use std::collections::BTreeMap;

/// The content of the file.
#[derive(Debug, Serialize)]
pub struct Explored {
    /// Version of this form.
    pub format: u32,
    /// Version of the model; within one version, the same schedule leads to the same state.
    pub model: u32,
    /// All schedules are of modelled threads; nothing in the file is a time.
    pub engine: &'static str,
    /// The policy by which schedules were chosen.
    pub policy: String,
    /// Seed of random schedules.
    pub seed: u64,
    /// Every test under every protocol.
    pub tests: Vec<Test>,
}

/// One test under one protocol.
#[derive(Debug, Serialize)]
pub struct Test {
    name: String,
    protocol: String,
    schedules: u64,
    complete: bool,
    /// Distinct traces, if they were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    traces: Option<usize>,
    steps: u64,
    states: Vec<Reached>,
    observations: Vec<Seen>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<Condition>,
    verdict: &'static str,
    never_fired: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Reached {
    schedules: u64,
    /// The state, as in the text.
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadlock: Option<String>,
    counters: BTreeMap<String, u64>,
    places: BTreeMap<String, String>,
    cpus: BTreeMap<String, String>,
    frozen: Vec<String>,
    violated: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Serialize)]
struct Seen {
    invariant: String,
    seen: &'static str,
    violated: u64,
    schedules: u64,
    expected: &'static str,
    /// True when the test lists it; an invariant that is not listed is expected to hold.
    listed: bool,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

#[derive(Debug, Serialize)]
struct Condition {
    kind: &'static str,
    condition: String,
    schedules: u64,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl Explored {
    /// Returns results without any test.
    #[must_use]
    pub fn new(policy: PolicyName, seed: u64) -> Self {
        Self {
            format: FORMAT,
            model: MODEL,
            engine: "sim, simulated",
            policy: policy.to_string(),
            seed,
            tests: Vec::new(),
        }
    }

    /// Adds the results of one test under one protocol.
    pub fn add(
        &mut self,
        (litmus, place): (&Litmus, &str),
        protocol: Protocol,
        found: &Found,
        judged: &Judgement,
    ) {
        let seen = |seen: &Observation| {
            let breach = found.breaches.get(seen.invariant.as_str());
            Seen {
                invariant: seen.invariant.clone(),
                seen: word(seen.seen),
                violated: seen.violated,
                schedules: seen.schedules,
                expected: word(seen.expected),
                listed: seen.listed,
                verdict: verdict(seen.verdict),
                token: breach.map(|breach| token(place, &litmus.toml, protocol, &breach.witness)),
            }
        };
        let condition = |seen: &StateObservation| Condition {
            kind: seen.kind,
            condition: seen.condition.clone(),
            schedules: seen.schedules,
            verdict: verdict(seen.verdict),
            token: seen.witness.as_ref().map(|(_, schedule)| token(place, &litmus.toml, protocol, schedule)),
        };
        let rules = litmus.faults.rules.iter().enumerate();
        self.tests.push(Test {
            name: litmus.name.clone(),
            protocol: protocol.to_string(),
            schedules: found.schedules,
            complete: found.complete,
            traces: (!found.traces.is_empty()).then_some(found.traces.len()),
            steps: found.steps,
            states: found.states.iter().map(|(state, reached)| Reached::of(state, reached)).collect(),
            observations: judged.observations.iter().map(seen).collect(),
            conditions: judged.states.iter().map(condition).collect(),
            verdict: verdict(judged.verdict),
            never_fired: rules
                .filter(|(at, _)| !found.fired.contains(at))
                .map(|(_, rule)| rule.to_string())
                .collect(),
        });
    }
}

impl Reached {
    fn of(state: &EndState, reached: &super::found::Reached) -> Self {
        let last =
            if let EndState::End(last) = state { last.clone() } else { super::state::Final::default() };
        let violated = reached.violated.iter();
        Self {
            schedules: reached.schedules,
            state: state.to_string(),
            deadlock: if let EndState::Deadlock(waiting) = state { Some(waiting.clone()) } else { None },
            counters: last.counters.into_iter().collect(),
            places: last.places.into_iter().collect(),
            cpus: last.cpus.into_iter().collect(),
            frozen: last.frozen,
            violated: violated
                .map(|(name, details)| ((*name).to_owned(), details.iter().cloned().collect()))
                .collect(),
        }
    }
}

fn verdict(verdict: TestVerdict) -> &'static str {
    match verdict {
        TestVerdict::AsExpected => "as-expected",
        TestVerdict::Unexpected => "unexpected",
        TestVerdict::Inconclusive => "inconclusive",
    }
}
