//! `linux`: real processes between real cgroups.
use super::exit::Failure;
use super::flags::LinuxFlags;
use super::kernel;
use super::output::{self, Folder};
use crate::linux::{self, LinuxError, OptionError, Options, Progress};
use crate::measure::env;
use std::time::Instant;

pub(super) fn linux(flags: &LinuxFlags) -> Result<u8, Failure> {
    let options = options(flags)?;
    let (date, folder_name) = output::now();
    let folder = Folder::make(&flags.output, &options.origin.name, &folder_name)?;
    let recordings = kernel::say_recordings(&options)?;
    let started = Instant::now();
    let mut outcome = linux::run(&options, &mut say).map_err(|error| failure(&error))?;
    outcome.run.recordings = recordings;
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

fn options(flags: &LinuxFlags) -> Result<Options, Failure> {
    let options = Options {
        hierarchy: flags.hierarchy.parse().map_err(|error: OptionError| Failure::usage(error))?,
        move_charges: flags.move_charges,
        kept_pages: flags.kept_pages.clone(),
        ..kernel::options(&flags.work, "10s")?
    };
    options.check().map_err(Failure::usage)?;
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
