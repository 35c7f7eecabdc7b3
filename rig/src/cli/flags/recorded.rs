//! Flags of what makes and reads recordings of real programs: `recording`, `record`.
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(in crate::cli) struct RecordingFlags {
    /// Files that strace wrote, folders of `strace -ff`, or names of built-in recordings.
    #[arg(value_name = "FILE", required = true)]
    pub(in crate::cli) names: Vec<String>,
    /// Touched share of steps of more than 256 pages, in percent. Default: 50.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) touch_percent: Option<u32>,
    /// Accept recordings of which more than 20 % of the lines are not understood.
    #[arg(long)]
    pub(in crate::cli) lenient: bool,
    /// Write the reports to this file as well.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) json: Option<PathBuf>,
}
