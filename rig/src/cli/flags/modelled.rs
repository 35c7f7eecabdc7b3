//! Flags of what runs modelled kernels: `run`, `explore`, `replay`, `selftest`, and `calibrate`, which measures their costs.
use super::OutputFlags;
use crate::cli::matrix::On;
use crate::cli::threads;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(in crate::cli) struct ExploreFlags {
    /// Built-in litmus tests (see `list litmus`), TOML files, folders of them; all that are built in when absent.
    #[arg(value_name = "TEST")]
    pub(in crate::cli) tests: Vec<String>,
    /// Protocol, with options after a colon; may be repeated. Those of which the test expects something when absent. Of a
    /// protocol of which the test says nothing every promise is expected to hold.
    #[arg(long = "protocol", value_name = "P")]
    pub(in crate::cli) protocols: Vec<String>,
    /// How schedules are chosen: exhaustive (one for each trace), random, pct:D, switches:N (every one with at most N
    /// switches from somebody who could have gone on), depth-first (every one).
    #[arg(long, value_name = "NAME", default_value = "exhaustive")]
    pub(in crate::cli) policy: String,
    /// Most schedules of each test under each protocol; 4,000,000 when absent.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) schedules: Option<u64>,
    /// Most steps of a schedule; 100,000 when absent.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) steps: Option<usize>,
    /// Most time for each test under each protocol, in s.
    #[arg(long, value_name = "T", default_value_t = 60.0)]
    pub(in crate::cli) seconds: f64,
    /// Seed of random schedules.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(in crate::cli) seed: u64,
    /// Workers of each search, at most four for each CPU; as many as there are CPUs when absent. Changes neither states nor
    /// counts.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(in crate::cli) jobs: Option<u16>,
    /// Write everything that was found to this file as well.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) json: Option<PathBuf>,
    /// Folder for schedules that break what must not break, used by one command at a time. Default:
    /// target/attach-rig/explore/TIME.
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Do not look for a shorter program and schedule that fail as well.
    #[arg(long)]
    pub(in crate::cli) no_shrink: bool,
    /// Most time for that, in s.
    #[arg(long, value_name = "T", default_value_t = 10)]
    pub(in crate::cli) shrink_seconds: u64,
    /// Run everything twice; exit 6 if it does not come out the same.
    #[arg(long)]
    pub(in crate::cli) check_determinism: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ReplayFlags {
    /// A token that `explore` has printed, or a file that it has saved.
    #[arg(value_name = "TOKEN|FILE")]
    pub(in crate::cli) schedule: String,
    /// Write it as a Chrome trace as well: a track per actor, and per lock and holder.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) trace: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct SelftestFlags {
    /// Seeds of every canary.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) seeds: u64,
    /// Instead of the canaries: this many random scenarios.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) random: Option<u64>,
    /// Protocol of the random scenarios; only transactional promises to keep everything in all of them.
    #[arg(long, value_name = "P", default_value = "transactional")]
    pub(in crate::cli) protocol: String,
    /// Instead of the canaries: every prepare position fails once, alone, with every set of controllers in every mode.
    #[arg(long, conflicts_with = "random")]
    pub(in crate::cli) positions: bool,
    /// Print the random scenario of --seed, to be kept or run by `run`, and do nothing else.
    #[arg(long)]
    pub(in crate::cli) print: bool,
    /// First seed of the random scenarios.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(in crate::cli) seed: u64,
    /// Number of workers, at most four for each CPU; as many as there are CPUs when absent.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(in crate::cli) jobs: Option<u16>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RunFlags {
    /// A built-in scenario (see `list scenarios`) or a TOML file.
    #[arg(default_value = "default")]
    pub(in crate::cli) scenario: String,
    /// What runs it: the simulator, or OS threads with real locks and the machine's clock, one cell after the other.
    #[arg(long, value_enum, default_value = "sim", value_name = "E")]
    engine: EngineName,
    /// On threads: put real memory under the pages, so that touching faults it in and giving back lets it go. Without it a
    /// page costs what the table of costs says.
    #[arg(long)]
    real_pages: bool,
    /// Protocol, with options after a colon, such as prepare-undo:hold=locks; may be repeated.
    #[arg(long = "protocol", value_name = "P")]
    pub(in crate::cli) protocols: Vec<String>,
    /// A canary (see `list canaries`): transactional with one thing wrong, which its check has to find.
    #[arg(long, value_name = "NAME", conflicts_with = "protocols")]
    pub(in crate::cli) canary: Option<String>,
    /// Fault rule, such as "memory.prepare_sleep: nth=3 errno=ENOMEM"; may be repeated.
    #[arg(long = "fault", value_name = "RULE")]
    pub(in crate::cli) faults: Vec<String>,
    /// Faults in percent at every prepare site; several make an axis: 0,1,10.
    #[arg(long, value_name = "PERCENT", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(in crate::cli) fault_rate: Option<Vec<u8>>,
    /// Delays between switch and attach; several make an axis: 0us,1us,10us.
    #[arg(long, value_name = "T", value_delimiter = ',')]
    pub(in crate::cli) delay: Option<Vec<String>>,
    /// `all`: instead of running the matrix, let every prepare position of the scenario fail once, alone, and look at what
    /// that leaves behind. That is a run per position: give a short --duration.
    #[arg(long, value_name = "all")]
    pub(in crate::cli) fail_nth: Option<String>,
    /// First seed.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) seed: Option<u64>,
    /// How many seeds, from the first on.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(in crate::cli) seeds: Option<u64>,
    /// Modelled CPUs, 1 to 1024; cpusets keep their share of them.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(in crate::cli) cpus: Option<u32>,
    /// A table of costs, such as `calibrate` writes, instead of the built-in one. What differs becomes part of the scenario.
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) costs: Option<PathBuf>,
    /// Length of every cell, with its unit, such as 40ms: virtual time, on threads that of the machine, where it is 2s when
    /// absent.
    #[arg(long, value_name = "T")]
    duration: Option<String>,
    /// Cells that run side by side, at most four for each CPU; as many as there are CPUs when absent. Does not change a byte of the result. On threads
    /// always one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(in crate::cli) jobs: Option<u16>,
    /// Accept recordings of which more than 20 % of the lines are not understood.
    #[arg(long)]
    pub(in crate::cli) lenient: bool,
    #[command(flatten)]
    pub(in crate::cli) output: OutputFlags,
}

/// Engines of `run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum EngineName {
    /// Virtual time from a table of costs; the same seed gives the same bytes.
    Sim,
    /// OS threads; no run repeats itself.
    Threads,
}

impl RunFlags {
    /// The engine, and how; `None` when the flags do not go together.
    pub(in crate::cli) fn on(&self) -> Option<On> {
        match self.engine {
            EngineName::Sim => (!self.real_pages).then_some(On::Sim),
            EngineName::Threads => Some(On::Threads { real_pages: self.real_pages }),
        }
    }

    /// How long a cell is, if that is not the scenario's to say.
    pub(in crate::cli) fn duration(&self) -> Option<String> {
        let otherwise = (self.engine == EngineName::Threads).then(|| threads::DURATION.to_owned());
        self.duration.clone().or(otherwise)
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CalibrateFlags {
    /// Where the table goes; costs.toml when absent. What is there already is replaced.
    #[arg(long, value_name = "FILE", default_value = "costs.toml")]
    pub(in crate::cli) out: PathBuf,
}
