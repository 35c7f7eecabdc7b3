//! What one attach costs: to simulate (`attach/sim`), and on OS threads (`attach/threads`).
//!
//! A mover moves one process, or its leader alone, to and fro between two cgroups with memrlimit, memory and cpuset, and
//! nobody else is at work. Axes: protocol, what is moved, threads of the process, pages touched. `cargo bench --bench
//! attach`; the table in `shared/mod.rs` says what the other benches ask.
//!
//! | group | figure | mind |
//! |---|---|---|
//! | `attach/sim` | wall ns that the simulator needs for one attach, all checks and statistics on | nothing about how fast a protocol is: that is the virtual time of `attach-rig run` |
//! | `attach/threads` | wall ns of one attach by the machine's clock, with lock statistics | locks, lists and callbacks are real; work on pages burns what the table of costs says |
//!
//! Never compare a row of one group with a row of the other.
#[path = "shared/mod.rs"]
mod shared;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion};
use faults::{Injector, Plan};
use rig::driver::watch::Watch;
use rig::engine::event::{Outcome, Target, Who};
use rig::engine::sim::Sim;
use rig::engine::sim::time::Time;
use rig::engine::threads::{Setting, Threads};
use rig::engine::{Costs, Current, End, Event};
use rig::kernel::{CgroupId, Controller, HierarchyId, ProcessId, TaskId};
use rig::paths::attach::Request;
use rig::protocols::{Protocol, attach};
use rig::world::{CgroupSpec, Options, ProcessSpec, World, WorldSpec};
use shared::Statistics;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

const PROTOCOLS: [&str; 4] = ["three-phase", "transactional", "prepare-undo", "prepare-undo:hold=locks"];
/// (threads, pages).
const SIZES: [(usize, u64); 3] = [(1, 0), (64, 0), (1, 4096)];
/// Virtual or machine ns after which a run would be given up: never.
const NEVER_NS: u64 = u64::MAX >> 1;

/// One point of the axes.
#[derive(Clone, Copy)]
struct Point {
    protocol: Protocol,
    target: Target,
    threads: usize,
    pages: u64,
}

impl Point {
    /// A process of that size in `a`, and an empty `b`.
    fn world(self) -> Arc<World> {
        let cgroup = |name: &str| CgroupSpec {
            name: name.to_owned(),
            hierarchy: HierarchyId(0),
            limits: vec![],
            cpus: None,
            frozen: false,
        };
        let process = ProcessSpec {
            name: "p".to_owned(),
            cgroups: vec![CgroupId(0); self.threads],
            vm_pages: self.pages,
            rss_pages: self.pages,
            elsewhere: vec![],
        };
        let spec = WorldSpec {
            cpus: 2,
            hierarchies: vec![vec![Controller::Memrlimit, Controller::Memory, Controller::Cpuset]],
            cgroups: vec![cgroup("a"), cgroup("b")],
            processes: vec![process],
            options: Options::default(),
            late: vec![],
            keeps_ids: false,
        };
        World::new(spec).expect("a good spec")
    }

    /// Wall time of that many attaches.
    fn mover<C: Current>(self, cur: &C, world: &World, attaches: u64) -> Duration {
        cur.emit(Event::Start(Who::Mover(0)));
        let began = Instant::now();
        for turn in 0..attaches {
            let dest = CgroupId(1 - (turn % 2) as u32);
            let request = Request { target: self.target, dest, due_ns: None };
            assert_eq!(attach(self.protocol, cur, world, &request), Outcome::Moved);
        }
        began.elapsed()
    }
}

fn sim(point: Point, attaches: u64) -> Duration {
    let world = point.world();
    let time = Time::new(2, Costs::default(), NEVER_NS);
    let watch = Watch::new(Arc::clone(&world), 0);
    let mut sim = Sim::new(time, watch, Injector::new(Plan::default(), 1));
    let (tell, told) = mpsc::channel();
    sim.spawn(move |cur| tell.send(point.mover(cur, &world, attaches)).expect("awaited"));
    assert_eq!(sim.run().end, End::Done);
    told.recv().expect("the mover has ended")
}

fn threads(point: Point, attaches: u64) -> Duration {
    let world = point.world();
    let mut threads = Threads::<Statistics>::new(Setting {
        costs: Costs::default(),
        injector: Injector::new(Plan::default(), 1),
        give_up_ns: NEVER_NS,
        rest_every_ns: 0,
        real_pages: false,
        listener: Box::new(Statistics::default),
    });
    let (tell, told) = mpsc::channel();
    threads.spawn(move |cur| tell.send(point.mover(cur, &world, attaches)).expect("awaited"));
    assert_eq!(threads.run(|_| {}).expect("there is a thread").end, End::Done);
    told.recv().expect("the mover has ended")
}

fn points(group: &mut BenchmarkGroup<'_, WallTime>, sizes: &[(usize, u64)], run: fn(Point, u64) -> Duration) {
    for name in PROTOCOLS {
        let protocol = Protocol::parse(name).expect("known");
        for (mode, target) in
            [("process", Target::Process(ProcessId(0))), ("thread", Target::Thread(TaskId(0)))]
        {
            for (threads, pages) in sizes.iter().copied() {
                let point = Point { protocol, target, threads, pages };
                let id = BenchmarkId::new(name, format!("{mode}/threads={threads}/pages={pages}"));
                group.bench_function(id, |bench| bench.iter_custom(|attaches| run(point, attaches)));
            }
        }
    }
}

fn main() {
    let mut criterion: Criterion = shared::criterion();
    let mut group = criterion.benchmark_group("attach/sim");
    points(&mut group, &SIZES, sim);
    group.finish();
    let mut group = criterion.benchmark_group("attach/threads");
    points(&mut group, &SIZES, threads);
    group.finish();
    criterion.final_summary();
}
