//! Allocations while a simulation runs. The simulator, the attach path and lock statistics make none. The checks make
//! a known number, since they take a snapshot of the whole world whenever nothing is in flight; so do attaches of
//! more threads than their lists hold in place.
//!
//! A second test measures the memory that many threads take: the peak of the process.
//!
//! Allocations are counted by a global allocator that belongs to the test program only, on the thread that runs the
//! simulation, after a warm-up that lets every queue and histogram grow to its size. Starting an actor allocates, so
//! no actor is started while the counter runs.
#[path = "../../benches/shared/moving.rs"]
mod moving;

use allocation_counter::measure;
use engines::sim::Sim;
use engines::sim::current::SimCurrent;
use engines::sim::time::Time;
use faults::{FaultPlan, Injector};
use model::kernel::{ProcessId, TaskId};
use model::paths::{actors, mm};
use model::protocols::Protocol;
use model::seam::event::{Target, Who};
use model::seam::{Costs, Current, End, Event, Observer, Stamp};
use model::world::World;
use moving::{PROTOCOLS, Statistics, to_and_fro};
use rig::driver::observer::Watch;
use rig::driver::{CellPlan, run_cell};
use scenario::Scenario;
use std::cell::Cell;
use std::process::Command;
use std::rc::Rc;
use std::sync::Arc;

const THREADS: usize = 4;
const PAGES: u64 = 64;
/// Attaches of the warm-up: enough that histograms have seen their largest values.
const WARM_UP: u64 = 200;
const COUNTED: u64 = 100;

/// Maps, touches and unmaps until `stop` is set.
fn busy<C: Current>(cur: &C, world: &World, task: TaskId, stop: &Cell<bool>) {
    cur.emit(Event::Start(Who::Task(task)));
    assert!(actors::adopt(cur, world, task));
    while !stop.get() {
        mm::mmap(cur, world, task, 4).expect("no limit");
        mm::touch(cur, world, task, 4).expect("no limit");
        mm::munmap(cur, world, task, 4).expect("mapped");
    }
    actors::disown(cur, world, task);
}

/// Counts the allocations of [`COUNTED`] attaches, including those of `observer` and of the threads that work at the
/// same time.
fn allocations<O: Observer + 'static>(world: Arc<World>, name: &str, observer: O, threads: u32) -> u64 {
    let what = (Protocol::parse(name).expect("known"), Target::Process(ProcessId(0)));
    let time = Time::new(4, Costs::default(), u64::MAX >> 1);
    let mut sim: Sim<Time, O> = Sim::new(time, observer, Injector::new(FaultPlan::default(), 1));
    let (stop, counted) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(0)));
    for task in 0..threads {
        let (world, stop) = (Arc::clone(&world), Rc::clone(&stop));
        sim.spawn(move |cur: &SimCurrent<Time, O>| busy(cur, &world, TaskId(task), &stop));
    }
    let theirs = Rc::clone(&counted);
    sim.spawn(move |cur| {
        cur.emit(Event::Start(Who::Mover(0)));
        to_and_fro(cur, &world, what, WARM_UP);
        theirs.set(measure(|| to_and_fro(cur, &world, what, COUNTED)).count_total);
        stop.set(true);
    });
    assert_eq!(sim.run().end, End::Done);
    counted.get()
}

fn world(name: &str, threads: usize, pages: u64) -> Arc<World> {
    moving::world(Protocol::parse(name).expect("known"), threads, pages)
}

#[test]
fn attaches_and_lock_statistics_allocate_nothing() {
    for name in PROTOCOLS {
        for threads in [0, 3] {
            assert_eq!(
                allocations(world(name, THREADS, PAGES), name, Statistics::default(), threads),
                0,
                "{name}, {threads} at work"
            );
        }
    }
}

#[test]
fn an_attach_of_more_than_eight_threads_allocates_its_lists() {
    for name in PROTOCOLS {
        // Lists that double from 8 to 64: members and their pins, or three-phase's one list of the threads that it moves one
        // at a time.
        let each = if name == "three-phase" { 3 } else { 2 * 3 };
        assert_eq!(
            allocations(world(name, 64, PAGES), name, Statistics::default(), 0),
            COUNTED * each,
            "{name}"
        );
    }
}

#[test]
fn all_checks_allocate_nothing_while_others_are_at_work() {
    for name in PROTOCOLS {
        let world = world(name, THREADS, PAGES);
        let watch = Watch::new(Arc::clone(&world), 0);
        assert_eq!(allocations(world, name, watch, 3), 0, "{name}");
    }
}

#[test]
fn checks_allocate_only_snapshots_while_nothing_is_in_flight() {
    let each = measure(|| drop(world("transactional", THREADS, PAGES).snapshot())).count_total
        - measure(|| drop(world("transactional", THREADS, PAGES))).count_total;
    assert!(each > 0);
    for name in PROTOCOLS {
        // One before the attach, one after every transaction; three-phase has one for every thread.
        let snapshots = 1 + if name == "three-phase" { THREADS as u64 } else { 1 };
        let world = world(name, THREADS, PAGES);
        let watch = Watch::new(Arc::clone(&world), 0);
        assert_eq!(allocations(world, name, watch, 0), COUNTED * snapshots * each, "{name}");
    }
}

#[test]
fn the_counter_sees_what_an_observer_allocates() {
    /// Allocates at the end of every attach.
    #[derive(Default)]
    struct Boxes;
    impl Observer for Boxes {
        fn observe(&mut self, _: Stamp, event: &Event) {
            if let Event::AttachEnd { .. } = event {
                std::hint::black_box(Box::new(1_u64));
            }
        }
    }
    assert_eq!(allocations(world("transactional", THREADS, PAGES), "transactional", Boxes, 0), COUNTED);
}

/// A thousand processes of ten threads, all at work.
const CROWD: &str = r#"
name = "crowd"
about = "How much memory do ten thousand modelled threads take?"
cpus = 64
duration = "2ms"
warm-up = "0ms"
protocols = ["transactional"]

[hierarchy]
controllers = ["memrlimit", "memory", "cpuset"]

[cgroups.a]
[cgroups.b]

[[workloads]]
cgroup = "a"
shape = "mixed"
processes = 1000
threads = 10
initial_pages = 16
cap_pages = 32
move = true

[movers]
between = ["a", "b"]
"#;

/// Returns the peak memory of this process, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Runs in a process of its own, whose memory no other test has touched.
#[test]
fn ten_thousand_modelled_threads_take_less_than_a_gibibyte() {
    const ALONE: &str = "ATTACH_RIG_TEST_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let mut alone = Command::new(std::env::current_exe().expect("this program"));
        alone.args(["--exact", "allocations::ten_thousand_modelled_threads_take_less_than_a_gibibyte"]);
        let ran = alone.env(ALONE, "1").output().expect("it runs");
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let scenario =
        Scenario::parse("crowd", CROWD, &workloads::BuiltIn).unwrap_or_else(|error| panic!("{error}"));
    let before = peak_kib();
    let result = run_cell(&scenario, &CellPlan::all(&scenario)[0], &Costs::default());
    let (threads, peak) = (result.cell.sim.map_or(0, |sim| sim.threads), peak_kib());
    assert!(threads >= 10_000, "{threads}");
    // Each has at least a page of stack of its own.
    assert!(peak - before >= 4 * threads, "{before} to {peak} KiB");
    assert!(peak < 1 << 20, "{peak} KiB");
}
