//! Operations of the workload, by kind and by whether an attach overlapped them.
use model::kernel::MmId;
use model::locks::stats::LockRecorder as Series;
use model::seam::event::OpKind;

/// Latencies of one kind of operation, idle and attaching.
#[derive(Clone, Debug)]
pub(super) struct OpSeries {
    /// By condition: idle, attaching.
    pub(super) by_condition: [Series; 2],
    /// Failed operations, likewise.
    pub(super) failed: [u64; 2],
}

impl Default for OpSeries {
    fn default() -> Self {
        Self { by_condition: [Series::new(2), Series::new(2)], failed: [0; 2] }
    }
}

/// An operation under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Op {
    pub(super) kind: OpKind,
    /// The address space to which it charges.
    pub(super) mm: Option<MmId>,
    pub(super) began_ns: u64,
    /// True if an attach was under way at the start.
    pub(super) attaching: bool,
    /// Attaches begun before the operation.
    pub(super) attaches: u64,
}

/// Finished operations.
#[derive(Debug)]
pub(super) struct Ops {
    pub(super) series: Vec<OpSeries>,
    pub(super) finished: u64,
}

impl Ops {
    pub(super) fn new() -> Self {
        Self { series: OpKind::ALL.map(|_| OpSeries::default()).to_vec(), finished: 0 }
    }

    /// Adds the records of `other`.
    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.series.iter_mut().zip(&other.series) {
            for at in [0, 1] {
                mine.by_condition[at].merge(&theirs.by_condition[at]);
                mine.failed[at] += theirs.failed[at];
            }
        }
        self.finished += other.finished;
    }

    /// Counts an operation, which took `ns`, or failed.
    pub(super) fn ended(&mut self, op: &Op, attaching: bool, ns: Option<u64>) {
        self.finished += 1;
        let (series, condition) = (&mut self.series[op.kind as usize], usize::from(attaching));
        match ns {
            Some(ns) => series.by_condition[condition].record(ns),
            None => series.failed[condition] += 1,
        }
    }
}
