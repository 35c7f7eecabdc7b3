//! `linux`: real processes between real cgroups.
use super::exit::Failure;
use super::flags::LinuxFlags;
use super::output::{self, Folder};
use crate::linux::{self, LinuxError, Options, Progress};
use crate::measure::env;
use std::time::Instant;

pub(super) fn linux(flags: &LinuxFlags) -> Result<u8, Failure> {
    let options = options(flags).map_err(|error| failure(&error))?;
    let (date, folder_name) = output::now();
    let folder = Folder::make(&flags.output, "linux", &folder_name)?;
    let started = Instant::now();
    let outcome = linux::run(&options, &mut say).map_err(|error| failure(&error))?;
    let mut env = env::here(date, outcome.facts.clone());
    env.wall_ns = started.elapsed().as_nanos() as u64;
    folder.publish(&outcome.run, &env)?;
    if let Some(error) = &outcome.failure {
        output::complain(&error.to_string());
    }
    Ok(outcome.exit_code())
}

fn failure(error: &LinuxError) -> Failure {
    Failure { code: error.exit_code(), message: error.to_string() }
}

fn options(flags: &LinuxFlags) -> Result<Options, LinuxError> {
    let options = Options {
        hierarchy: flags.hierarchy.parse()?,
        rates: flags.rates.iter().map(|rate| rate.parse()).collect::<Result<_, _>>()?,
        closed_loop: !flags.no_closed_loop,
        duration: linux::parse_duration(&flags.duration)?,
        threads: flags.threads,
        load: flags.worker_load.parse()?,
        refusals: flags.faults.iter().map(|rule| linux::Refusal::parse(rule)).collect::<Result<_, _>>()?,
        trace: !flags.no_trace,
        ..Options::default()
    };
    options.check()?;
    Ok(options)
}

fn say(progress: Progress) {
    output::say(&match progress {
        Progress::Ready { protocol, folder, worker } => {
            format!("{protocol}: worker {worker} moves within {}", folder.display())
        }
        Progress::Started { cell, of, label, duration } => format!("{}/{of} {label}, {duration:?}", cell + 1),
        Progress::Finished { moved, refused, .. } => format!("  {moved} moved, {refused} refused"),
    });
}
