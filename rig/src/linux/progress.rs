//! What a run tells while it is under way.
use std::time::Duration;

/// Where a run is. Told between cells only: within one it would disturb what is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The cgroups are made and the workers run.
    Ready {
        /// `v1:pids`, `v2`.
        protocol: String,
        /// Folder of the run's cgroup.
        folder: std::path::PathBuf,
        /// Pid of the first one that is moved.
        worker: u32,
    },
    /// A cell begins.
    Started {
        /// From 0.
        cell: usize,
        /// Number of cells.
        of: usize,
        /// `closed loop` or the rate.
        label: String,
        /// How long it should take.
        duration: Duration,
    },
    /// A cell has ended.
    Finished {
        /// From 0.
        cell: usize,
        /// Number of cells.
        of: usize,
        /// Successful moves.
        moved: u64,
        /// Refused ones.
        refused: u64,
    },
}
