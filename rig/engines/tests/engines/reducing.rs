//! Partial-order reduction loses no final state: the same example under the reducing policy and under plain depth-first
//! search, and how many schedules each needs.
use super::depth_first::{States, explore, state};
use super::example::{self, FINAL_STATES, protocol, roomy, spec, world};
use engines::sim::current::SimCurrent;
use engines::sim::steps::{
    Bounds, Exhaustive, GivenUp, Numbers, Pct, Random, Steps, Strategy, Tree, canonical, trace,
};
use engines::sim::{End, Sim};
use faults::{FaultPlan, Injector};
use model::kernel::Controller;
use model::protocols::attach;
use model::seam::event::NoopObserver;
use model::seam::{Class, SharedCell};
use model::world::{World, WorldSpec};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

type Here = SimCurrent<Steps, NoopObserver>;

/// The result of a search.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    states: States,
    /// Every trace that was run, with its number of runs.
    traces: BTreeMap<u128, u64>,
    /// Schedules that were given up because every continuation was explored before.
    cut: u64,
}

/// Searches the schedules of the actors that `spawn` starts, by `strategy`; `name` returns the state in which a run
/// ended.
fn search(
    strategy: Box<dyn Strategy>,
    mut spawn: impl FnMut(&mut Sim<Steps, NoopObserver>),
    name: impl Fn(&End) -> String,
) -> Found {
    let mut found = Found::default();
    let mut sim = Sim::new(
        Steps::new(strategy, Bounds::default()),
        NoopObserver,
        Injector::new(FaultPlan::default(), 0),
    );
    loop {
        spawn(&mut sim);
        let mut finished = sim.run();
        match finished.policy.given_up() {
            None => {
                *found.states.entry(name(&finished.end)).or_default() += 1;
                *found
                    .traces
                    .entry(trace(&canonical(finished.policy.taken(), finished.policy.wakes())))
                    .or_default() += 1;
            }
            Some(GivenUp::Cut) => found.cut += 1,
            Some(why) => panic!("given up: {why:?}"),
        }
        if !finished.policy.advance() {
            return found;
        }
        sim = finished.again();
    }
}

/// Searches the example with `movers` movers.
fn example(strategy: Box<dyn Strategy>, world: &Arc<World>, name: &str, movers: usize) -> Found {
    let protocol = protocol(name);
    search(
        strategy,
        |sim| {
            world.reset();
            for _ in 0..movers {
                let world = Arc::clone(world);
                sim.spawn(move |cur: &Here| {
                    let request = model::paths::attach::Request {
                        target: model::seam::event::Target::Process(model::kernel::ProcessId(0)),
                        dest: example::B,
                        due_ns: None,
                    };
                    attach(protocol, cur, &world, &request);
                });
            }
            let world = Arc::clone(world);
            sim.spawn(move |cur: &Here| example::mapper(cur, &world));
        },
        |end| state(world, end),
    )
}

/// Searches all schedules, with one worker.
fn reduced(world: &Arc<World>, name: &str, movers: usize) -> Found {
    example(Box::new(Exhaustive::alone()), world, name, movers)
}

#[allow(clippy::print_stderr, reason = "the size of a search is for the reader of the test's output")]
fn say(name: &str, found: &Found, plain: Option<u64>, began: Instant) {
    let Found { states, traces, cut } = found;
    let plain = plain.map_or(String::new(), |plain| format!(", plain depth-first search {plain}"));
    let (traces, took) = (traces.len(), began.elapsed());
    eprintln!("{name}: {traces} traces, {cut} cut{plain}, {took:?}: {states:?}");
}

#[test]
fn every_order_of_dependent_steps_is_tried_once() {
    for (objects, traces) in [([0, 0], 2), ([0, 1], 1)] {
        let words = [0, 1].map(|owner| Arc::new(SharedCell::new(Class::TotalVm, owner, 0)));
        let found = search(
            Box::new(Exhaustive::alone()),
            |sim| {
                words.iter().for_each(|word| word.init(0));
                for (actor, object) in objects.into_iter().enumerate() {
                    let word = Arc::clone(&words[object]);
                    sim.spawn(move |cur: &Here| word.store(cur, actor as u64 + 1));
                }
            },
            |_| format!("{} {}", words[0].peek(), words[1].peek()),
        );
        assert_eq!((found.traces.len(), found.states.len()), (traces, traces), "{objects:?}");
    }
}

