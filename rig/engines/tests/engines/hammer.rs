//! A mover against a mapping thread, on OS threads and, with the same function, in virtual time.
use super::example;
use super::example::{A, B, FINAL_STATES, P_0, mm, mover, place, protocol, roomy, state, usage, world};
use engines::sim::Sim;
use engines::sim::current::SimCurrent;
use engines::sim::time::Time;
use engines::threads::current::ThreadCurrent;
use engines::threads::{Setting, Threads};
use faults::{FaultPlan, Injector};
use model::kernel::{Controller, MaskId};
use model::paths::mm::{mmap, munmap, release, touch};
use model::protocols::Protocol;
use model::seam::event::NoopObserver;
use model::seam::{Costs, Current, End};
use model::world::World;
use rand::{RngExt, SeedableRng};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Attaches of a test. An attach that moves little is so fast that it needs five times as many to meet the thread.
const ATTACHES: u32 = 20_000;
/// Attaches of the long test, which runs only where this variable gives their number. It was tried with a million.
const LONG: &str = "ATTACH_RIG_HAMMER";
/// The size in pages above which the mapping thread unmaps.
const VM_MAX: u64 = 200;

/// Moves the process back and forth while its thread maps, touches, gives back and unmaps.
fn back_and_forth<C: Current>(cur: &C, world: &Arc<World>, protocol: Protocol, attaches: u32) {
    let over = Arc::new(AtomicBool::new(false));
    let (its_world, its_over) = (Arc::clone(world), Arc::clone(&over));
    cur.spawn(move |cur| map_until(cur, &its_world, &its_over));
    for dest in [B, A].into_iter().cycle().take(attaches as usize) {
        mover(cur, world, protocol, dest);
    }
    over.store(true, Ordering::SeqCst);
}

fn map_until<C: Current>(cur: &C, world: &World, over: &AtomicBool) {
    let mut dice = rand_pcg::Pcg64::seed_from_u64(1);
    while !over.load(Ordering::SeqCst) {
        let pages = dice.random_range(1..=8);
        let done = match dice.random_range(0..4) {
            _ if mm(world).total_vm.peek() > VM_MAX => munmap(cur, world, P_0, VM_MAX / 2),
            0 => mmap(cur, world, P_0, pages),
            1 => munmap(cur, world, P_0, pages),
            2 => touch(cur, world, P_0, pages),
            _ => release(cur, world, P_0, pages),
        };
        done.expect("there is room");
    }
}

/// Returns the differences between the books of a world at rest and the truth.
fn drift(world: &World) -> Vec<String> {
    let mut found = Vec::new();
    let mut compare = |what: String, is: u64, truth: u64| {
        if is != truth {
            found.push(format!("{what} is {is}, and {truth} in truth"));
        }
    };
    let controllers = &world.spec.hierarchies[example::HIERARCHY.index()];
    for (cgroup, name) in [(A, "a"), (B, "b")] {
        let here = |amount| if place(world) == cgroup { amount } else { 0 };
        for controller in controllers.iter().copied() {
            let truth = match controller {
                Controller::Memrlimit => here(mm(world).total_vm.peek()),
                Controller::Memory => here(mm(world).page_table_lock.quiet(|records| records.total())),
                Controller::Numtasks => here(1),
                Controller::Cpuset | Controller::Freezer | Controller::Net => continue,
            };
            compare(format!("{name}.{controller}"), usage(world, controller, cgroup), truth);
        }
    }
    let left_behind = mm(world).page_table_lock.quiet(|records| records.elsewhere(place(world)));
    compare("pages left behind".to_owned(), left_behind, 0);
    if controllers.contains(&Controller::Cpuset) {
        let mask = world.callback_mutex.quiet(|cpusets| cpusets.of_cgroup[place(world).index()]);
        compare("the mask of p.0".to_owned(), world.task(P_0).cpus_allowed.peek(), MaskId::word(mask));
    }
    found
}

/// Runs `body`, and all that it spawns, until every actor has ended. Returns the number of waits of one actor for
/// another.
fn run(faults: &str, body: impl FnOnce(&ThreadCurrent<NoopObserver>) + Send + 'static) -> u64 {
    let plan = FaultPlan::parse(faults).expect("a plan");
    let mut threads = Threads::new(Setting {
        costs: Costs::default(),
        injector: Injector::new(plan, 0),
        give_up_ns: u64::MAX,
        rest_every_ns: 0,
        real_pages: false,
        listener: Box::new(|| NoopObserver),
    });
    threads.spawn(body);
    let finished = threads.run(|_| {}).expect("there are threads");
    assert_eq!(finished.end, End::Done);
    finished.counts.waits
}

