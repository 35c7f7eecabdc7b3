//! The explorer and shuttle find the same planted bug in the same model, and none where there is none.
#[path = "../../../benches/explore/model.rs"]
mod model;

use ::model::seam::event::NoopObserver;
use engines::sim::steps::{Exhaustive, Numbers, Random, Strategy};
use model::{lose_an_update, ours, theirs, work};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Returns the values of the word at the end, over all schedules of the explorer.
fn ours(strategy: Box<dyn Strategy>, body: fn(&ours::At<'_, NoopObserver>)) -> BTreeSet<u64> {
    let shared = ours::Shared::new();
    let mut seen = BTreeSet::new();
    ours::each(strategy, (NoopObserver, |_: &mut _| {}), (&shared, 2), body, || {
        seen.insert(shared.word());
    });
    seen
}

/// Returns the values of the word at the end, over all schedules of shuttle.
fn theirs(body: fn(&theirs::Shared)) -> BTreeSet<u64> {
    use model::Machine as _;
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let noted = Arc::clone(&seen);
    shuttle::check_dfs(
        move || {
            let shared = Arc::new(theirs::Shared::default());
            let tasks: Vec<_> = (0..2)
                .map(|_| {
                    let shared = Arc::clone(&shared);
                    shuttle::thread::spawn(move || body(&shared))
                })
                .collect();
            for task in tasks {
                task.join().expect("no task panics");
            }
            noted.lock().expect("one OS thread").insert(shared.load());
        },
        None,
    );
    Arc::into_inner(seen).expect("the last").into_inner().expect("no task panics")
}

#[test]
fn both_find_the_lost_update() {
    let random = || Box::new(Random::new(1, &Numbers::below(200)).expect("some"));
    let both = BTreeSet::from([1, 2]);
    assert_eq!(ours(Box::new(Exhaustive::alone()), |at| lose_an_update(at)), both);
    assert_eq!(ours(random(), |at| lose_an_update(at)), both);
    assert_eq!(theirs(lose_an_update), both);
}

#[test]
fn both_find_nothing_where_nothing_is_wrong() {
    assert_eq!(ours(Box::new(Exhaustive::alone()), |at| work(at, 1)), BTreeSet::from([2]));
    assert_eq!(theirs(|shared| work(shared, 1)), BTreeSet::from([2]));
}
