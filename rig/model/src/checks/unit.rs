//! A unit of change: an operation or a transaction, with what it has done so far.
use crate::kernel::{CgroupId, Controller, MmId, TaskId};
use crate::seam::event::{Callback, OpKind};
use smallvec::SmallVec;

/// Net change of one counter by one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Net {
    /// Index of the counter ([`super::Shadow::index`]).
    pub index: usize,
    /// What it charged less what it uncharged; clamps count as not uncharged.
    pub charged: i64,
    /// What it changed in truth.
    pub truth: i64,
    /// The part of `charged` that a transaction has reserved.
    pub reserved: i64,
    /// What it was to uncharge and did not find there.
    pub missing: i64,
}

impl Net {
    /// What would be wrong if the unit ended now.
    #[must_use]
    pub fn imbalance(&self) -> i64 {
        self.charged - self.truth
    }
}

/// What a unit is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnitKind {
    /// Nothing in flight.
    #[default]
    None,
    /// An operation of the workload.
    Op(OpKind),
    /// A transaction to that cgroup.
    Tx(CgroupId),
}

/// A unit in flight.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// What it is.
    pub kind: UnitKind,
    /// What it has done to counters.
    pub nets: SmallVec<[Net; 8]>,
    /// Tasks whose place or mask it changed.
    pub touched: SmallVec<[TaskId; 8]>,
    /// Cpusets whose CPUs it changed.
    pub cpusets: SmallVec<[CgroupId; 2]>,
    /// Places it changed: task, from, to.
    pub moved: SmallVec<[(TaskId, CgroupId, CgroupId); 8]>,
    /// Address spaces whose charges it moves.
    pub mms: SmallVec<[MmId; 1]>,
    /// The callback that is running.
    pub callback: Option<(Controller, Callback)>,
    /// What it was told by looking: there is room for the mm, there are CPUs, nothing is frozen.
    pub admitted: SmallVec<[(Controller, CgroupId, Option<MmId>); 4]>,
}

impl Unit {
    /// Its net change of a counter.
    pub fn net(&mut self, index: usize) -> &mut Net {
        let at = self.nets.iter().position(|net| net.index == index).unwrap_or_else(|| {
            self.nets.push(Net { index, ..Net::default() });
            self.nets.len() - 1
        });
        &mut self.nets[at]
    }

    /// Forgets everything; keeps its memory.
    pub fn clear(&mut self) {
        self.kind = UnitKind::None;
        self.callback = None;
        self.nets.clear();
        self.touched.clear();
        self.moved.clear();
        self.cpusets.clear();
        self.mms.clear();
        self.admitted.clear();
    }
}
