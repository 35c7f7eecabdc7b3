//! The flags, as clap sees them.
use super::matrix::On;
use super::threads;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Where baselines lie when nobody says otherwise.
const BASELINES: &str = "reports/baselines";

/// Benchmarks and fault-injects the protocols that move tasks between control groups.
///
/// Exit codes: 0 all as expected; 1 a promise was broken or an expectation did not hold; 2 bad usage, scenario or litmus
/// test; 3 a performance limit was exceeded; 4 nothing could run here; 5 inconclusive; 6 a simulation did not repeat itself; 7 something of ours could not be removed; 101 internal error;
/// 130 or 143 interrupted (what was measured is on disk).
#[derive(Debug, Parser)]
#[command(name = "attach-rig", version)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a scenario, in virtual time or on threads: protocols side by side, with faults, every promise checked.
    Run(RunFlags),
    /// Run litmus tests under every schedule, or many: which promises can be broken, and how.
    Explore(ExploreFlags),
    /// Run one schedule once more, step by step: one that `explore` has printed or saved.
    Replay(ReplayFlags),
    /// Make table and report.html again from folders with run.json (or with the cells of a killed run).
    Report(ReportFlags),
    /// Hold results beside each other, or the protocols of one: better, same, worse, cannot tell, each with its reason.
    ///
    /// Simulated figures, broken promises and drift are compared exactly, machine time in pairs that were measured in turn.
    /// Exit codes: 1 something got wrong, 3 something got slower, 5 nothing could be told, 2 not comparable.
    Compare(CompareFlags),
    /// Keep figures of a run, one a line, for gates and comparisons to come.
    Baseline(BaselineFlags),
    /// Hold a run against a file of demands: simulated figures and counts exactly, machine time in pairs.
    Gate(GateFlags),
    /// List protocols, controllers, workloads, fault sites, events that faults throw, and scenarios.
    List(ListFlags),
    /// Move a real process between real cgroups and time every move.
    Linux(LinuxFlags),
    /// Measure on this machine what things cost, and write a table of costs for `run --costs`.
    ///
    /// Takes a few seconds; let nothing else run. What cannot be measured from outside a kernel keeps its figure.
    Calibrate(CalibrateFlags),
    /// Remove what runs of `linux` have left that were killed: processes, cgroups, tracing instances, lists of them.
    Clean,
    /// Say what works on this machine, what does not, why, and the command that mends it.
    Doctor(DoctorFlags),
    /// The same in a virtual machine with a kernel of its own, which this boots under QEMU with itself as init.
    Vm(VmFlags),
    /// Prove the checks: every canary (a protocol that is broken on purpose) is caught by the check that it names, the
    /// same runs without it are green, and random scenarios keep every promise under transactional.
    Selftest(SelftestFlags),
}

#[derive(Debug, Args)]
pub(super) struct ExploreFlags {
    /// Built-in litmus tests (see `list litmus`), TOML files, folders of them; all that are built in when absent.
    #[arg(value_name = "TEST")]
    pub(super) tests: Vec<String>,
    /// Protocol, with options after a colon; may be repeated. Those of which the test expects something when absent.
    #[arg(long = "protocol", value_name = "P")]
    pub(super) protocols: Vec<String>,
    /// How schedules are chosen: exhaustive (one for each trace), random, pct:D, switches:N (every one with at most N
    /// switches from somebody who could have gone on), depth-first (every one).
    #[arg(long, value_name = "NAME", default_value = "exhaustive")]
    pub(super) policy: String,
    /// Most schedules of each test under each protocol; 4,000,000 when absent.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) schedules: Option<u64>,
    /// Most steps of a schedule; 100,000 when absent.
    #[arg(long, value_name = "N")]
    pub(super) steps: Option<usize>,
    /// Most time for each test under each protocol, in s.
    #[arg(long, value_name = "T", default_value_t = 60.0)]
    pub(super) seconds: f64,
    /// Seed of random schedules.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// Workers of each search; as many as there are CPUs when absent. Changes neither states nor counts.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// Write everything that was found to this file as well.
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Folder for schedules that break what must not break; target/attach-rig/explore/TIME when absent.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Do not look for a shorter program and schedule that fail as well.
    #[arg(long)]
    pub(super) no_shrink: bool,
    /// Most time for that, in s.
    #[arg(long, value_name = "T", default_value_t = 10)]
    pub(super) shrink_seconds: u64,
    /// Run everything twice; exit 6 if it does not come out the same.
    #[arg(long)]
    pub(super) check_determinism: bool,
}

