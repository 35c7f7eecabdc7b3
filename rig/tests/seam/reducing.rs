//! Partial-order reduction loses no final state: the same example under the reducing policy and under plain depth-first
//! search, and how many schedules each needs.
use super::depth_first::{States, explore, state};
use super::example::{self, FINAL_STATES, protocol, roomy, spec, world};
use faults::{Injector, Plan};
use rig::engine::event::Blind;
use rig::engine::sim::current::SimCurrent;
use rig::engine::sim::exhaustive::{Exhaustive, Explored};
use rig::engine::sim::{End, Sim};
use rig::engine::{Class, Word};
use rig::kernel::Controller;
use rig::protocols::attach;
use rig::world::{World, WorldSpec};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

type Here = SimCurrent<Exhaustive, Blind>;

/// What a search found.
struct Found {
    states: States,
    traces: usize,
    explored: Explored,
}

/// Every trace of what `spawn` starts; `name` says in which state a run ended.
fn reduce(mut spawn: impl FnMut(&mut Sim<Exhaustive, Blind>), name: impl Fn(&End) -> String) -> Found {
    let (mut states, mut traces) = (States::new(), BTreeSet::new());
    let mut sim = Sim::new(Exhaustive::default(), Blind, Injector::new(Plan::default(), 0));
    loop {
        spawn(&mut sim);
        let mut finished = sim.run();
        if !finished.policy.was_cut() {
            *states.entry(name(&finished.end)).or_default() += 1;
            assert!(traces.insert(finished.policy.trace()), "a trace was run twice");
        }
        if !finished.policy.advance() {
            return Found { states, traces: traces.len(), explored: finished.policy.explored() };
        }
        sim = finished.again();
    }
}

/// The example with `movers` movers.
fn example(world: &Arc<World>, name: &str, movers: usize) -> Found {
    let protocol = protocol(name);
    reduce(
        |sim| {
            world.reset();
            for _ in 0..movers {
                let world = Arc::clone(world);
                sim.spawn(move |cur: &Here| {
                    let request = rig::paths::attach::Request {
                        target: rig::engine::event::Target::Process(rig::kernel::ProcessId(0)),
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

#[allow(clippy::print_stderr, reason = "how large a search was is for whoever reads the test's output")]
fn say(name: &str, found: &Found, plain: Option<u64>, began: Instant) {
    let Found { states, traces, explored } = found;
    let plain = plain.map_or(String::new(), |plain| format!(", plain depth-first search {plain}"));
    eprintln!("{name}: {traces} traces, {explored:?}{plain}, {:?}: {states:?}", began.elapsed());
}

#[test]
fn every_order_of_dependent_steps_is_tried_once() {
    for (objects, traces) in [([0, 0], 2), ([0, 1], 1)] {
        let words = [0, 1].map(|owner| Arc::new(Word::new(Class::TotalVm, owner, 0)));
        let found = reduce(
            |sim| {
                words.iter().for_each(|word| word.init(0));
                for (actor, object) in objects.into_iter().enumerate() {
                    let word = Arc::clone(&words[object]);
                    sim.spawn(move |cur: &Here| word.store(cur, actor as u64 + 1));
                }
            },
            |_| format!("{} {}", words[0].peek(), words[1].peek()),
        );
        assert_eq!((found.traces, found.states.len()), (traces, traces), "{objects:?}");
    }
}

/// The reduced search of one case, held against `expected`; what `exploring` finds without reduction.
fn search(spec: WorldSpec, name: &str, expected: &[&str], plain: Option<u64>) {
    let began = Instant::now();
    let found = example(&world(spec), name, 1);
    say(name, &found, plain, began);
    assert_eq!(found.states.keys().collect::<Vec<_>>(), expected, "{name}");
    assert_few(name, &found);
}

fn assert_few(name: &str, found: &Found) {
    let run = found.explored.whole + found.explored.cut;
    assert!(run <= 3 * found.traces as u64, "{name}: {run} schedules for {} traces", found.traces);
}

#[test]
fn the_reduced_search_finds_the_final_states_of_the_plain_one() {
    for (name, states) in FINAL_STATES {
        search(spec(), name, states, None);
    }
    for name in ["transactional:mmap-sem=plain", "transactional"] {
        let with_memory = || roomy(&[Controller::Memrlimit, Controller::Memory]);
        let plain = explore(&world(with_memory()), protocol(name));
        let states: Vec<&str> = plain.keys().map(String::as_str).collect();
        search(with_memory(), name, &states, Some(plain.values().sum()));
    }
}

#[test]
fn two_movers_and_a_mapping_thread_are_explored_completely() {
    let began = Instant::now();
    let found = example(&world(spec()), "transactional", 2);
    say("two movers", &found, None, began);
    assert_eq!(found.states.len(), 1, "{:?}", found.states);
    assert_few("two movers", &found);
}
