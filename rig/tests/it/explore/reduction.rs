//! The reduced search loses no final state, and runs no trace twice.
use super::support::{all, limits, run};
use explore::Found;
use std::collections::BTreeSet;

/// The number of schedules up to which plain depth-first search is tried on every test.
const PLAIN_MAX: u64 = 3_000;

/// Returns the part of a search that does not depend on the choice of schedules: states, with the invariants violated
/// on the way to each.
fn essence(found: &Found) -> BTreeSet<String> {
    let violated = explore::text::violated;
    found.states.iter().map(|(state, reached)| format!("{state}  {}", violated(&reached.violated))).collect()
}

#[test]
fn plain_depth_first_search_ends_in_the_same_states() {
    let mut ended = 0;
    for (litmus, protocol) in all() {
        let reduced = run(&litmus, protocol, "exhaustive", &limits(100_000));
        let plain = run(&litmus, protocol, "depth-first", &limits(PLAIN_MAX));
        let name = format!("{} under {protocol}", litmus.name);
        assert!(reduced.complete, "{name}");
        if plain.complete {
            ended += 1;
            assert_eq!(essence(&plain), essence(&reduced), "{name}");
        } else {
            let unknown: Vec<_> =
                plain.states.keys().filter(|state| !reduced.states.contains_key(*state)).collect();
            assert!(unknown.is_empty(), "{name}: {unknown:?}");
        }
    }
    assert!(ended >= 20, "plain depth-first search ended in {ended} cases only");
}

#[test]
fn random_schedules_end_in_no_other_states() {
    for (litmus, protocol) in all() {
        let reduced = run(&litmus, protocol, "exhaustive", &limits(100_000));
        for policy in ["random", "pct:3", "switches:1"] {
            let some = run(&litmus, protocol, policy, &limits(200));
            let known = |state: &&_| !reduced.states.contains_key(*state);
            let unknown: Vec<_> = some.states.keys().filter(known).collect();
            assert!(unknown.is_empty(), "{} under {protocol}, {policy}: {unknown:?}", litmus.name);
        }
    }
}

#[test]
fn no_trace_is_run_twice_and_few_schedules_are_cut() {
    for (litmus, protocol) in all() {
        let found = run(&litmus, protocol, "exhaustive", &limits(100_000));
        let name = format!("{} under {protocol}", litmus.name);
        let traces = found.traces.len() as u64;
        assert_eq!(found.schedules, traces, "{name}: a trace was run twice");
        assert!(found.schedules + found.cut <= 3 * traces, "{name}: {} cut for {traces} traces", found.cut);
    }
}
