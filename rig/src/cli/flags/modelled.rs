//! Flags of the commands that run modelled kernels (`run`, `explore`, `replay`, `selftest`), and of `calibrate`, which
//! measures their costs.
use super::request::Request;
use super::{JsonTo, OutputFlags, seconds};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct ExploreFlags {
    /// Run these tests: names of built-in litmus tests (see `list litmus`), TOML files, or folders of TOML files.
    /// Default: all built-in tests, in short; --verbose prints every result.
    #[arg(value_name = "TEST")]
    pub(crate) tests: Vec<String>,
    /// Run under this protocol, with options after a colon; may be repeated. Default: every protocol the test has
    /// expectations for. A protocol that the test does not mention is expected to keep every invariant.
    #[arg(long = "protocol", value_name = "P")]
    pub(crate) protocols: Vec<String>,
    /// Choose schedules by this policy: exhaustive (one for each trace), random, pct:D, switches:N (all with at most N
    /// preemptions), depth-first (all).
    #[arg(long, value_name = "NAME", default_value = "exhaustive")]
    pub(crate) policy: String,
    /// Limit the schedules of each test under each protocol. Default: 4,000,000.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) schedules: Option<u64>,
    /// Limit the steps of each schedule. Default: 100,000.
    #[arg(long, value_name = "N")]
    pub(crate) steps: Option<usize>,
    /// Time limit per test and protocol, in seconds, or with a unit, such as 5m.
    #[arg(long, value_name = "T", default_value = "60", value_parser = seconds)]
    pub(crate) seconds: Duration,
    /// Seed of random schedules.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Number of workers per search, at most four per CPU. Default: one per CPU. The states and counts found do not
    /// depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Write all results to this file as JSON as well; with `-` to stdout, and the text to stderr.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<JsonTo>,
    /// Save schedules that violate an expectation to this folder, which only one command may use at a time. Default:
    /// target/attach-rig/explore/TIME.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Do not search for a shorter program and schedule with the same failure.
    #[arg(long)]
    pub(crate) no_shrink: bool,
    /// Time limit for shrinking, in seconds, or with a unit.
    #[arg(long, value_name = "T", default_value = "10", value_parser = seconds)]
    pub(crate) shrink_seconds: Duration,
    /// Run every search twice; exit with 6 if the results differ.
    #[arg(long)]
    pub(crate) check_determinism: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayFlags {
    /// Schedule to repeat: a token that `explore` printed, or a file that it saved.
    #[arg(value_name = "TOKEN|FILE")]
    pub(crate) schedule: String,
    /// Write the schedule to this file as a Chrome trace, with a track for each actor and for each lock and its holder.
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SelftestFlags {
    /// Number of seeds for each mutant.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
    /// Run this many random scenarios instead of the mutants.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) random: Option<u64>,
    /// Protocol of the random scenarios. Only transactional is expected to keep every invariant in all of them.
    #[arg(long, value_name = "P", default_value = "transactional")]
    pub(crate) protocol: String,
    /// Instead of the mutants, let each prepare position fail once on its own, for every set of controllers in every
    /// mode.
    #[arg(long, conflicts_with = "random")]
    pub(crate) positions: bool,
    /// Print the random scenario of --seed, for `run`, and do nothing else.
    #[arg(long)]
    pub(crate) print: bool,
    /// First seed of the random scenarios.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Number of workers, at most four per CPU. Default: one per CPU.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Write the outcome of each mutant to this file as JSON as well; with `-` to stdout, and the text to stderr.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["random", "positions", "print"])]
    pub(crate) json: Option<JsonTo>,
}

#[derive(Debug, Args)]
pub(crate) struct RunFlags {
    #[command(flatten)]
    pub(crate) request: Request,
    /// With the value `all`: instead of the matrix, let each prepare position fail once on its own and report what that
    /// leaves behind. This is one run per position, so give a short --duration.
    #[arg(long, value_name = "all")]
    pub(crate) fail_nth: Option<String>,
    /// Number of cells to run in parallel, at most four per CPU. Default: one per CPU. The results do not depend on it.
    /// On threads, cells always run one at a time.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

#[derive(Debug, Args)]
pub(crate) struct CalibrateFlags {
    /// Write the table to this file, replacing it.
    #[arg(long, value_name = "FILE", default_value = "costs.toml")]
    pub(crate) out: PathBuf,
    /// Measure everything this many times, and take the trials together. More rounds are needed where trials disagree
    /// because the machine is disturbed now and then.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) rounds: u32,
}
