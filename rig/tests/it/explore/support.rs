//! Searches in a few words.
use engines::Interrupt;
use explore::search::unwatched;
use explore::{Found, Limits, Litmus, PolicyName, built_in, search};
use model::protocols::Protocol;
use std::sync::Arc;
use std::time::Duration;

/// Returns the built-in test of that name.
pub(crate) fn litmus(name: &str) -> Arc<Litmus> {
    let text = built_in::find(name).unwrap_or_else(|| panic!("no test {name}"));
    Arc::new(Litmus::parse(name, text).unwrap_or_else(|error| panic!("{error}")))
}

/// Returns every built-in test under every protocol for which it has expectations.
pub(crate) fn all() -> Vec<(Arc<Litmus>, Protocol)> {
    let tests = built_in::ALL.iter().map(|(name, _)| litmus(name));
    let under = |litmus: Arc<Litmus>| {
        let protocols: Vec<_> = litmus.expect.iter().map(|(protocol, _)| *protocol).collect();
        protocols.into_iter().map(move |protocol| (Arc::clone(&litmus), protocol))
    };
    tests.flat_map(under).collect()
}

/// Returns the protocol of that name.
pub(crate) fn protocol(name: &str) -> Protocol {
    Protocol::parse(name).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns bounds within which a test ends soon.
pub(crate) fn limits(schedules: u64) -> Limits {
    Limits { schedules, time: Duration::from_secs(60), ..Limits::default() }
}

/// Runs a search without an observer of its progress.
pub(crate) fn run(litmus: &Arc<Litmus>, protocol: Protocol, policy: &str, limits: &Limits) -> Found {
    let policy: PolicyName = policy.parse().expect("a policy");
    search(litmus, protocol, policy, limits, (&Interrupt::never(), &unwatched))
}