fn on_threads(name: &str, controllers: &[Controller]) -> Vec<String> {
    hammer(name, controllers, "", if controllers.len() == 1 { 5 * ATTACHES } else { ATTACHES })
}

#[allow(clippy::print_stderr, reason = "the time taken is for the reader of the test's output")]
fn hammer(name: &str, controllers: &[Controller], faults: &str, attaches: u32) -> Vec<String> {
    let began = Instant::now();
    let (world, protocol) = (world(roomy(controllers)), protocol(name));
    let theirs = Arc::clone(&world);
    let waits = run(faults, move |cur| back_and_forth(cur, &theirs, protocol, attaches));
    assert!(world.locks_free(), "{name}: all actors have ended and a lock is held");
    let (took, drift) = (began.elapsed(), drift(&world));
    eprintln!("{name} with {controllers:?}: {attaches} attaches in {took:?}, {waits} waits: {drift:?}");
    assert!(waits > 0 || !drift.is_empty(), "{name}: the two never met");
    drift
}

const ALONE: &[Controller] = &[Controller::Memrlimit];

#[test]
fn transactional_does_not_drift_on_os_threads() {
    assert_eq!(on_threads("transactional", ALONE), [""; 0]);
    assert_eq!(on_threads("transactional", &Controller::ALL), [""; 0]);
    assert_eq!(on_threads("transactional:mmap-sem=unfair", &Controller::ALL), [""; 0]);
}

#[test]
fn prepare_undo_with_its_locks_held_does_not_drift_on_os_threads() {
    assert_eq!(on_threads("prepare-undo:hold=locks", ALONE), [""; 0]);
    assert_eq!(on_threads("prepare-undo:hold=locks", &Controller::ALL), [""; 0]);
}

/// A window of 10 µs between the switch and attach(), or the commits.
const WINDOW: &str = "core.switched: delay=10us";

#[test]
fn three_phase_and_prepare_undo_drift_through_a_window_and_transactional_does_not() {
    assert_ne!(hammer("three-phase:threadgroup=process", ALONE, WINDOW, ATTACHES), [""; 0]);
    assert_ne!(hammer("prepare-undo", ALONE, WINDOW, ATTACHES), [""; 0]);
    assert_eq!(hammer("transactional", ALONE, WINDOW, ATTACHES), [""; 0]);
}

#[test]
fn transactional_does_not_drift_in_as_many_attaches_as_one_asks_for() {
    let asked = std::env::var(LONG).ok().map(|n| n.parse().expect("a number of attaches"));
    assert_eq!(hammer("transactional", ALONE, WINDOW, asked.unwrap_or(1_000)), [""; 0]);
}

/// Runs the same function in virtual time, on two modelled CPUs.
fn in_virtual_time(name: &str, controllers: &[Controller]) -> Vec<String> {
    let (world, protocol) = (world(roomy(controllers)), protocol(name));
    let mut sim = Sim::new(
        Time::new(2, Costs::default(), u64::MAX),
        NoopObserver,
        Injector::new(FaultPlan::default(), 0),
    );
    let theirs = Arc::clone(&world);
    sim.spawn(move |cur: &SimCurrent<Time, NoopObserver>| {
        back_and_forth(cur, &theirs, protocol, ATTACHES / 2);
    });
    assert_eq!(sim.run().end, End::Done);
    assert!(world.locks_free(), "{name}: all actors have ended and a lock is held");
    drift(&world)
}

#[test]
fn the_same_function_in_virtual_time_agrees() {
    for name in ["transactional", "transactional:mmap-sem=unfair", "prepare-undo:hold=locks"] {
        assert_eq!(in_virtual_time(name, ALONE), [""; 0], "{name}");
        assert_eq!(in_virtual_time(name, &Controller::ALL), [""; 0], "{name}");
    }
    // With `hold=callback` the thread that waits for mmap_sem wakes only after the window: OS threads and the explorer reach it.
    for name in ["three-phase:threadgroup=process", "prepare-undo:hold=none"] {
        assert_ne!(in_virtual_time(name, ALONE), [""; 0], "{name}");
    }
}

/// The outcome of the litmus example on OS threads is among those that the depth-first engine finds.
#[test]
fn os_threads_end_in_states_that_depth_first_finds() {
    for (name, states) in FINAL_STATES {
        let world = world(example::spec());
        for _ in 0..500 {
            world.reset();
            let (moved, mapped) = (Arc::clone(&world), Arc::clone(&world));
            run("", move |cur| {
                cur.spawn(move |cur| example::mapper(cur, &mapped));
                mover(cur, &moved, protocol(name), B);
            });
            assert!(states.contains(&&*state(&world)), "{name}: {} is not among {states:?}", state(&world));
        }
    }
}
