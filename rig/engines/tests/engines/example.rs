//! The litmus example of the design, `charge-between-switch-and-attach`, written over any `Current`.
//!
//! A process of ten pages is moved from `a` to `b`, which has room for a hundred, while its only thread maps five.
use model::kernel::{CgroupId, Controller, CpuMask, CssSetId, HierarchyId, MmId, ProcessId, TaskId};
use model::paths::attach::Request;
use model::paths::mm::mmap;
use model::protocols::{Protocol, attach};
use model::seam::Current;
use model::seam::event::{Outcome, Target};
use model::world::{CgroupSpec, Mm, ProcessSpec, World, WorldSpec};
use std::sync::Arc;

/// The cgroup where the process starts.
pub(crate) const A: CgroupId = CgroupId(0);
/// The cgroup to which it is moved.
pub(crate) const B: CgroupId = CgroupId(1);
/// The only hierarchy.
pub(crate) const HIERARCHY: HierarchyId = HierarchyId(0);
/// The process.
const P: ProcessId = ProcessId(0);
/// The only thread of the process.
pub(crate) const P_0: TaskId = TaskId(0);

/// Fifteen pages are charged where the process is.
pub(crate) const ONCE: &str = "a.memrlimit=0 b.memrlimit=15 p.0@b";
/// The charges between the switch and attach() are repeated by attach().
const TWICE: &str = "a.memrlimit=0 b.memrlimit=20 p.0@b";
/// The charges between prepare and the switch stay where they were, for attached() moves only those that prepare saw.
const STALE: &str = "a.memrlimit=5 b.memrlimit=10 p.0@b";

/// The final states of the example, by protocol.
pub(crate) const FINAL_STATES: [(&str, &[&str]); 4] = [
    ("three-phase:threadgroup=process", &[ONCE, TWICE]),
    ("transactional", &[ONCE]),
    ("prepare-undo:hold=locks", &[ONCE]),
    ("prepare-undo", &[ONCE, STALE]),
];

/// Returns the world of the example.
pub(crate) fn spec() -> WorldSpec {
    let cgroup = |name: &str, limits, cpu| CgroupSpec {
        name: name.to_owned(),
        hierarchy: HIERARCHY,
        limits,
        cpus: Some(CpuMask::from_list(&[cpu])),
        frozen: false,
    };
    let process = ProcessSpec {
        name: "p".to_owned(),
        cgroups: vec![A],
        vm_pages: 10,
        rss_pages: 0,
        packets: 0,
        elsewhere: vec![],
    };
    WorldSpec {
        cpus: 2,
        hierarchies: vec![vec![Controller::Memrlimit]],
        cgroups: vec![cgroup("a", vec![], 0), cgroup("b", vec![(Controller::Memrlimit, 100)], 1)],
        processes: vec![process],
        ..WorldSpec::default()
    }
}

/// Returns the example with `controllers` mounted together, and without limits.
pub(crate) fn roomy(controllers: &[Controller]) -> WorldSpec {
    let mut spec = WorldSpec { hierarchies: vec![controllers.to_vec()], ..spec() };
    spec.cgroups[B.index()].limits.clear();
    spec
}

/// Returns a fresh world.
pub(crate) fn world(spec: WorldSpec) -> Arc<World> {
    World::new(spec).expect("the example is valid")
}

/// Returns the protocol of that name.
pub(crate) fn protocol(name: &str) -> Protocol {
    Protocol::parse(name).expect(name)
}

/// Returns the request `attach process p -> dest`.
pub(crate) fn request(dest: CgroupId) -> Request {
    Request { target: Target::Process(P), dest, due_ns: None }
}

/// Runs the actor `mover`: `attach process p -> dest`.
pub(crate) fn mover<C: Current>(cur: &C, world: &World, protocol: Protocol, dest: CgroupId) {
    assert_eq!(attach(protocol, cur, world, &request(dest)), Outcome::Moved, "there is room");
}

/// Runs the actor `p.0`: `mmap 5`.
pub(crate) fn mapper<C: Current>(cur: &C, world: &World) {
    mmap(cur, world, P_0, 5).expect("there is room");
}

/// Returns the charges of `cgroup`, at a moment when no actor runs.
pub(crate) fn usage(world: &World, controller: Controller, cgroup: CgroupId) -> u64 {
    world.counter(controller, cgroup).quiet(|counter| counter.usage)
}

/// Returns the address space of the process.
pub(crate) fn mm(world: &World) -> &Mm {
    world.mm(MmId::from_word(world.process(P).mm.peek()))
}

/// Returns the cgroup of the thread.
pub(crate) fn place(world: &World) -> CgroupId {
    CssSetId(world.task(P_0).cgroups.peek()).cgroup(HIERARCHY)
}

/// Returns the state at the end, as the explorer is to print it.
pub(crate) fn state(world: &World) -> String {
    let [a, b] = [A, B].map(|cgroup| usage(world, Controller::Memrlimit, cgroup));
    format!("a.memrlimit={a} b.memrlimit={b} p.0@{}", *world.cgroup(place(world)).name)
}
