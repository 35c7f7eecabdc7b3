//! The speed of the simulator, compared with the least that could do the same (a heap and coroutines), and with
//! nexosim.
//!
//! In every row except `cell` the same actors wait the same times in turn, so each step is one entry of the event
//! queue and one switch to another actor. In `checked` every actor takes and releases a lock of its own after each
//! wait. These are steps as well, and counted.
//!
//! | row | content | caution |
//! |---|---|---|
//! | `cell` | the scenario `steady`: protocols, locks, all checks, all statistics | one dispatch here includes the events and the steps in place that follow it; building the world is included too |
//! | `checked` | the engine, a lock after each wait, with all checks and all statistics of a cell | the bare loop has neither locks nor observers |
//! | `ours` | the engine alone: virtual CPUs, run queues, time slices | every actor has a modelled CPU, so none queues |
//! | `bare` | a binary heap of times and corosensei | no CPUs, no wakes, no accesses, no abandoning |
//! | `nexosim` | the same number of models that schedule themselves, on one thread | models are not coroutines; nexosim has mailboxes, keys and a clock that others can use |
//!
//! The figure is wall time divided by dispatches; criterion shows dispatches per second. Ratios are of pairs measured
//! in turn. `cargo bench --bench engine`.
#[path = "engine/rivals.rs"]
mod rivals;
#[path = "shared/mod.rs"]
mod shared;

use criterion::{BenchmarkId, Throughput};
use engines::sim::Sim;
use engines::sim::time::Time;
use faults::{FaultPlan, Injector};
use model::locks::Mutex;
use model::protocols::Protocol;
use model::seam::event::{Mode, NoopObserver, Who};
use model::seam::{Class, Costs, Current, Event, Work};
use rig::driver::observer::Watch;
use rig::driver::{CellPlan, run_cell};
use rivals::{bare, delay_ns, nexosim};
use scenario::{Overrides, Scenario, built_in};
use shared::moving;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Steps of an actor in a round. In rows with locks a third of them are waits.
const STEPS: u64 = 120;
/// The numbers of actors measured.
const ACTORS: [u64; 2] = [16, 1000];

/// Returns the time of a number of actors and of a number of rounds of steps.
type Run = fn(u64, u64) -> Duration;

/// The rows in which the same actors wait.
const ROWS: [(&str, Run); 4] = [("ours", ours), ("checked", checked), ("bare", bare), ("nexosim", nexosim)];

/// Runs our engine; starting the actors is not measured.
fn ours(actors: u64, rounds: u64) -> Duration {
    let time = Time::new(actors as u32, Costs::default(), u64::MAX >> 1);
    let mut sim = Sim::new(time, NoopObserver, Injector::new(FaultPlan::default(), 1));
    for actor in 0..actors {
        sim.spawn(move |cur| {
            for step in 0..rounds * STEPS {
                cur.work(Work::Delay, delay_ns(actor, step));
            }
        });
    }
    let began = Instant::now();
    let counts = sim.run().policy.counts();
    assert!(counts.dispatches + counts.in_place >= actors * rounds * STEPS);
    began.elapsed()
}

/// Runs our engine with all observers of a cell, and a lock after every wait.
fn checked(actors: u64, rounds: u64) -> Duration {
    let world = moving::world(Protocol::parse("transactional").expect("known"), 1, 0);
    let time = Time::new(actors as u32, Costs::default(), u64::MAX >> 1);
    let watch = Watch::new(world, 0);
    let mut sim = Sim::new(time, watch, Injector::new(FaultPlan::default(), 1));
    for actor in 0..actors {
        sim.spawn(move |cur| {
            cur.emit(Event::Start(Who::Mover(actor as u32)));
            let lock = Mutex::new(Class::CgroupMutex, actor as u32, 0);
            for turn in 0..rounds * STEPS / 3 {
                cur.work(Work::Delay, delay_ns(actor, turn));
                *lock.lock(cur) += 1;
            }
        });
    }
    let began = Instant::now();
    let finished = sim.run();
    let took = began.elapsed();
    let locks = finished.observer.locks.row(Class::CgroupMutex, Mode::Exclusive);
    assert_eq!(locks.hold.histogram.len(), actors * rounds * STEPS / 3);
    let counts = finished.policy.counts();
    // Hardly any step goes on in place: other actors are due before.
    assert!(counts.dispatches > actors * rounds * STEPS * 9 / 10, "{counts:?}");
    took
}

/// Returns the scenario, shortened.
fn steady() -> (Scenario, CellPlan) {
    let text = built_in::find("steady").expect("built in");
    let overrides = Overrides { duration: Some("5ms".to_owned()), ..Overrides::default() };
    let files = workloads::Folder::new(std::path::Path::new("."));
    let scenario = Scenario::parse_with("steady", text, &overrides, &files).expect("reads");
    let plan = CellPlan::all(&scenario).into_iter().next().expect("a cell");
    (scenario, plan)
}

/// Measures the wall time of a number of cells.
fn cells<T>(cell: impl Fn() -> T) -> impl Fn(u64) -> Duration {
    move |rounds| {
        let began = Instant::now();
        (0..rounds).for_each(|_| drop(black_box(cell())));
        began.elapsed()
    }
}

fn main() {
    let mut criterion = shared::criterion();
    let mut group = criterion.benchmark_group("engine");
    let (scenario, plan) = steady();
    let cell = || run_cell(&scenario, &plan, &Costs::default());
    let counted = cell();
    let dispatches = counted.cell.sim.map_or(0, |sim| sim.dispatches);
    group.throughput(Throughput::Elements(dispatches));
    group.bench_function("cell/steady", |bench| bench.iter(cell));
    for actors in ACTORS {
        group.throughput(Throughput::Elements(actors * STEPS));
        for (name, run) in ROWS {
            let id = BenchmarkId::new(name, format!("actors={actors}"));
            group.bench_function(id, |bench| bench.iter_custom(|rounds| run(actors, rounds)));
        }
    }
    group.finish();
    let steps = dispatches + counted.in_place;
    for (each, count) in [("dispatch", dispatches), ("step, in place or not", steps)] {
        let name = format!("engine: cell compared with bare, for each {each}");
        shared::compare_times(&name, 10, cells(&cell), |rounds| {
            bare(ACTORS[0], (rounds * count).div_ceil(ACTORS[0] * STEPS))
        });
    }
    for actors in ACTORS {
        let rounds = 200_000 / (actors * STEPS) + 1;
        for (mine, ours) in &ROWS[..2] {
            for (other, theirs) in &ROWS[2..] {
                let name = format!("engine: {mine} compared with {other}, actors={actors}");
                shared::compare_times(
                    &name,
                    rounds,
                    |rounds| ours(actors, rounds),
                    |rounds| theirs(actors, rounds),
                );
            }
        }
    }
    criterion.final_summary();
}
