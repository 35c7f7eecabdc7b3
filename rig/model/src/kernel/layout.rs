//! The layout, which does not change during a run, and snapshots of everything at a quiescent moment. Checks reach the
//! modelled kernel only through these two.
use super::page::PageRecords;
use super::{CgroupId, Controller, CssSetId, HierarchyId, MaskId, MmId, TaskId, Threadgroup};

/// A cgroup's place in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The path below the root.
    pub name: String,
    /// The hierarchy.
    pub hierarchy: HierarchyId,
    /// The parent; `None` if that is the root.
    pub parent: Option<CgroupId>,
    /// The limits in the controllers' units, by controller; [`UNLIMITED`](super::counter::UNLIMITED) if there is none.
    pub limits: [u64; Controller::COUNT],
    /// The mask of its cpuset at the start.
    pub cpus: MaskId,
    /// True if it is the root of its hierarchy, which has no counters.
    pub root: bool,
}

/// Hierarchies and cgroups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The controllers of each hierarchy.
    pub hierarchies: Vec<Vec<Controller>>,
    /// The controllers that count nothing until they are adopted.
    pub late: Vec<Controller>,
    /// Cgroups, by id.
    pub cgroups: Vec<Node>,
    /// The lock of an attach against fork, exit and exec.
    pub threadgroup: Threadgroup,
}

impl Layout {
    /// Returns the hierarchy where `controller` is mounted.
    #[must_use]
    pub fn hierarchy_of(&self, controller: Controller) -> Option<HierarchyId> {
        let at = self.hierarchies.iter().position(|mounted| mounted.contains(&controller))?;
        Some(HierarchyId(at as u32))
    }

    /// Returns `cgroup` and its ancestors, up to the one below the root.
    pub fn upward(&self, cgroup: CgroupId) -> impl Iterator<Item = CgroupId> + '_ {
        std::iter::successors(Some(cgroup), |id| self.cgroups[id.index()].parent)
    }

    /// Returns `cgroup` and its ancestors below `until`. If that is [`CgroupId::NONE`], all that count.
    pub fn charged(&self, cgroup: CgroupId, until: CgroupId) -> impl Iterator<Item = CgroupId> + '_ {
        self.upward(cgroup).take_while(move |level| *level != until)
    }

    /// Returns (controller, cgroup) for every cgroup and every controller mounted in its hierarchy. A root has no limit
    /// and is not counted, except for cpuset: its tasks have the mask of its CPUs.
    pub fn counters(&self) -> impl Iterator<Item = (Controller, CgroupId)> + '_ {
        self.cgroups.iter().enumerate().flat_map(|(at, node)| {
            let mounted = self.hierarchies[node.hierarchy.index()].iter().copied();
            let here = mounted.filter(|controller| !node.root || *controller == Controller::Cpuset);
            here.map(move |controller| (controller, CgroupId(at as u32)))
        })
    }
}

/// A live thread at a quiescent moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskView {
    /// The thread.
    pub task: TaskId,
    /// The cgroups.
    pub css: CssSetId,
    /// The CPU mask.
    pub mask: MaskId,
}

/// An address space at a quiescent moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MmView {
    /// The address space.
    pub mm: MmId,
    /// The size in pages.
    pub total_vm: u64,
    /// The cgroups of its owner.
    pub owner: CssSetId,
    /// The records of its touched pages.
    pub records: PageRecords,
    /// The packets in its receive queue.
    pub packets: u64,
}

/// The state at a quiescent moment: no operation and no transaction is in flight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Live threads, by process and age.
    pub tasks: Vec<TaskView>,
    /// Address spaces in use, by id.
    pub mms: Vec<MmView>,
    /// (controller, cgroup, usage in pages) of every counter.
    pub usage: Vec<(Controller, CgroupId, u64)>,
}
