//! `linux`: moves real processes between real cgroups.
use super::exit::{Failure, with_signal};
use super::flags::LinuxFlags;
use super::folder::{Folder, Keeper, named};
use super::kernel::{self, Asked};
use super::{output, progress, proportion, streams};
use crate::measure::env;
use linux::{self, LinuxOptions, OptionError, Progress};
use reports::exit::Exit;
use std::time::{Duration, Instant};

pub(super) fn linux(flags: &LinuxFlags) -> Result<Exit, Failure> {
    let Asked { options, carried } = asked(flags)?;
    let interrupt = engines::signals::listen().map_err(Failure::internal)?;
    let (date, folder_name) = output::now();
    let folder = Folder::make(
        &flags.output,
        &named("linux", flags.work.scenario.as_ref().map(|_| &*options.origin.name)),
        &folder_name,
    )?;
    let recordings = kernel::say_recordings(&options)?;
    proportion::say_real(options.cells(), options.duration, kernel::LESS);
    let started = Instant::now();
    let mut keeper = None;
    let bar = progress::bar(options.cells(), "cells");
    let result = linux::run(&options, &interrupt, &mut |progress| match progress {
        Progress::Asked { mut run } => {
            run.recordings.clone_from(&recordings);
            let begun = folder.clear(&options.origin.toml, &carried).and_then(|()| folder.begin(&run));
            keeper = Some(begun.unwrap_or_else(|failure| Keeper::without(&failure)));
        }
        Progress::Measured { cell, notes } => {
            keeper.iter_mut().for_each(|keeper| keeper.keep_next(&cell, &notes));
        }
        progress => {
            // Not within `suspend`, which keeps the bar's lock. Between cells only, so that a cell is not disturbed.
            if let Progress::Finished { cell, .. } = &progress {
                bar.set_position(*cell as u64 + 1);
            }
            bar.suspend(|| say(&progress));
        }
    });
    bar.finish_and_clear();
    let keeper = keeper.unwrap_or_default();
    let mut outcome = match result {
        Ok(outcome) => outcome,
        Err(error) => {
            let code = streams::also(with_signal(error.exit_code(), &interrupt), keeper.give_up());
            output::complain(&error.to_string());
            return Ok(code);
        }
    };
    outcome.run.recordings = recordings;
    let mut env = env::here(date, outcome.facts.clone());
    env.noise.push(outcome.noise.clone());
    env.wall_ns = started.elapsed().as_nanos() as u64;
    let code = folder.publish(&outcome.run, &env, keeper, outcome.exit_code());
    if let Some(error) = &outcome.failure {
        output::complain(&error.to_string());
    }
    Ok(code)
}

fn asked(flags: &LinuxFlags) -> Result<Asked, Failure> {
    let Asked { options, carried } = kernel::asked(&flags.work, Duration::from_secs(10))?;
    let options = LinuxOptions {
        hierarchy: flags.hierarchy.parse().map_err(|error: OptionError| Failure::usage(error))?,
        move_charges: flags.move_charges,
        resident_pages: flags.resident_pages.clone(),
        ..options
    };
    options.check().map_err(Failure::usage)?;
    Ok(Asked { options, carried })
}

/// Prints the progress.
fn say(progress: &Progress) {
    output::say(&match progress {
        Progress::Asked { .. } | Progress::Measured { .. } => return,
        Progress::Ready { subject, folder, worker } => {
            format!("{subject}: worker {worker} moves within {}", folder.display())
        }
        Progress::Started { cell, of, label, duration } => format!("{}/{of} {label}, {duration:?}", cell + 1),
        Progress::Finished { moved, refused, .. } => format!("  {moved} moved, {refused} refused"),
    });
}
