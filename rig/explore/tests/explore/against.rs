//! One case on both models, and the difference.
use super::naive::case::Case;
use super::naive::protocol::Variant;
use super::naive::search::{DEADLOCK, Finals, finals, state};
use engines::Interrupt;
use explore::search::Seen;
use explore::state::Final;
use explore::{EndState, Limits, Litmus, PolicyName, search};
use model::protocols::Protocol;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Bounds of a comparison.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    /// Most schedules of the explorer.
    pub(crate) schedules: u64,
    /// Most states of the naive model.
    pub(crate) states: usize,
}

/// Bounds of every comparison; a case with more schedules or states is left out.
pub(crate) const BOUNDS: Bounds = Bounds { schedules: 500, states: 8_000 };

/// The result of a comparison.
pub(crate) enum Compared {
    Same,
    /// One of the two had more to run than the bounds allow.
    TooLarge,
    /// The case, and the states that only one of the two has.
    Different(String),
}

fn drifts(case: &Case, details: Option<&BTreeSet<String>>) -> Vec<String> {
    let named = |drift: &String| match drift.split_once('=') {
        // With one controller, the explorer names the cgroup only.
        Some((cgroup, by)) if case.controllers.len() == 1 => {
            format!("drift:{cgroup}.{}={by}", case.controllers[0].name())
        }
        _ => format!("drift:{drift}"),
    };
    details.into_iter().flatten().map(named).collect()
}

fn described(case: &Case, seen: &Seen<'_>) -> String {
    let Final { counters, places, .. } = match seen.state {
        EndState::End(end) => end,
        EndState::Deadlock(_) => return DEADLOCK.to_owned(),
        EndState::NoEnd(_) => return "no end".to_owned(),
    };
    let first: Vec<String> = (0..case.threads().count()).map(|at| case.thread(at)).collect();
    let counters = counters.iter().map(|(name, usage)| format!("{name}={usage}"));
    let places = places.iter().map(|(name, place)| match name.split_once('.') {
        Some((process, _)) if !first.contains(name) => format!("{process}+@{place}"),
        _ => format!("{name}@{place}"),
    });
    state(counters.chain(places).chain(drifts(case, seen.violated.get("drift"))))
}

/// Returns the final states that the explorer finds under the protocol of that name, or `None` when a bound ends it.
pub(crate) fn explored(case: &Case, protocol: &str, schedules: u64) -> Option<Finals> {
    let text = case.to_string();
    let litmus = Litmus::parse("random.toml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let protocol = Protocol::parse(protocol).unwrap_or_else(|error| panic!("{error}"));
    let states = Mutex::new(Finals::new());
    let look_on = |seen: &Seen<'_>| {
        states.lock().expect("no panic").insert(described(case, seen));
        ControlFlow::Continue(())
    };
    let limits = Limits { schedules, time: Duration::from_secs(60), ..Limits::default() };
    let never = Interrupt::never();
    let found = search(&Arc::new(litmus), protocol, PolicyName::Exhaustive, &limits, (&never, &look_on));
    found.complete.then(|| states.into_inner().expect("no panic"))
}

/// Compares the explorer under `protocol` with the naive model under `variant`.
pub(crate) fn compared(case: &Case, variant: Variant, protocol: &str) -> Compared {
    let Some(naive) = finals(case, variant, BOUNDS.states) else { return Compared::TooLarge };
    let Some(rig) = explored(case, protocol, BOUNDS.schedules) else { return Compared::TooLarge };
    if rig == naive {
        return Compared::Same;
    }
    let only = |of: &Finals, other: &Finals| of.difference(other).map(|s| format!("    {s}\n")).collect();
    let (rigs, naives): (String, String) = (only(&rig, &naive), only(&naive, &rig));
    Compared::Different(format!(
        "{case}\n# under {protocol}\n#   only in the explorer:\n{rigs}#   only in the naive model:\n{naives}"
    ))
}