#[derive(Debug, Args)]
pub(super) struct ReplayFlags {
    /// A token that `explore` has printed, or a file that it has saved.
    #[arg(value_name = "TOKEN|FILE")]
    pub(super) schedule: String,
    /// Write it as a Chrome trace as well: a track per actor, and per lock and holder.
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct GateFlags {
    /// The gates, as TOML; reports/gates/default.toml is an example with everything that may stand there.
    #[arg(value_name = "GATES.toml")]
    pub(super) gates: PathBuf,
    /// A folder that `run`, `linux` or `vm` has written, or its run.json.
    #[arg(value_name = "DIR", required = true)]
    pub(super) runs: Vec<PathBuf>,
    /// What `max-increase`, `max-ratio` and `change` compare with: an earlier run of the same scenario, or a stored
    /// baseline by its name. Gates with `against` need none.
    #[arg(long, value_name = "NAME|DIR|FILE", conflicts_with = "paired")]
    pub(super) baseline: Option<PathBuf>,
    /// Where stored baselines lie.
    #[arg(long, value_name = "DIR", default_value = BASELINES)]
    pub(super) baselines: PathBuf,
    /// The results were made in turn, A B B A, in this order: B is judged beside A. The way to judge wall-clock times.
    #[arg(long)]
    pub(super) paired: bool,
    /// Write the report of the run with its gates to this file.
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Prove the gates: the run against itself passes each, and figures that are 20 % worse fail each.
    #[arg(long)]
    pub(super) self_test: bool,
    /// Write the outcome to this file as well, as JUnit XML: a suite per gate, a case per protocol and point.
    #[arg(long, value_name = "FILE", conflicts_with = "self_test")]
    pub(super) junit: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct CompareFlags {
    /// Folders that `run`, `linux` or `vm` have written, files run.json, or baselines by their names. Each is compared with the
    /// first; of one alone, its protocols are.
    #[arg(value_name = "RESULT")]
    pub(super) results: Vec<PathBuf>,
    /// The results were made in turn, A B B A, in this order: the way to compare wall-clock times.
    #[arg(long, conflicts_with_all = ["baseline", "against"])]
    pub(super) paired: bool,
    /// Compare with this baseline.
    #[arg(long, value_name = "NAME|DIR|FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Of one result: the protocol with which the others are compared; the first when absent.
    #[arg(long, value_name = "P")]
    pub(super) against: Option<String>,
    /// Keep the figures of the last result as a baseline; what changes is printed.
    #[arg(long, value_name = "NAME")]
    pub(super) save_baseline: Option<String>,
    /// Where baselines lie.
    #[arg(long, value_name = "DIR", default_value = BASELINES)]
    pub(super) baselines: PathBuf,
    /// Also print the figures that are the same.
    #[arg(long)]
    pub(super) all: bool,
    /// Instead: the figures of every run below this folder over time.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["results", "paired", "baseline", "against", "save_baseline"])]
    pub(super) history: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct BaselineFlags {
    #[command(subcommand)]
    pub(super) what: BaselineWhat,
}

#[derive(Debug, Subcommand)]
pub(super) enum BaselineWhat {
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
pub(super) struct SelftestFlags {
    /// Seeds of every canary.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) seeds: u64,
    /// Instead of the canaries: this many random scenarios.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) random: Option<u64>,
    /// Protocol of the random scenarios; only transactional promises to keep everything in all of them.
    #[arg(long, value_name = "P", default_value = "transactional")]
    pub(super) protocol: String,
    /// Instead of the canaries: every prepare position fails once, alone, with every set of controllers in every mode.
    #[arg(long, conflicts_with = "random")]
    pub(super) positions: bool,
    /// Print the random scenario of --seed, to be kept or run by `run`, and do nothing else.
    #[arg(long)]
    pub(super) print: bool,
    /// First seed of the random scenarios.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// How many run side by side; as many as there are CPUs when absent.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
}

#[derive(Debug, Args)]
pub(super) struct RunFlags {
    /// A built-in scenario (see `list scenarios`) or a TOML file.
    #[arg(default_value = "default")]
    pub(super) scenario: String,
    /// What runs it: the simulator, or OS threads with real locks and the machine's clock, one cell after the other.
    #[arg(long, value_enum, default_value = "sim", value_name = "E")]
    engine: EngineName,
    /// On threads: put real memory under the pages, so that touching faults it in and giving back lets it go. Without it a
    /// page costs what the table of costs says.
    #[arg(long)]
    real_pages: bool,
    /// Protocol, with options after a colon, such as prepare-undo:hold=locks; may be repeated.
    #[arg(long = "protocol", value_name = "P")]
    pub(super) protocols: Vec<String>,
    /// A canary (see `list canaries`): transactional with one thing wrong, which its check has to find.
    #[arg(long, value_name = "NAME", conflicts_with = "protocols")]
    pub(super) canary: Option<String>,
    /// Fault rule, such as "memory.prepare_sleep: nth=3 errno=ENOMEM"; may be repeated.
    #[arg(long = "fault", value_name = "RULE")]
    pub(super) faults: Vec<String>,
    /// Faults in percent at every prepare site; several make an axis: 0,1,10.
    #[arg(long, value_name = "PERCENT", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(super) fault_rate: Option<Vec<u8>>,
    /// Delays between switch and attach; several make an axis: 0us,1us,10us.
    #[arg(long, value_name = "T", value_delimiter = ',')]
    pub(super) delay: Option<Vec<String>>,
    /// `all`: instead of running the matrix, let every prepare position of the scenario fail once, alone, and look at what
    /// that leaves behind. That is a run per position: give a short --duration.
    #[arg(long, value_name = "all")]
    pub(super) fail_nth: Option<String>,
    /// First seed.
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// How many seeds, from the first on.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) seeds: Option<u64>,
    /// Modelled CPUs, 1 to 1024; cpusets keep their share of them.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(super) cpus: Option<u32>,
    /// A table of costs, such as `calibrate` writes, instead of the built-in one. What differs becomes part of the scenario.
    #[arg(long, value_name = "FILE")]
    pub(super) costs: Option<PathBuf>,
    /// Length of every cell, with its unit, such as 40ms: virtual time, on threads that of the machine, where it is 2s when
    /// absent.
    #[arg(long, value_name = "T")]
    duration: Option<String>,
    /// Cells that run side by side; as many as there are CPUs when absent. Does not change a byte of the result. On threads
    /// always one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    #[command(flatten)]
    pub(super) output: OutputFlags,
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
    pub(super) fn on(&self) -> Option<On> {
        match self.engine {
            EngineName::Sim => (!self.real_pages).then_some(On::Sim),
            EngineName::Threads => Some(On::Threads { real_pages: self.real_pages }),
        }
    }

    /// How long a cell is, if that is not the scenario's to say.
    pub(super) fn duration(&self) -> Option<String> {
        let otherwise = (self.engine == EngineName::Threads).then(|| threads::DURATION.to_owned());
        self.duration.clone().or(otherwise)
    }
}

#[derive(Debug, Args)]
pub(super) struct OutputFlags {
    /// Folder for the results; target/attach-rig/SCENARIO/TIME when absent.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Write run.json to this file as well.
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ReportFlags {
    /// A folder that `run`, `linux` or `vm` has written. Several make one page, on which a scenario that was both simulated
    /// and measured stands side by side; the table of each is printed.
    #[arg(value_name = "DIR", required = true, num_args = 1..=reports::html::MAX_RUNS)]
    pub(super) dirs: Vec<PathBuf>,
    /// Where the page goes, replacing what is there; DIR/report.html when absent, and with several folders report.html in
    /// the current one.
    #[arg(long, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// What stdout carries. Other than text for one DIR only.
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(super) format: Format,
}

/// Forms of a result on stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
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
    /// JUnit XML: a suite per protocol, a case per promise and point.
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

#[derive(Debug, Args)]
pub(super) struct ListFlags {
    /// One of protocols, controllers, workloads, sites, events, scenarios, litmus; all when absent. Or canaries.
    pub(super) what: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct LinuxFlags {
    /// auto, v1:pids, v1:freezer, v1:cpuset, v1:cpu, v1:memory or v2.
    #[arg(long, value_name = "H", default_value = "auto")]
    pub(super) hierarchy: String,
    /// Let a moved process take its memory charges along (memory.move_charge_at_immigrate, v1 up to Linux 6.12).
    #[arg(long)]
    pub(super) move_charges: bool,
    /// Cells in which every moved process stands still and keeps so many touched pages: 0,1024,4096.
    #[arg(long, value_name = "PAGES", value_delimiter = ',')]
    pub(super) kept_pages: Vec<u64>,
    #[command(flatten)]
    pub(super) work: KernelFlags,
    #[command(flatten)]
    pub(super) output: OutputFlags,
}

/// What `linux` and `vm` have in common: what workers do, what movers do, what the kernel is to refuse.
#[derive(Debug, Args)]
pub(super) struct KernelFlags {
    /// A built-in scenario or a TOML file, whose workloads and movers are run for real; what the kernel cannot do of it is
    /// said in notes.
    pub(super) scenario: Option<String>,
    /// Attaches a second of each mover, with intended start times, such as 20/s; may be repeated.
    #[arg(long = "rate", value_name = "R")]
    pub(super) rates: Vec<String>,
    /// Leave out the closed loop (back to back), which otherwise runs first.
    #[arg(long)]
    pub(super) no_closed_loop: bool,
    /// Length of each measured part, such as 10s; that of the scenario when absent, else 10s, in a guest 5s.
    #[arg(long, value_name = "T")]
    pub(super) duration: Option<String>,
    /// Measure every cell so often, forth and back in turn (A B B A): pairs of which `compare` and `gate` can tell whether
    /// one is slower. 40 find a difference of 10 % in nine sessions of ten.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(super) repeat: u32,
    /// Processes that are moved.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "scenario")]
    pub(super) processes: u32,
    /// Threads of each moved process; its main thread comes on top.
    #[arg(long, value_name = "N", default_value_t = 4, conflicts_with = "scenario")]
    pub(super) threads: u32,
    /// What they do: a shape (see `list workloads`); mapping, touching and unmapping 64 pages when absent.
    #[arg(long, value_name = "SHAPE", conflicts_with = "scenario")]
    pub(super) workload: Option<String>,
    /// How hard they work without a shape: light (a sleep of 1 ms now and then) or busy.
    #[arg(long, value_name = "L", default_value = "light", conflicts_with_all = ["scenario", "workload"])]
    pub(super) worker_load: String,
    /// Processes that are not moved and only fork processes that exit: what the global lock costs them.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "scenario")]
    pub(super) bystanders: u32,
    /// Movers; each has processes of its own.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "scenario")]
    pub(super) movers: u32,
    /// What a move moves: process, thread, or scattered (a process whose threads were spread over other cgroups before).
    #[arg(long = "move", value_name = "WHAT", default_value = "process", conflicts_with = "scenario")]
    pub(super) moves: String,
    /// Seed of the workers' operations.
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// A refusal by the kernel itself, with the error that is expected: "cpuset.can_attach: errno=ENOSPC" (a cpuset without
    /// CPUs), "memory.can_attach: errno=ENOMEM" (a limit below what must move, on v1), "core.exit: errno=ESRCH" (the task
    /// has exited), "core.find: errno=ENODEV" (the destination was removed); after each everything has to read as before.
    /// May be repeated.
    #[arg(long = "fault", value_name = "RULE")]
    pub(super) faults: Vec<String>,
    /// Leave out the traced cells, which look inside the kernel after the others.
    #[arg(long)]
    pub(super) no_trace: bool,
}

#[derive(Debug, Args)]
pub(super) struct CalibrateFlags {
    /// Where the table goes; costs.toml when absent. What is there already is replaced.
    #[arg(long, value_name = "FILE", default_value = "costs.toml")]
    pub(super) out: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct DoctorFlags {
    /// Write the rows to this file as well.
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct VmFlags {
    /// Kernel image; the newest /boot/vmlinuz-* when absent.
    #[arg(long, value_name = "FILE")]
    pub(super) kernel: Option<PathBuf>,
    /// The attach-rig that is init of the guest, with the libraries that it needs; this program when absent.
    #[arg(long, value_name = "FILE")]
    pub(super) init: Option<PathBuf>,
    /// CPUs of the guest.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(super) cpus: u32,
    /// Memory of the guest.
    #[arg(long, value_name = "M", default_value = "512M")]
    pub(super) memory: String,
    /// Who executes the guest: kvm, tcg (emulation), or auto: kvm where it works.
    #[arg(long, value_name = "A", default_value = "auto")]
    pub(super) accel: String,
    /// v1 (cpuset, memory and pids together), v1:charges (moves take memory charges along), v2, v2:favordynmods, or all for
    /// these four; v2:delegated (a user without rights, in a subtree of its own). Several, as v1,v2 or repeated, are a
    /// guest each, one after the other, and one result.
    #[arg(long = "hierarchy", value_name = "H", value_delimiter = ',', default_value = "v1")]
    pub(super) hierarchies: Vec<String>,
    /// Cells in which the moved process stands still and keeps so many touched pages; what a page costs is fitted to them.
    #[arg(
        long,
        value_name = "PAGES",
        value_delimiter = ',',
        default_value = "0,2048,4096,6144,8192,12288,16384"
    )]
    pub(super) kept_pages: Vec<u64>,
    #[command(flatten)]
    pub(super) work: KernelFlags,
    /// When a guest is ended, such as 5m; three minutes and five times what is measured when absent.
    #[arg(long, value_name = "T")]
    pub(super) timeout: Option<String>,
    #[command(flatten)]
    pub(super) output: OutputFlags,
}