/// Compares the reduced search of one case with `expected`, which `exploring` finds without reduction.
fn held(spec: WorldSpec, name: &str, expected: &[&str], plain: Option<u64>) {
    let began = Instant::now();
    let found = reduced(&world(spec), name, 1);
    say(name, &found, plain, began);
    assert_eq!(found.states.keys().collect::<Vec<_>>(), expected, "{name}");
    assert_few(name, &found);
}

fn assert_few(name: &str, found: &Found) {
    assert!(found.traces.values().all(|times| *times == 1), "{name}: a trace was run twice");
    let (run, traces) = (found.traces.len() as u64 + found.cut, found.traces.len() as u64);
    assert!(run <= 3 * traces, "{name}: {run} schedules for {traces} traces");
}

#[test]
fn the_reduced_search_finds_the_final_states_of_the_plain_one() {
    for (name, states) in FINAL_STATES {
        held(spec(), name, states, None);
    }
    for name in ["transactional:mmap-sem=plain", "transactional"] {
        let with_memory = || roomy(&[Controller::Memrlimit, Controller::Memory]);
        let plain = explore(&world(with_memory()), protocol(name));
        let states: Vec<&str> = plain.keys().map(String::as_str).collect();
        held(with_memory(), name, &states, Some(plain.values().sum()));
    }
}

#[test]
fn two_movers_and_a_mapping_thread_are_explored_completely() {
    let began = Instant::now();
    let found = reduced(&world(spec()), "transactional", 2);
    say("two movers", &found, None, began);
    assert_eq!(found.states.len(), 1, "{:?}", found.states);
    assert_few("two movers", &found);
}

#[test]
fn several_workers_run_the_same_traces_once_between_them() {
    let alone = reduced(&world(spec()), "three-phase:threadgroup=process", 3);
    let tree = Tree::new(Arc::default());
    let work = || {
        let worker = Exhaustive::new(&tree);
        worker
            .map(|worker| example(Box::new(worker), &world(spec()), "three-phase:threadgroup=process", 3))
            .unwrap_or_default()
    };
    let parts = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..3).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().expect("no panic")).collect::<Vec<_>>()
    });
    let mut together = Found::default();
    for part in parts {
        part.states.into_iter().for_each(|(state, n)| *together.states.entry(state).or_default() += n);
        part.traces.into_iter().for_each(|(trace, n)| *together.traces.entry(trace).or_default() += n);
        together.cut += part.cut;
    }
    say("one worker", &alone, None, Instant::now());
    say("three workers", &together, None, Instant::now());
    assert_eq!((together.states, &together.traces), (alone.states, &alone.traces));
}

/// Searches three thousand schedules of a strategy that draws numbers.
fn some(strategy: impl Fn(&Arc<Numbers>) -> Box<dyn Strategy>) -> Found {
    example(strategy(&Numbers::below(3000)), &world(spec()), "three-phase:threadgroup=process", 1)
}

#[test]
fn drawn_schedules_are_among_those_of_the_complete_search_and_pct_finds_what_is_rare() {
    let all = reduced(&world(spec()), "three-phase:threadgroup=process", 1);
    let random = || some(|numbers| Box::new(Random::new(1, numbers).expect("there are some")));
    let pct = || some(|numbers| Box::new(Pct::new(3, 60, 1, numbers).expect("there are some")));
    for (few, again) in [(random(), random()), (pct(), pct())] {
        assert_eq!(few.states.values().sum::<u64>(), 3000);
        assert_eq!(few, again, "one seed, the same schedules");
        assert!(few.traces.keys().all(|trace| all.traces.contains_key(trace)));
    }
    // The mover has to get far before the other begins: one chance in a million for coins, but not for priorities.
    assert_eq!(pct().states.keys().collect::<Vec<_>>(), all.states.keys().collect::<Vec<_>>());
}
