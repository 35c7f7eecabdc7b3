//! What does not change during a run, and what everything looked like at one quiet moment: for checks, which reach the
//! modelled kernel in no other way.
use super::page::PageRecords;
use super::{CgroupId, Controller, CssSetId, HierarchyId, MaskId, MmId, TaskId};

/// A cgroup's place in the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its path below the root.
    pub name: String,
    /// Its hierarchy.
    pub hierarchy: HierarchyId,
    /// Its parent, if that is not the root.
    pub parent: Option<CgroupId>,
    /// Its limits in pages, by controller; unlimited when above every usage.
    pub limits: [u64; Controller::COUNT],
    /// The mask of its cpuset at the start.
    pub cpus: MaskId,
    /// Whether it is the root of its hierarchy, which counts nothing.
    pub root: bool,
}

/// Hierarchies and cgroups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Controllers of each hierarchy.
    pub hierarchies: Vec<Vec<Controller>>,
    /// Those of them that count nothing until they are adopted.
    pub late: Vec<Controller>,
    /// Cgroups, by id.
    pub cgroups: Vec<Node>,
}

impl Layout {
    /// The hierarchy where `controller` is mounted.
    #[must_use]
    pub fn hierarchy_of(&self, controller: Controller) -> Option<HierarchyId> {
        let at = self.hierarchies.iter().position(|mounted| mounted.contains(&controller))?;
        Some(HierarchyId(at as u32))
    }

    /// Cgroup, then its ancestors up to below the root.
    pub fn upward(&self, cgroup: CgroupId) -> impl Iterator<Item = CgroupId> + '_ {
        std::iter::successors(Some(cgroup), |id| self.cgroups[id.index()].parent)
    }

    /// (controller, cgroup) for every controller mounted in the cgroup's hierarchy.
    pub fn counters(&self) -> impl Iterator<Item = (Controller, CgroupId)> + '_ {
        self.cgroups.iter().enumerate().filter(|(_, node)| !node.root).flat_map(|(at, node)| {
            let mounted = &self.hierarchies[node.hierarchy.index()];
            mounted.iter().map(move |controller| (*controller, CgroupId(at as u32)))
        })
    }
}

/// A live thread at a quiet moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskView {
    /// The thread.
    pub task: TaskId,
    /// Its cgroups.
    pub css: CssSetId,
    /// Its mask.
    pub mask: MaskId,
}

/// An address space at a quiet moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MmView {
    /// The address space.
    pub mm: MmId,
    /// Pages of address space.
    pub total_vm: u64,
    /// Cgroups of its owner.
    pub owner: CssSetId,
    /// Records of its touched pages.
    pub records: PageRecords,
}

/// Everything at a quiet moment: no operation and no transaction in flight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Live threads, by process and age.
    pub tasks: Vec<TaskView>,
    /// Address spaces in use, by id.
    pub mms: Vec<MmView>,
    /// (controller, cgroup, usage in pages) of every counter.
    pub usage: Vec<(Controller, CgroupId, u64)>,
}
