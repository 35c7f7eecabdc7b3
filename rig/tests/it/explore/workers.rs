//! Several workers find the same as one; bounds hold; the same seed gives the same schedules.
use super::support::{limits, litmus, protocol, run};
use engines::Interrupt;
use explore::search::{Seen, unwatched};
use explore::{Limits, PolicyName, search};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[test]
fn the_number_of_workers_changes_nothing() {
    let test = litmus("charge-during-a-move-of-two-controllers");
    for policy in ["exhaustive", "random", "pct:3"] {
        let with = |jobs| run(&test, protocol("three-phase"), policy, &Limits { jobs, ..limits(5_000) });
        let one = with(1);
        assert!(one.schedules > 1000, "{policy}: {}", one.schedules);
        for jobs in [2, 4] {
            let several = with(jobs);
            assert_eq!(several.states, one.states, "{policy}, {jobs} workers");
            assert_eq!(several.breaches, one.breaches, "{policy}, {jobs} workers: witnesses");
            assert_eq!(several.traces, one.traces, "{policy}, {jobs} workers");
            assert_eq!(several.steps, one.steps, "{policy}, {jobs} workers");
        }
    }
}

#[test]
fn one_seed_gives_the_same_schedules_and_another_gives_others() {
    let test = litmus("charge-during-a-move-of-two-controllers");
    for policy in ["random", "pct:2"] {
        let seeded =
            |seed| run(&test, protocol("prepare-undo:hold=none"), policy, &Limits { seed, ..limits(500) });
        assert_eq!(seeded(1), seeded(1), "{policy}");
        assert_ne!(seeded(1).states, seeded(2).states, "{policy}");
    }
}

#[test]
fn schedules_are_bounded_to_the_schedule() {
    let test = litmus("exec-during-the-move");
    for policy in ["exhaustive", "random", "pct:3", "depth-first"] {
        for jobs in [1, 3] {
            let found = run(&test, protocol("three-phase"), policy, &Limits { jobs, ..limits(700) });
            assert!(!found.complete, "{policy}");
            assert!(found.schedules + found.cut <= 700, "{policy}: {}", found.schedules);
            assert!(jobs > 1 || found.schedules + found.cut == 700, "{policy}: {}", found.schedules);
        }
    }
}

#[test]
fn steps_are_bounded_to_the_step() {
    let test = litmus("charge-between-switch-and-attach");
    let whole = run(&test, protocol("three-phase"), "random", &limits(1)).steps as usize;
    let short = |steps| run(&test, protocol("three-phase"), "random", &Limits { steps, ..limits(1) });
    assert!(!short(whole).breaches.contains_key("no-progress"));
    let cut = short(whole - 1);
    assert_eq!(cut.steps as usize, whole - 1);
    assert_eq!(cut.breaches["no-progress"].schedules, 1, "given up one step before the end");
}

#[test]
fn time_and_a_call_to_stop_end_a_search_at_once() {
    let test = litmus("exec-during-the-move");
    let began = Instant::now();
    let time = Duration::from_millis(100);
    let found = run(&test, protocol("three-phase"), "depth-first", &Limits { time, ..limits(u64::MAX) });
    assert!(!found.complete && found.schedules > 0);
    let stop = Interrupt::never();
    stop.set(2);
    let all = PolicyName::DepthFirst;
    let found = search(&test, protocol("three-phase"), all, &limits(u64::MAX), (&stop, &unwatched));
    assert!(!found.complete);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn whoever_looks_on_can_end_the_search() {
    let test = litmus("exec-during-the-move");
    let seen = AtomicU64::new(0);
    let look_on = |_: &Seen<'_>| {
        if seen.fetch_add(1, Ordering::Relaxed) < 9 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    let never = Interrupt::never();
    let found =
        search(&test, protocol("three-phase"), PolicyName::Exhaustive, &limits(1000), (&never, &look_on));
    assert_eq!(found.schedules, 10);
}
