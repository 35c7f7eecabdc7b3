//! Findings of the depth-first engine: the final states of the litmus example, and the deadlock of a plain nested
//! read.
use super::depth_first::{Here, States, every_schedule, explore};
use super::example::{FINAL_STATES, ONCE, protocol, roomy, spec, world};
use engines::sim::End;
use model::kernel::Controller;
use model::seam::{Class, SharedCell};
use model::world::WorldSpec;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The search is not reduced: every interleaving of the accesses runs once.
#[test]
fn as_many_schedules_as_interleavings() {
    for (accesses, interleavings) in [(vec![3, 3], 20), (vec![1, 4], 5), (vec![2, 2, 2], 90)] {
        let states = every_schedule(|mut sim| {
            let shared = Arc::new((SharedCell::new(Class::TotalVm, 0, 0), Mutex::new(String::new())));
            for (actor, times) in accesses.iter().copied().enumerate() {
                let shared = Arc::clone(&shared);
                sim.spawn(move |cur: &Here| {
                    for _ in 0..times {
                        shared.0.store(cur, 0);
                        write!(shared.1.lock().expect("one OS thread"), "{actor}").expect("memory");
                    }
                });
            }
            let finished = sim.run();
            assert_eq!(finished.end, End::Done);
            let order = shared.1.lock().expect("one OS thread").clone();
            (finished, order)
        });
        assert_eq!((states.len(), states.values().sum::<u64>()), (interleavings, interleavings as u64));
    }
}

#[allow(clippy::print_stderr, reason = "the size of a search is for the reader of the test's output")]
fn search(spec: WorldSpec, name: &str) -> States {
    let began = Instant::now();
    let states = explore(&world(spec), protocol(name));
    let schedules: u64 = states.values().sum();
    eprintln!("{name}: {schedules} schedules in {:?}: {states:?}", began.elapsed());
    assert!(schedules > 10_000, "{name}: a search of {schedules} schedules has lost some");
    states
}

#[test]
fn the_example_ends_in_exactly_its_final_states() {
    for (name, states) in FINAL_STATES {
        let found = search(spec(), name);
        assert_eq!(found.keys().collect::<Vec<_>>(), states, "{name}: {found:?}");
    }
}

fn with_memory() -> WorldSpec {
    roomy(&[Controller::Memrlimit, Controller::Memory])
}

#[test]
fn a_plain_nested_read_deadlocks_with_a_writer_that_queued_in_between() {
    let found = search(with_memory(), "transactional:mmap-sem=plain");
    let deadlock = "deadlock: actor 0 waits for mmap_sem(mm 0), actor 1 waits for mmap_sem(mm 0)";
    assert_eq!(found.keys().collect::<Vec<_>>(), [ONCE, deadlock], "{found:?}");
}

#[test]
fn a_counted_and_an_unfair_nested_read_do_not() {
    for name in ["transactional:mmap-sem=counted", "transactional:mmap-sem=unfair"] {
        let found = search(with_memory(), name);
        assert_eq!(found.keys().collect::<Vec<_>>(), [ONCE], "{found:?}");
    }
}
