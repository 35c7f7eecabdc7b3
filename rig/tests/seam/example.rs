//! The litmus example of the design, `charge-between-switch-and-attach`, written over any `Current`.
//!
//! A process of ten pages is moved from `a` to `b`, which has room for a hundred, while its only thread maps five.
use rig::engine::Current;
use rig::engine::event::{Outcome, Target};
use rig::kernel::{CgroupId, Controller, CssSetId, HierarchyId, ProcessId, TaskId};
use rig::paths::attach::Request;
use rig::paths::mm::mmap;
use rig::protocols::{Protocol, attach};
use rig::world::{CgroupSpec, Mm, ProcessSpec, World, WorldSpec};
use std::sync::Arc;

/// Where the process starts.
pub(crate) const A: CgroupId = CgroupId(0);
/// Where it is moved to.
pub(crate) const B: CgroupId = CgroupId(1);
/// The process.
pub(crate) const P: ProcessId = ProcessId(0);
/// Its thread.
pub(crate) const P_0: TaskId = TaskId(0);

/// A fresh world with those controllers in one hierarchy.
pub(crate) fn world(controllers: &[Controller]) -> Arc<World> {
    let cgroup = |name: &str, limits| CgroupSpec {
        name: name.to_owned(),
        hierarchy: HierarchyId(0),
        limits,
        cpus: None,
    };
    let spec = WorldSpec {
        cpus: 2,
        hierarchies: vec![controllers.to_vec()],
        cgroups: vec![cgroup("a", vec![]), cgroup("b", vec![(Controller::Memrlimit, 100)])],
        processes: vec![ProcessSpec { name: "p".to_owned(), cgroups: vec![A], vm_pages: 10, rss_pages: 0 }],
        ..WorldSpec::default()
    };
    Arc::new(World::new(spec).expect("the example is valid"))
}

/// The actor `mover`: `attach process p -> dest`.
pub(crate) fn mover<C: Current>(cur: &C, world: &World, protocol: Protocol, dest: CgroupId) -> Outcome {
    attach(protocol, cur, world, &Request { target: Target::Process(P), dest, due_ns: None })
}

/// The actor `p.0`: `mmap 5`.
pub(crate) fn mapper<C: Current>(cur: &C, world: &World) {
    mmap(cur, world, P_0, 5).expect("there is room");
}

/// The protocol of that name.
pub(crate) fn protocol(name: &str) -> Protocol {
    Protocol::parse(name).expect(name)
}

/// What is charged to `cgroup`, at a moment when nobody runs.
pub(crate) fn usage(world: &World, controller: Controller, cgroup: CgroupId) -> u64 {
    world.counter(controller, cgroup).quiet(|counter| counter.usage)
}

/// The address space of the process.
pub(crate) fn mm(world: &World) -> &Mm {
    world.mms.get(world.process(P).mm.peek() as u32)
}

/// Where the thread sits.
pub(crate) fn place(world: &World) -> CgroupId {
    CssSetId(world.task(P_0).cgroups.peek()).cgroup(HierarchyId(0))
}

/// The state at the end, as the explorer prints it.
pub(crate) fn state(world: &World) -> String {
    let of = |cgroup| usage(world, Controller::Memrlimit, cgroup);
    let name = &*world.cgroup(place(world)).name;
    format!("a.memrlimit={} b.memrlimit={} p.0@{name}", of(A), of(B))
}
