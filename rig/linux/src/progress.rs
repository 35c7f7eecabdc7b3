//! Reports of a run that is under way.
use reports::schema::{Cell, Note, Run, Subject};
use std::time::Duration;

/// Position of a run. Reported between cells only: a report within one would disturb the measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The cgroups are made and the workers run.
    Ready {
        /// Subject that its cells of moves measure.
        subject: Subject,
        /// Folder of the run's cgroup.
        folder: std::path::PathBuf,
        /// Pid of the first one that is moved.
        worker: u32,
    },
    /// Everything is in place, and the first cell is next.
    Asked {
        /// The run without its cells.
        run: Box<Run>,
    },
    /// A cell has ended, and this is what it measured.
    Measured {
        /// The cell.
        cell: Box<Cell>,
        /// Remarks on it, of which the run has them all in the end.
        notes: Vec<Note>,
    },
    /// A cell begins.
    Started {
        /// Number of the cell, from 0.
        cell: usize,
        /// Number of cells.
        of: usize,
        /// `closed loop` or the rate.
        label: String,
        /// Time that it should take.
        duration: Duration,
    },
    /// A cell has ended.
    Finished {
        /// Number of the cell, from 0.
        cell: usize,
        /// Number of cells.
        of: usize,
        /// Successful moves.
        moved: u64,
        /// Refused ones.
        refused: u64,
    },
}
