//! Flags of the commands that read results: `report`, `compare`, `baseline`, `gate`.
use super::JsonTo;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Default folder of stored baselines.
const BASELINES: &str = "reports/baselines";

#[derive(Debug, Args)]
pub(crate) struct GateFlags {
    /// Gates to check, as TOML; reports/gates/default.toml is an example with every key.
    #[arg(value_name = "GATES.toml")]
    pub(crate) gates: PathBuf,
    /// Results to check: folders that `run`, `linux` or `vm` wrote, or their run.json.
    #[arg(value_name = "DIR", required = true)]
    pub(crate) runs: Vec<PathBuf>,
    /// Compare with this baseline or run, for gates with `max-increase`, `max-ratio` or `change`. NAME is a stored
    /// baseline; a path to an earlier run needs a slash, such as ./NAME. Gates with `against` do not need it.
    #[arg(long, value_name = "NAME|DIR|FILE", conflicts_with = "paired")]
    pub(crate) baseline: Option<PathBuf>,
    /// Folder of stored baselines.
    #[arg(long, value_name = "DIR", default_value = BASELINES)]
    pub(crate) baselines: PathBuf,
    /// Take the results as measured in ABBA order, and judge B against A. Use this for wall-clock times.
    #[arg(long)]
    pub(crate) paired: bool,
    /// Write the report of the run, with its gates, to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Test the gates: the run compared with itself must pass each, and figures that are 20 % worse must fail each.
    #[arg(long)]
    pub(crate) self_test: bool,
    /// Write the outcome to this file as well, as JUnit XML with a suite per gate and a case per protocol and point.
    #[arg(long, value_name = "FILE", conflicts_with = "self_test")]
    pub(crate) junit: Option<PathBuf>,
    /// Write the outcome to this file as well, as JSON with every gate and figure; with `-` to stdout, and the text to
    /// stderr.
    #[arg(long, value_name = "FILE", conflicts_with = "self_test")]
    pub(crate) json: Option<JsonTo>,
}

#[derive(Debug, Args)]
pub(crate) struct CompareFlags {
    /// Results to compare: folders that `run`, `linux` or `vm` wrote, run.json files, or names of baselines. Each is
    /// compared with the first. Of a single result, the protocols are compared.
    #[arg(value_name = "RESULT")]
    pub(crate) results: Vec<PathBuf>,
    /// Take the results as measured in ABBA order. Use this for wall-clock times.
    #[arg(long, conflicts_with_all = ["baseline", "against"])]
    pub(crate) paired: bool,
    /// Compare with this baseline. NAME is a stored baseline; a path needs a slash, such as ./NAME.
    #[arg(long, value_name = "NAME|DIR|FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Compare the protocols of one result with this one. Default: the first.
    #[arg(long, value_name = "P")]
    pub(crate) against: Option<String>,
    /// Store the figures of the last result as a baseline, and print what changes.
    #[arg(long, value_name = "NAME")]
    pub(crate) save_baseline: Option<String>,
    /// Folder of stored baselines.
    #[arg(long, value_name = "DIR", default_value = BASELINES)]
    pub(crate) baselines: PathBuf,
    /// Print every figure, also those that are the same and those that cannot be judged.
    #[arg(long)]
    pub(crate) all: bool,
    /// Write every figure with its judgement to this file as well, as JSON: a list with an entry for each comparison. With
    /// `-` to stdout, and the text to stderr.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<JsonTo>,
    /// Instead, print the figures of every run below this folder over time.
    #[arg(
        long,
        value_name = "DIR",
        conflicts_with_all = ["results", "paired", "baseline", "against", "save_baseline", "json"]
    )]
    pub(crate) history: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct BaselineFlags {
    #[command(subcommand)]
    pub(crate) what: BaselineWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BaselineWhat {
    /// Store the figures of a result as a baseline, and print each figure that changes.
    Update {
        /// Name of the baseline.
        name: String,
        /// Result to store: a folder that `run`, `linux` or `vm` wrote, or its run.json.
        #[arg(value_name = "RESULT")]
        result: PathBuf,
        /// Folder of stored baselines.
        #[arg(long, value_name = "DIR", default_value = BASELINES)]
        baselines: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ReportFlags {
    /// Results to report on: folders that `run`, `linux` or `vm` wrote. Several make one page, which compares a
    /// scenario's simulated and measured results; the table of each is printed.
    #[arg(value_name = "DIR", required = true, num_args = 1..=reports::html::MAX_RUNS)]
    pub(crate) dirs: Vec<PathBuf>,
    /// Write the page to this file, replacing it. Default: DIR/report.html; with several folders, report.html in the
    /// current folder. With a --format other than `text`, a default file that cannot be written is skipped.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Output format on stdout. Formats other than `text` take a single DIR.
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) format: Format,
}

/// Output formats of a result on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Table for people.
    Text,
    /// The run, as in run.json.
    Json,
    /// One row per figure.
    Csv,
    /// HdrHistogram percentiles of each latency series, in µs.
    Hgrm,
    /// HdrHistogram log (V2) with every distribution in full, in ns.
    Hlog,
    /// Verdict and one table, as for the page of a job on GitHub. If $GITHUB_STEP_SUMMARY is set, that page gets it
    /// with every format.
    Markdown,
    /// JUnit XML with a suite per protocol and a case per invariant and point.
    Junit,
    /// Bencher Metric Format, for `bencher run --adapter json`; also called bencher.
    #[value(alias = "bencher")]
    Bmf,
    /// JSON for github-action-benchmark with `tool: customSmallerIsBetter`; also called github-action-benchmark.
    #[value(alias = "github-action-benchmark")]
    Gab,
    /// Attaches that the run recorded step by step, as a Chrome trace for ui.perfetto.dev and chrome://tracing.
    ChromeTrace,
}
