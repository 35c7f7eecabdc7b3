//! Flags of what runs modelled kernels: `run`, `explore`, `replay`, `selftest`, and `calibrate`, which measures their costs.
use super::request::Request;
use super::{OutputFlags, seconds};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct ExploreFlags {
    /// Built-in litmus tests (see `list litmus`), TOML files, folders of them; all that are built in when absent.
    #[arg(value_name = "TEST")]
    pub(crate) tests: Vec<String>,
    /// Protocol, with options after a colon; may be repeated. Those of which the test expects something when absent. Of a
    /// protocol of which the test says nothing every invariant is expected to hold.
    #[arg(long = "protocol", value_name = "P")]
    pub(crate) protocols: Vec<String>,
    /// How schedules are chosen: exhaustive (one for each trace), random, pct:D, switches:N (every one with at most N
    /// switches from somebody who could have gone on), depth-first (every one).
    #[arg(long, value_name = "NAME", default_value = "exhaustive")]
    pub(crate) policy: String,
    /// Most schedules of each test under each protocol; 4,000,000 when absent.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) schedules: Option<u64>,
    /// Most steps of a schedule; 100,000 when absent.
    #[arg(long, value_name = "N")]
    pub(crate) steps: Option<usize>,
    /// Most time for each test under each protocol, in s, or with its unit, such as 5m.
    #[arg(long, value_name = "T", default_value = "60", value_parser = seconds)]
    pub(crate) seconds: Duration,
    /// Seed of random schedules.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Workers of each search, at most four for each CPU; as many as there are CPUs when absent. Changes neither states nor
    /// counts.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    /// Write everything that was found to this file as well.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Folder for schedules that violate what must hold, used by one command at a time. Default:
    /// target/attach-rig/explore/TIME.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Do not look for a shorter program and schedule that fail as well.
    #[arg(long)]
    pub(crate) no_shrink: bool,
    /// Most time for that, in s, or with its unit.
    #[arg(long, value_name = "T", default_value = "10", value_parser = seconds)]
    pub(crate) shrink_seconds: Duration,
    /// Run everything twice; exit 6 if it does not come out the same.
    #[arg(long)]
    pub(crate) check_determinism: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayFlags {
    /// A token that `explore` has printed, or a file that it has saved.
    #[arg(value_name = "TOKEN|FILE")]
    pub(crate) schedule: String,
    /// Write it as a Chrome trace as well: a track per actor, and per lock and holder.
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct SelftestFlags {
    /// Seeds of every mutant.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) seeds: u64,
    /// Instead of the mutants: this many random scenarios.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) random: Option<u64>,
    /// Protocol of the random scenarios; only transactional promises to keep everything in all of them.
    #[arg(long, value_name = "P", default_value = "transactional")]
    pub(crate) protocol: String,
    /// Instead of the mutants: every prepare position fails once, alone, with every set of controllers in every mode.
    #[arg(long, conflicts_with = "random")]
    pub(crate) positions: bool,
    /// Print the random scenario of --seed, to be kept or run by `run`, and do nothing else.
    #[arg(long)]
    pub(crate) print: bool,
    /// First seed of the random scenarios.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Number of workers, at most four for each CPU; as many as there are CPUs when absent.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct RunFlags {
    #[command(flatten)]
    pub(crate) request: Request,
    /// `all`: instead of running the matrix, let every prepare position of the scenario fail once, alone, and look at what
    /// that leaves behind. That is a run per position: give a short --duration.
    #[arg(long, value_name = "all")]
    pub(crate) fail_nth: Option<String>,
    /// Cells that run side by side, at most four for each CPU; as many as there are CPUs when absent. Does not change a byte of the result. On threads
    /// always one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,
    #[command(flatten)]
    pub(crate) output: OutputFlags,
}

#[derive(Debug, Args)]
pub(crate) struct CalibrateFlags {
    /// Where the table goes; costs.toml when absent. What is there already is replaced.
    #[arg(long, value_name = "FILE", default_value = "costs.toml")]
    pub(crate) out: PathBuf,
}
