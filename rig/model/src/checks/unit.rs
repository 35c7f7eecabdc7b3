//! A unit of change: an operation or a transaction, with its changes so far.
use crate::kernel::{CgroupId, Controller, MmId, TaskId};
use crate::seam::Admitted;
use crate::seam::event::{Callback, OpKind};
use smallvec::SmallVec;

/// The net change of one counter by one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Net {
    /// The index of the counter ([`super::Shadow::index`]).
    pub index: usize,
    /// Charges less uncharges. The clamped part of an uncharge does not count.
    pub charged: i64,
    /// The change of the truth.
    pub truth: i64,
    /// The part of `charged` that a transaction has reserved.
    pub reserved: i64,
    /// The clamped part of its uncharges.
    pub missing: i64,
}

impl Net {
    /// Returns the drift that would remain if the unit ended now.
    #[must_use]
    pub fn imbalance(&self) -> i64 {
        self.charged - self.truth
    }
}

/// The kind of a unit.
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

/// A check that a controller made instead of reserving.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The controller.
    pub controller: Controller,
    /// The cgroup that it looked at.
    pub cgroup: CgroupId,
    /// The ancestor below which it stopped looking.
    pub until: CgroupId,
    /// The property that it found.
    pub what: Admitted,
}

/// A unit in flight.
#[derive(Clone, Debug, Default)]
pub struct Unit {
    /// The kind.
    pub kind: UnitKind,
    /// The changes of counters.
    pub nets: SmallVec<[Net; 8]>,
    /// The tasks whose place or mask it changed.
    pub touched: SmallVec<[TaskId; 8]>,
    /// The cpusets whose CPUs it changed.
    pub cpusets: SmallVec<[CgroupId; 2]>,
    /// The places it changed: task, from, to.
    pub moved: SmallVec<[(TaskId, CgroupId, CgroupId); 8]>,
    /// The address spaces whose charges it moves.
    pub mms: SmallVec<[MmId; 1]>,
    /// The callback that is running.
    pub callback: Option<(Controller, Callback)>,
    /// The checks that admitted it without reserving.
    pub admitted: SmallVec<[Admission; 4]>,
}

impl Unit {
    /// Returns its net change of a counter.
    pub fn net(&mut self, index: usize) -> &mut Net {
        let at = self.nets.iter().position(|net| net.index == index).unwrap_or_else(|| {
            self.nets.push(Net { index, ..Net::default() });
            self.nets.len() - 1
        });
        &mut self.nets[at]
    }

    /// Forgets everything, but keeps the allocated memory.
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
