//! Flags of what looks at results: `report`, `compare`, `baseline`, `gate`.
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Where baselines lie when nobody says otherwise.
const BASELINES: &str = "reports/baselines";

#[derive(Debug, Args)]
pub(crate) struct GateFlags {
    /// The gates, as TOML; reports/gates/default.toml is an example with everything that may stand there.
    #[arg(value_name = "GATES.toml")]
    pub(crate) gates: PathBuf,
    /// A folder that `run`, `linux` or `vm` has written, or its run.json.
    #[arg(value_name = "DIR", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// What `max-increase`, `max-ratio` and `change` compare with: NAME is a stored baseline, a path to an earlier run has a
    /// slash, such as ./NAME. Gates with `against` need none.
    #[arg(long, value_name = "NAME|DIR|FILE", conflicts_with = "paired")]
    pub(crate) baseline: Option<PathBuf>,
    /// Where stored baselines lie.
    #[arg(long, value_name = "DIR", default_value = BASELINES)]
    pub(crate) baselines: PathBuf,
    /// The results were made in turn, A B B A, in this order: B is judged beside A. The way to judge wall-clock times.
    #[arg(long)]
    pub(crate) paired: bool,
    /// Write the report of the run with its gates to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Prove the gates: the run against itself passes each, and figures that are 20 % worse fail each.
    #[arg(long)]
    pub(crate) self_test: bool,
    /// Write the outcome to this file as well, as JUnit XML: a suite per gate, a case per protocol and point.
    #[arg(long, value_name = "FILE", conflicts_with = "self_test")]
    pub(crate) junit: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CompareFlags {
    /// Folders that `run`, `linux` or `vm` have written, files run.json, or baselines by their names. Each is compared with the
    /// first; of one alone, its protocols are.
    #[arg(value_name = "RESULT")]
    pub(crate) results: Vec<PathBuf>,
    /// The results were made in turn, A B B A, in this order: the way to compare wall-clock times.
    #[arg(long, conflicts_with_all = ["baseline", "against"])]
    pub(crate) paired: bool,
    /// Compare with this baseline: NAME is a stored one, a path has a slash, such as ./NAME.
    #[arg(long, value_name = "NAME|DIR|FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Of one result: the protocol with which the others are compared; the first when absent.
    #[arg(long, value_name = "P")]
    pub(crate) against: Option<String>,
    /// Keep the figures of the last result as a baseline; what changes is printed.
    #[arg(long, value_name = "NAME")]
    pub(crate) save_baseline: Option<String>,
    /// Where baselines lie.
    #[arg(long, value_name = "DIR", default_value = BASELINES)]
    pub(crate) baselines: PathBuf,
    /// Also print the figures that are the same.
    #[arg(long)]
    pub(crate) all: bool,
    /// Instead: the figures of every run below this folder over time.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["results", "paired", "baseline", "against", "save_baseline"])]
    pub(crate) history: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct BaselineFlags {
    #[command(subcommand)]
    pub(crate) what: BaselineWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BaselineWhat {
    /// Keep the figures of a result under a name, and print each that changes by that.
    Update {
        /// Its name.
        name: String,
        /// A folder that `run` has written, or its run.json.
        #[arg(value_name = "RESULT")]
        result: PathBuf,
        /// Where baselines lie.
        #[arg(long, value_name = "DIR", default_value = BASELINES)]
        baselines: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ReportFlags {
    /// A folder that `run`, `linux` or `vm` has written. Several make one page, on which a scenario that was both simulated
    /// and measured stands side by side; the table of each is printed.
    #[arg(value_name = "DIR", required = true, num_args = 1..=reports::html::MAX_RUNS)]
    pub(crate) dirs: Vec<PathBuf>,
    /// Write the page to this file, replacing it. Default: DIR/report.html, and with several folders report.html in the
    /// current one. With a --format other than text the default is left out where it cannot be written.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// What stdout carries. Other than text for one DIR only.
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) format: Format,
}

/// Forms of a result on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// The table.
    Text,
    /// The run as in run.json.
    Json,
    /// One row per figure.
    Csv,
    /// HdrHistogram's percentiles of each latency series, in µs.
    Hgrm,
    /// HdrHistogram's log (V2): every distribution in full, in ns.
    Hlog,
    /// The verdict and one table, as for the page of a job on GitHub; where $GITHUB_STEP_SUMMARY names one it goes there
    /// as well, whatever the format.
    Markdown,
    /// JUnit XML: a suite per protocol, a case per invariant and point.
    Junit,
    /// Bencher Metric Format, for `bencher run --adapter json`; also called bencher.
    #[value(alias = "bencher")]
    Bmf,
    /// For github-action-benchmark, with `tool: customSmallerIsBetter`; also called github-action-benchmark.
    #[value(alias = "github-action-benchmark")]
    Gab,
    /// The attaches that the run keeps step by step, as a Chrome trace for ui.perfetto.dev and chrome://tracing.
    ChromeTrace,
}
