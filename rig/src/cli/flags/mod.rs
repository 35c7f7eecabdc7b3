//! The flags as clap sees them: the commands in this file, the flags of each kind of command in a file of its own.
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

use super::streams::{Printing, Text};
use clap::{Args, ColorChoice, Parser, Subcommand};
use input::units::{DurationError, Rate, RateError, parse_ns, parse_within};
use reports::exit::Exit;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) use super::json::JsonTo;

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
    let ours = "write a number of seconds, 0 or more, such as 60 or 0.5";
    match text.parse() {
        Ok(seconds) => Duration::try_from_secs_f64(seconds)
            .map_err(|_| format!("`{text}` is negative, too long or not a number; {ours}, or 5m")),
        Err(_) => parse_ns(text).map(Duration::from_nanos).map_err(|error| format!("{error}; or {ours}")),
    }
}

const ABOUT: &str = "Benchmarks and fault-injects the protocols that move tasks between control groups";

/// The version with the commit and the build profile, as `--version` prints it. `-V` prints the number alone.
const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit ",
    env!("ATTACH_RIG_COMMIT"),
    ", ",
    env!("ATTACH_RIG_PROFILE"),
    " build"
);

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "attach-rig", version, long_version = LONG_VERSION, about = ABOUT, long_about = format!("{ABOUT}\n\n{}", Exit::list()))]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) printing: PrintingFlags,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// Flags of every command: what it prints, and in which colours.
#[derive(Debug, Args)]
#[command(next_help_heading = "Printing")]
pub(super) struct PrintingFlags {
    /// Print only verdict lines, requested data and errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print every result in full: with `explore` each test, with `compare` also figures that are the same.
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Colour verdicts: on a terminal, always or never. With `auto`, NO_COLOR, CLICOLOR and CLICOLOR_FORCE are honoured.
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN", global = true)]
    color: ColorChoice,
}

impl PrintingFlags {
    /// Makes the choice for this process; with `json`, standard output is for JSON alone.
    pub(super) fn choose(&self, json: Option<&JsonTo>) {
        let printing = match (self.quiet, self.verbose) {
            (true, _) => Printing::Quiet,
            (false, true) => Printing::Verbose,
            (false, false) => Printing::Normal,
        };
        let text = if matches!(json, Some(JsonTo::Stdout)) { Text::Stderr } else { Text::Stdout };
        printing.choose(
            text,
            match self.color {
                ColorChoice::Auto => anstream::ColorChoice::Auto,
                ColorChoice::Always => anstream::ColorChoice::AlwaysAnsi,
                ColorChoice::Never => anstream::ColorChoice::Never,
            },
        );
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a scenario in virtual time or on threads: compare protocols, inject faults and check every invariant.
    Run(RunFlags),
    /// Run litmus tests under every schedule, or under many, and report which invariants can be violated and how.
    Explore(ExploreFlags),
    /// Repeat one schedule that `explore` printed or saved, and print it step by step.
    Replay(ReplayFlags),
    /// Print the table and write report.html again, from run.json or from the finished cells of an interrupted run.
    ///
    /// With --out, nothing is written to DIR, which may then be full or read-only.
    Report(ReportFlags),
    /// Compare results with each other, or the protocols of one result: better, same, worse or cannot tell, each with
    /// its reason.
    ///
    /// Simulated figures, violated invariants and drift are compared exactly. Machine time is compared in pairs that
    /// were measured in ABBA order. Exit codes: 1 correctness regressed, 3 slower, 5 inconclusive, 2 not comparable.
    Compare(CompareFlags),
    /// Store the figures of a run, one per line, for later gates and comparisons.
    Baseline(BaselineFlags),
    /// Check a run against the thresholds in a gates file: simulated figures and counts exactly, machine time in pairs.
    Gate(GateFlags),
    /// List protocols, controllers, workloads, fault sites, events that faults throw, scenarios and litmus tests.
    List(ListFlags),
    /// Move real processes between real cgroups and time every move.
    ///
    /// A process of another program in the run's cgroups is reported and left alone. Counters that include it are not
    /// judged (exit code 5).
    Linux(LinuxFlags),
    /// Measure the costs of operations on this machine, and write a table of costs for `run --costs`.
    ///
    /// Takes a few seconds; run nothing else in that time. Costs that cannot be measured from user space keep their
    /// built-in value.
    Calibrate(CalibrateFlags),
    /// Remove what killed `linux` runs left behind: processes, cgroups, tracing instances, manifests.
    Clean,
    /// Report what works on this machine and what does not, with the reason and the command that fixes it.
    Doctor(DoctorFlags),
    /// Run `linux` inside a QEMU guest with its own kernel; attach-rig is the guest's init.
    Vm(VmFlags),
    /// Record a program or a running service with strace and samples of /proc, and write the scenario that replays it.
    Record(RecordFlags),
    /// Report how recordings of real programs are read: threads, processes, calls, pages, and lines that were dropped.
    Recording(RecordingFlags),
    /// Test the checks: each mutant must be caught by the check it names, and everything else must pass.
    ///
    /// A mutant is a protocol with a deliberate bug. The same runs without the bug must pass, and random scenarios must
    /// keep every invariant under transactional.
    Selftest(SelftestFlags),
    /// Print a script that completes commands and flags in a shell.
    ///
    /// For bash: attach-rig completions bash > ~/.local/share/bash-completion/completions/attach-rig
    Completions(CompletionsFlags),
    /// Print the manual page, or write a page for each command to a folder.
    ///
    /// To read it: attach-rig man | man -l -
    Man(ManFlags),
}

impl Command {
    /// Returns the destination of the machine-readable result, if one is requested.
    pub(super) fn json(&self) -> Option<&JsonTo> {
        match self {
            Self::Run(flags) => flags.output.json.as_ref(),
            Self::Linux(flags) => flags.output.json.as_ref(),
            Self::Vm(flags) => flags.output.json.as_ref(),
            Self::Explore(flags) => flags.json.as_ref(),
            Self::Doctor(flags) => flags.json.as_ref(),
            Self::List(flags) => flags.json.as_ref(),
            Self::Recording(flags) => flags.json.as_ref(),
            Self::Selftest(flags) => flags.json.as_ref(),
            Self::Compare(flags) => flags.json.as_ref(),
            Self::Gate(flags) => flags.json.as_ref(),
            Self::Replay(_)
            | Self::Report(_)
            | Self::Baseline(_)
            | Self::Calibrate(_)
            | Self::Clean
            | Self::Record(_)
            | Self::Completions(_)
            | Self::Man(_) => None,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct OutputFlags {
    /// Write results to this folder; an earlier result in it is moved to DIR/previous. Default: a new folder
    /// target/attach-rig/ENGINE-SCENARIO/TIME, to which the link target/attach-rig/ENGINE-SCENARIO/latest leads.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Write run.json to this file as well; with `-` to stdout, and the table to stderr.
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<JsonTo>,
}

#[derive(Debug, Args)]
pub(super) struct ListFlags {
    /// List only this: protocols, controllers, workloads, sites, events, scenarios, litmus or mutants. Default: all
    /// except mutants.
    pub(super) what: Option<String>,
    /// Write the lists to this file as JSON as well; with `-` to stdout, and the text to stderr.
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<JsonTo>,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsFlags {
    /// Shell for which the script is made.
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManFlags {
    /// Folder to which a page for each command is written, such as ~/.local/share/man/man1. Default: print the page of
    /// attach-rig.
    #[arg(value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
}
