//! The smallest run that attaches: a process, two cgroups with memrlimit, memory and cpuset, and a mover.
use model::kernel::{CgroupId, Controller, HierarchyId};
use model::locks::held::HeldTable;
use model::locks::stats::LockStats;
use model::paths::attach::Request;
use model::protocols::{Protocol, attach};
use model::seam::event::{Outcome, Target};
use model::seam::{Current, Event, Observer, Stamp};
use model::world::{CgroupSpec, ProcessSpec, World, WorldOptions, WorldSpec};
use std::sync::Arc;

/// The names of the protocols, as `--protocol` takes them.
pub(crate) const PROTOCOLS: [&str; 4] =
    ["three-phase", "transactional", "prepare-undo", "prepare-undo:hold=locks"];

/// Returns a world for `protocol`, with a process in `a` and an empty `b`. The process has `threads` threads, `pages` touched pages,
/// and as many pages that are mapped but not touched.
pub(crate) fn world(protocol: Protocol, threads: usize, pages: u64) -> Arc<World> {
    let cgroup = |name: &str| CgroupSpec {
        name: name.to_owned(),
        hierarchy: HierarchyId(0),
        limits: vec![],
        cpus: None,
        frozen: false,
    };
    let process = ProcessSpec {
        name: "p".to_owned(),
        cgroups: vec![CgroupId(0); threads],
        vm_pages: 2 * pages,
        rss_pages: pages,
        packets: 0,
        elsewhere: vec![],
    };
    let spec = WorldSpec {
        hierarchy_names: vec![],
        cpus: 4,
        hierarchies: vec![vec![Controller::Memrlimit, Controller::Memory, Controller::Cpuset]],
        cgroups: vec![cgroup("a"), cgroup("b")],
        processes: vec![process],
        options: WorldOptions::default(),
        late: vec![],
        threadgroup: protocol.threadgroup(),
        keeps_ids: false,
    };
    World::new(spec).expect("a good spec")
}

/// Moves `target` to and fro `attaches` times in all, starting from `a`.
pub(crate) fn to_and_fro<C: Current>(
    cur: &C,
    world: &World,
    (protocol, target): (Protocol, Target),
    attaches: u64,
) {
    for turn in 0..attaches {
        let dest = CgroupId(1 - (turn % 2) as u32);
        let request = Request { target, dest, due_ns: None };
        assert_eq!(attach(protocol, cur, world, &request), Outcome::Moved);
    }
}

/// An observer with lock statistics, as every cell has them, and nothing else.
#[derive(Default)]
pub(crate) struct Statistics {
    held: HeldTable,
    stats: LockStats,
}

impl Observer for Statistics {
    fn observe(&mut self, stamp: Stamp, event: &Event) {
        self.stats.observe(&mut self.held, stamp, event);
    }
}
