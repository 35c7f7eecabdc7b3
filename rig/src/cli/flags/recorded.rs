//! Flags of the commands that make and read recordings of real programs: `recording`, `record`.
use super::{JsonTo, kernel_time};
use clap::Args;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct RecordingFlags {
    /// Recordings to read: files that strace wrote, folders of `strace -ff`, or names of built-in recordings.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) names: Vec<String>,
    /// Percentage of pages to count as touched in steps of more than 256 pages. Default: 50.
    #[arg(long, value_name = "N")]
    pub(crate) touch_percent: Option<u32>,
    /// Accept recordings in which more than 20 % of the lines cannot be read.
    #[arg(long)]
    pub(crate) lenient: bool,
    /// Write the reports to this file as JSON as well; with `-` to stdout, and the text to stderr.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<JsonTo>,
}

#[derive(Debug, Args)]
pub(crate) struct RecordFlags {
    /// Write the recording to this file, compressed if its name ends in .gz, and the scenario next to it, as NAME.toml.
    /// Default: PROGRAM.strace.gz in the current folder.
    #[arg(short, long = "out", value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Record a running process with all its threads; may be repeated. SIGINT (Ctrl-C) or --duration ends the
    /// recording; the process keeps running.
    #[arg(short, long = "pid", value_name = "PID", conflicts_with = "command", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) pids: Vec<u32>,
    /// End the recording after this time, such as 10s. A program that was started here is asked to end. Default: when
    /// the program ends.
    #[arg(long, value_name = "T", value_parser = kernel_time)]
    pub(crate) duration: Option<Duration>,
    /// Program to run and record, with its arguments, after --. Each of its processes is held for 10 ms at its exit, so
    /// that its memory can be read from /proc.
    #[arg(last = true, value_name = "PROGRAM")]
    pub(crate) command: Vec<OsString>,
}
