//! The command line: from flags to one validated plan, to dispatch, to an exit code. The work itself is done by the
//! library.
//!
//! stdout carries only the result; progress and warnings go to stderr.
mod calibrate;
mod clean;
mod compare;
mod doctor;
mod exit;
mod explore;
mod explored;
mod flags;
mod folder;
mod gate;
mod github;
mod json;
mod judged;
mod kernel;
mod linux;
mod list;
mod matrix;
mod output;
mod parallel;
mod positions;
mod progress;
mod proportion;
mod record;
mod recording;
mod replay;
mod report;
mod results;
mod run;
mod selftest;
mod shell;
mod streams;
mod threads;
mod underpowered;
mod vm;

pub use exit::Failure;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser as _};
use flags::{Cli, Command};
use reports::exit::Exit;
use std::process::ExitCode;

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    // Arguments may be any bytes; those that attach-rig passes to its own children are UTF-8.
    let args: Vec<String> = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    match args.get(1).map(String::as_str) {
        Some(::linux::WORKER_ARG) => return ::linux::worker_main(&args[2..]),
        Some(::linux::vm::INIT_ARG) => return ::linux::vm::init_main(),
        Some(::linux::vm::MEASURE_ARG) => return ::linux::vm::measure_main(),
        _ => {}
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(usage(&error, args.get(1).map_or("", String::as_str))),
    };
    cli.printing.choose(cli.command.json());
    match dispatch(cli.command) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            output::complain(&failure.message);
            ExitCode::from(failure.code)
        }
    }
}

/// Prints help to stdout, or the mistake in the flags to stderr, and returns the exit code.
fn usage(error: &clap::Error, command: &str) -> Exit {
    let text = error.render();
    if !error.use_stderr() {
        return streams::finish(&text.to_string(), Exit::AsExpected);
    }
    // Without colours: arguments may hold escapes, which could not be distinguished from ours.
    output::say(text.to_string().trim_end());
    if let Some(help) = of_the_flag(error, command) {
        output::say(&format!("  this flag: {help}"));
    }
    Exit::Usage
}

/// Returns the help of the flag with the wrong value; it has the unit, the default and an example.
fn of_the_flag(error: &clap::Error, command: &str) -> Option<String> {
    let kinds = [ErrorKind::ValueValidation, ErrorKind::InvalidValue];
    let Some(ContextValue::String(flag)) =
        error.get(ContextKind::InvalidArg).filter(|_| kinds.contains(&error.kind()))
    else {
        return None;
    };
    let mut all = Cli::command();
    all.build();
    let arguments = all.find_subcommand(command)?.get_arguments();
    let help = arguments.filter(|arg| arg.to_string() == *flag).find_map(clap::Arg::get_help)?;
    Some(help.to_string())
}

fn dispatch(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Run(flags) => run::run(&flags),
        Command::Explore(flags) => explore::explore(&flags),
        Command::Replay(flags) => replay::run(&flags),
        Command::Calibrate(flags) => calibrate::calibrate(&flags),
        Command::Clean => clean::clean(),
        Command::Report(flags) => report::report(&flags),
        Command::Compare(flags) => compare::compare(&flags),
        Command::Baseline(flags) => compare::baseline(&flags),
        Command::Gate(flags) => gate::gate(&flags),
        Command::List(flags) => list::list(&flags),
        Command::Linux(flags) => linux::linux(&flags),
        Command::Doctor(flags) => doctor::doctor(&flags),
        Command::Vm(flags) => vm::vm(&flags),
        Command::Record(flags) => record::record(&flags),
        Command::Recording(flags) => recording::recording(&flags),
        Command::Selftest(flags) => selftest::selftest(&flags),
        Command::Completions(flags) => shell::completions(&flags),
        Command::Man(flags) => shell::man(&flags),
    }
}
