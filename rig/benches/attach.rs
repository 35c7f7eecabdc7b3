//! The cost of one attach: of simulating it (`attach/sim`), and on OS threads (`attach/threads`).
//!
//! A mover moves one process, or its leader alone, to and fro between two cgroups with memrlimit, memory and cpuset.
//! No other actor is at work. Axes: protocol, mode of the move, threads of the process, pages touched. `cargo bench
//! --bench attach`.
//!
//! | group | figure | caution |
//! |---|---|---|
//! | `attach/sim` | wall ns that the simulator needs for one attach, all checks and statistics on | it does not show how fast a protocol is: that is the virtual time of `attach-rig run` |
//! | `attach/threads` | wall ns of one attach by the machine's clock, with lock statistics | locks, lists and callbacks are real; work on pages burns what the table of costs says |
//!
//! Never compare a row of one group with a row of the other.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]
#[path = "shared/mod.rs"]
mod shared;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion};
use engines::sim::Sim;
use engines::sim::time::Time;
use engines::threads::{Setting, Threads};
use faults::{FaultPlan, Injector};
use model::kernel::{ProcessId, TaskId};
use model::protocols::Protocol;
use model::seam::event::{Target, Who};
use model::seam::{Costs, Current, End, Event};
use model::world::World;
use rig::driver::observer::Watch;
use shared::moving::{self, PROTOCOLS, Statistics};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// The sizes measured, as (threads, pages).
const SIZES: [(usize, u64); 3] = [(1, 0), (64, 0), (1, 4096)];
/// The number of attaches of one size, from whose times a slope is taken, and the number of repetitions; second those
/// of a smoke test.
const ATTACHES: [(u64, u64); 2] = [(20, 3), (2, 1)];
/// The virtual or machine ns after which a run would be given up: never.
const NEVER_NS: u64 = u64::MAX >> 1;

/// One point of the axes.
#[derive(Clone, Copy)]
struct Point {
    protocol: Protocol,
    target: Target,
    threads: usize,
    pages: u64,
}

/// The time that some attaches took.
#[derive(Clone, Copy)]
struct Took {
    /// The time by the machine's clock.
    wall: Duration,
    /// The time by the engine's clock, which is virtual in the simulator.
    engine_ns: u64,
}

impl Point {
    fn mover<C: Current>(self, cur: &C, world: &World, attaches: u64) -> Took {
        cur.emit(Event::Start(Who::Mover(0)));
        let (began, began_ns) = (Instant::now(), cur.now());
        moving::to_and_fro(cur, world, (self.protocol, self.target), attaches);
        Took { wall: began.elapsed(), engine_ns: cur.now() - began_ns }
    }
}

fn sim(point: Point, attaches: u64) -> Took {
    let world = moving::world(point.protocol, point.threads, point.pages);
    let time = Time::new(2, Costs::default(), NEVER_NS);
    let watch = Watch::new(Arc::clone(&world), 0);
    let mut sim = Sim::new(time, watch, Injector::new(FaultPlan::default(), 1));
    let (sender, receiver) = mpsc::channel();
    sim.spawn(move |cur| sender.send(point.mover(cur, &world, attaches)).expect("awaited"));
    assert_eq!(sim.run().end, End::Done);
    receiver.recv().expect("the mover has ended")
}

fn threads(point: Point, attaches: u64) -> Took {
    let world = moving::world(point.protocol, point.threads, point.pages);
    let mut threads = Threads::<Statistics>::new(Setting {
        costs: Costs::default(),
        injector: Injector::new(FaultPlan::default(), 1),
        give_up_ns: NEVER_NS,
        rest_every_ns: 0,
        real_pages: false,
        listener: Box::new(Statistics::default),
    });
    let (sender, receiver) = mpsc::channel();
    threads.spawn(move |cur| sender.send(point.mover(cur, &world, attaches)).expect("awaited"));
    assert_eq!(threads.run(|_| {}).expect("there is a thread").end, End::Done);
    receiver.recv().expect("the mover has ended")
}

/// Returns every protocol, moving a process and moving its leader alone.
fn moves() -> impl Iterator<Item = (&'static str, &'static str, Point)> {
    PROTOCOLS.into_iter().flat_map(|name| {
        let protocol = Protocol::parse(name).expect("known");
        let modes = [("process", Target::Process(ProcessId(0))), ("thread", Target::Thread(TaskId(0)))];
        modes.map(|(mode, target)| (name, mode, Point { protocol, target, threads: 1, pages: 0 }))
    })
}

fn points(group: &mut BenchmarkGroup<'_, WallTime>, run: fn(Point, u64) -> Took) {
    for (name, mode, point) in moves() {
        for (threads, pages) in SIZES {
            let point = Point { threads, pages, ..point };
            let id = BenchmarkId::new(name, format!("{mode}/threads={threads}/pages={pages}"));
            group.bench_function(id, |bench| bench.iter_custom(|attaches| run(point, attaches).wall));
        }
    }
}

/// Prints the growth of an attach for each further thread and each further page, in ns of `clock`.
fn slopes(engine: &str, what: &str, run: impl Fn(Point, u64) -> Took, clock: impl Fn(Took) -> f64) {
    for (name, mode, point) in moves() {
        let title = format!("attach/{engine}/{name}/{mode}: growth");
        if !shared::wanted(&title) {
            continue;
        }
        let (attaches, times) = ATTACHES[usize::from(!shared::full())];
        let attach_ns = |(threads, pages)| {
            let run = || clock(run(Point { threads, pages, ..point }, attaches)) / attaches as f64;
            // The fastest of several: the others were disturbed.
            (0..times).map(|_| run()).fold(f64::INFINITY, f64::min)
        };
        let [least, threads, pages] = SIZES.map(attach_ns);
        let each_thread = (threads - least) / (SIZES[1].0 - SIZES[0].0) as f64;
        let each_page = (pages - least) / (SIZES[2].1 - SIZES[0].1) as f64;
        println!("{title}: {each_thread:.1} {what} ns a thread, {each_page:.2} {what} ns a page");
    }
}

fn engine_ns(took: Took) -> f64 {
    took.engine_ns as f64
}

fn wall_ns(took: Took) -> f64 {
    took.wall.as_nanos() as f64
}

fn main() {
    let mut criterion: Criterion = shared::criterion();
    for (engine, run) in [("sim", sim as fn(Point, u64) -> Took), ("threads", threads)] {
        let mut group = criterion.benchmark_group(format!("attach/{engine}"));
        points(&mut group, run);
        group.finish();
    }
    slopes("sim", "virtual", sim, engine_ns);
    slopes("sim", "wall", sim, wall_ns);
    slopes("threads", "wall", threads, wall_ns);
    criterion.final_summary();
}
