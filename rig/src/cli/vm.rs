//! `vm`: real processes between real cgroups, on the kernels of virtual machines that this boots one after the other.
use super::exit::{self, Failure};
use super::flags::VmFlags;
use super::folder::{Folder, Keeper};
use super::kernel::{self, Asked};
use super::output;
use crate::measure::env;
use linux::vm::{Guest, Machine, Merged, Series, Setting, VmError};
use linux::{OptionError, Options, parse_duration};
use reports::schema::Env;
use std::time::Instant;

pub(super) fn vm(flags: &VmFlags) -> Result<u8, Failure> {
    let (machine, settings, Asked { options, carried }) = plan(flags)?;
    let interrupt = engines::signals::listen().map_err(Failure::internal)?;
    let (date, folder_name) = output::now();
    let folder = Folder::make(&flags.output, named(&options.origin.name), &folder_name)?;
    let recordings = kernel::say_recordings(&options)?;
    let started = Instant::now();
    let scenario = options.origin.toml.clone();
    let mut series = Series::begin(machine, settings, options, (folder.path(), interrupt))
        .map_err(|error| failure(&error))?;
    folder.clear(&scenario, &carried)?;
    while let Some(setting) = series.upcoming() {
        output::say(&format!("booting for {setting}; its console: {}", series.console(setting).display()));
        say(series.boot(setting, &mut output::say));
        if let Some(mut merged) = series.merged() {
            merged.run.recordings.clone_from(&recordings);
            folder.keep(&merged.run, &environment(&date, &merged, started))?;
        }
    }
    let Some(mut merged) = series.merged() else { return Err(without_result(series.guests())) };
    merged.run.recordings = recordings;
    let env = environment(&date, &merged, started);
    let code = folder.publish(&merged.run, &env, Keeper::default(), code(series.guests()));
    for guest in series.guests() {
        if let Some(complaint) = guest.complaint() {
            output::complain(&format!("{}: {complaint}", guest.setting));
        }
    }
    Ok(code)
}

fn failure(error: &VmError) -> Failure {
    Failure { code: error.exit_code(), message: error.to_string() }
}

/// Name of the folder: the scenario's, or that of the command.
fn named(origin: &str) -> &str {
    if origin == "linux" { "vm" } else { origin }
}

/// All that went wrong, where nothing was measured.
fn without_result(guests: &[Guest]) -> Failure {
    let words = |guest: &Guest| Some(format!("{}: {}", guest.setting, guest.complaint()?));
    let message = guests.iter().filter_map(words).collect::<Vec<_>>().join("\n");
    Failure { code: code(guests), message }
}

fn code(guests: &[Guest]) -> u8 {
    exit::worst(&guests.iter().map(Guest::exit_code).collect::<Vec<_>>())
}

fn say(guest: &Guest) {
    output::say(&match &guest.result {
        Ok(delivery) => format!("  {} cells measured", delivery.run.cells.len()),
        Err(_) => "  nothing measured".into(),
    });
}

fn plan(flags: &VmFlags) -> Result<(Machine, Vec<Setting>, Asked), Failure> {
    let usage = |error: OptionError| Failure::usage(error);
    let machine = Machine {
        kernel: flags.kernel.clone(),
        init: flags.init.clone(),
        cpus: flags.cpus,
        memory: flags.memory.clone(),
        accel: flags.accel.parse().map_err(usage)?,
        timeout: flags.timeout.as_deref().map(parse_duration).transpose().map_err(usage)?,
    };
    let Asked { options, carried } = kernel::asked(&flags.work, "5s")?;
    let options = Options { kept_pages: flags.kept_pages.clone(), ..options };
    options.check().map_err(usage)?;
    Ok((machine, Setting::list(&flags.hierarchies).map_err(usage)?, Asked { options, carried }))
}

/// The guests are what was measured, and the host a fact about them.
fn environment(date: &str, merged: &Merged, started: Instant) -> Env {
    let host = env::here(date.into(), merged.facts.clone());
    let mut env = Env {
        kernel: merged.kernel.clone(),
        cpu: merged.cpu.clone(),
        cpus: merged.cpus,
        wall_ns: started.elapsed().as_nanos() as u64,
        ..host.clone()
    };
    for (name, value) in [("kernel", host.kernel), ("cpu", host.cpu), ("cpus", host.cpus.to_string())] {
        env.facts.insert(format!("vm.host.{name}"), value);
    }
    env
}
