//! The flags, as clap sees them: the commands here, what each takes in a file for each kind of them.
mod modelled;
mod real;
mod recorded;
mod request;
mod results;

pub(super) use modelled::*;
pub(super) use real::*;
pub(super) use recorded::*;
pub(super) use request::Request;
pub(super) use results::*;

use clap::{Args, Parser, Subcommand};
use input::units::{DurationError, Rate, RateError, parse_ns, parse_within};
use reports::exit::Exit;
use std::path::PathBuf;
use std::time::Duration;

/// Reads a time for the real kernel.
fn kernel_time(text: &str) -> Result<Duration, DurationError> {
    parse_within(text, &linux::DURATION_NS).map(Duration::from_nanos)
}

/// Reads a rate for the real kernel.
fn kernel_rate(text: &str) -> Result<Rate, RateError> {
    Rate::parse(text, linux::RATE_MAX_PER_S)
}

/// Reads a number of seconds, or a time with its unit.
fn seconds(text: &str) -> Result<Duration, String> {
    let ours = "write seconds from 0 on, such as 60 or 0.5";
    match text.parse() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds)
            .map_err(|_| format!("`{text}` is negative, too long or no number; {ours}, or 5m")),
        Err(_) => parse_ns(text).map(Duration::from_nanos).map_err(|error| format!("{error}; or {ours}")),
    }
}

const ABOUT: &str = "Benchmarks and fault-injects the protocols that move tasks between control groups";

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "attach-rig", version, about = ABOUT, long_about = format!("{ABOUT}\n\n{}", Exit::list()))]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a scenario, in virtual time or on threads: protocols side by side, with faults, every invariant checked.
    Run(RunFlags),
    /// Run litmus tests under every schedule, or many: which invariants can be violated, and how.
    Explore(ExploreFlags),
    /// Run one schedule once more, step by step: one that `explore` has printed or saved.
    Replay(ReplayFlags),
    /// Make table and report.html again from folders with run.json, or with the cells of a run that was killed or had no room.
    ///
    /// With --out nothing is written into the folders, which may be full or read-only.
    Report(ReportFlags),
    /// Hold results beside each other, or the protocols of one: better, same, worse, cannot tell, each with its reason.
    ///
    /// Simulated figures, violated invariants and drift are compared exactly, machine time in pairs that were measured in turn.
    /// Exit codes: 1 something got wrong, 3 something got slower, 5 nothing could be told, 2 not comparable.
    Compare(CompareFlags),
    /// Keep figures of a run, one a line, for gates and comparisons to come.
    Baseline(BaselineFlags),
    /// Hold a run against a file of demands: simulated figures and counts exactly, machine time in pairs.
    Gate(GateFlags),
    /// List protocols, controllers, workloads, fault sites, events that faults throw, and scenarios.
    List(ListFlags),
    /// Move a real process between real cgroups and time every move.
    ///
    /// A process of others in the run's cgroups is named and left alone; counters that include it are not judged (exit code 5).
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
    /// Record a real program or a running service by strace, with samples of /proc, and write the scenario that replays it.
    Record(RecordFlags),
    /// Say what is understood of recordings of real programs: threads, processes, calls, pages, lines that were dropped.
    Recording(RecordingFlags),
    /// Prove the checks: every mutant (a protocol that is broken on purpose) is caught by the check that it names, the
    /// same runs without it are green, and random scenarios hold every invariant under transactional.
    Selftest(SelftestFlags),
}

#[derive(Debug, Args)]
pub(super) struct OutputFlags {
    /// Folder for the results; an earlier result in it is moved to DIR/previous. Default: target/attach-rig/SCENARIO/TIME, a
    /// new one.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Write run.json to this file as well.
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct ListFlags {
    /// One of protocols, controllers, workloads, sites, events, scenarios, litmus; all when absent. Or mutants.
    pub(super) what: Option<String>,
}
