//! `vm`: moves real processes between real cgroups, on the kernels of virtual machines that this command boots one
//! after the other.
use super::exit::Failure;
use super::flags::VmFlags;
use super::folder::{Folder, Keeper, named};
use super::kernel::{self, Asked};
use super::{output, proportion, streams};
use crate::measure::env;
use linux::vm::{Guest, GuestSetting, Machine, Merged, News, Series, VmError};
use linux::{LinuxOptions, NoiseWatch, OptionError};
use reports::exit::Exit;
use reports::noise;
use reports::schema::{Env, Recording};
use std::time::{Duration, Instant};

pub(super) fn vm(flags: &VmFlags) -> Result<Exit, Failure> {
    let (machine, settings, Asked { options, carried }) = plan(flags)?;
    let interrupt = engines::signals::listen().map_err(Failure::internal)?;
    let (date, folder_name) = output::now();
    let folder = Folder::make(
        &flags.output,
        &named("vm", flags.work.scenario.as_ref().map(|_| &*options.origin.name)),
        &folder_name,
    )?;
    let recordings = kernel::say_recordings(&options)?;
    proportion::say_real(options.cells() * settings.len(), options.duration, kernel::LESS);
    let (started, watch) = (Instant::now(), NoiseWatch::begin());
    let scenario = options.origin.toml.clone();
    let mut series = Series::begin(machine, settings, options, (folder.path(), interrupt))
        .map_err(|error| failure(&error))?;
    folder.clear(&scenario, &carried)?;
    let mut running =
        Running { folder: &folder, recordings: &recordings, keeper: None, code: Exit::AsExpected };
    while let Some(setting) = series.upcoming() {
        output::say(&format!("booting for {setting}; its console: {}", series.console(setting).display()));
        series.boot(setting, &mut |news| running.hear(news));
        let kept = series.merged().is_none_or(|mut merged| {
            merged.run.recordings.clone_from(&recordings);
            let env = environment(&date, &merged, started, &watch);
            merged.run.notes.extend(env.noise.first().into_iter().flat_map(noise::of_machine));
            let kept = folder.keep(&merged.run, &env);
            kept.map_err(|failure| output::complain(&failure.message)).is_ok()
        });
        series.guests().last().into_iter().for_each(|guest| running.end(guest, kept));
    }
    let code = running.code.worst(series.guests().iter().map(Guest::exit_code));
    let Some(mut merged) = series.merged() else {
        return Err(Failure { code, message: complaints(series.guests()) });
    };
    merged.run.recordings = recordings;
    let env = environment(&date, &merged, started, &watch);
    merged.run.notes.extend(env.noise.first().into_iter().flat_map(noise::of_machine));
    let code = folder.publish(&merged.run, &env, Keeper::default(), code);
    for guest in series.guests() {
        if let Some(complaint) = guest.complaint() {
            output::complain(&format!("{}: {complaint}", guest.setting));
        }
    }
    Ok(code)
}

/// A guest that is running.
struct Running<'a> {
    folder: &'a Folder,
    recordings: &'a [Recording],
    keeper: Option<Keeper>,
    /// The outcome of removing cells from the disk.
    code: Exit,
}

impl Running<'_> {
    fn hear(&mut self, news: News) {
        match news {
            News::Words(words) => output::say(&words),
            News::Asked(mut run) => {
                run.recordings = self.recordings.to_vec();
                // Cells of an attempt that was abandoned.
                let begun = self.keeper.take().unwrap_or_default().remove();
                let begun = begun.and_then(|()| self.folder.begin(&run));
                self.keeper = Some(begun.unwrap_or_else(|failure| Keeper::without(&failure)));
            }
            News::Cell(cell, notes) => {
                self.keeper.iter_mut().for_each(|keeper| keeper.keep_next(&cell, &notes));
            }
        }
    }

    /// Reports the outcome of a guest. Removes its cells if `kept` says that run.json holds them, or if they are not
    /// trusted.
    fn end(&mut self, guest: &Guest, kept: bool) {
        let finished = self.keeper.as_ref().map_or(0, Keeper::kept);
        let obsolete = match &guest.result {
            Ok(_) => kept,
            Err(error) => finished == 0 || matches!(error, VmError::NotBelieved { .. }),
        };
        output::say(&match &guest.result {
            Ok(delivery) => format!("  {} cells measured", delivery.run.cells.len()),
            Err(_) if obsolete => "  nothing measured".into(),
            Err(_) => format!("  {finished} cells measured before it ended without a result"),
        });
        if obsolete {
            self.code = streams::also(self.code, self.keeper.take().unwrap_or_default().remove());
        }
    }
}

fn failure(error: &VmError) -> Failure {
    Failure { code: error.exit_code(), message: error.to_string() }
}

/// Returns all errors, for a run in which nothing was measured.
fn complaints(guests: &[Guest]) -> String {
    let words = |guest: &Guest| Some(format!("{}: {}", guest.setting, guest.complaint()?));
    guests.iter().filter_map(words).collect::<Vec<_>>().join("\n")
}

fn plan(flags: &VmFlags) -> Result<(Machine, Vec<GuestSetting>, Asked), Failure> {
    let usage = |error: OptionError| Failure::usage(error);
    let machine = Machine {
        kernel: flags.kernel.clone(),
        init: flags.init.clone(),
        cpus: flags.cpus,
        memory: flags.memory.clone(),
        accel: flags.accel.parse().map_err(usage)?,
        timeout: flags.timeout,
    };
    let Asked { options, carried } = kernel::asked(&flags.work, Duration::from_secs(5))?;
    let options = LinuxOptions { resident_pages: flags.resident_pages.clone(), ..options };
    options.check().map_err(usage)?;
    Ok((machine, GuestSetting::list(&flags.hierarchies).map_err(usage)?, Asked { options, carried }))
}

/// Describes the environment: the guests are what was measured, and the host is a fact about them. Its noise is the
/// first.
fn environment(date: &str, merged: &Merged, started: Instant, watch: &NoiseWatch) -> Env {
    let host = env::here(date.into(), merged.facts.clone());
    let mut env = Env {
        kernel: merged.kernel.clone(),
        cpu: merged.cpu.clone(),
        cpus: merged.cpus,
        wall_ns: started.elapsed().as_nanos() as u64,
        noise: std::iter::once(watch.end()).chain(merged.noise.iter().cloned()).collect(),
        ..host.clone()
    };
    for (name, value) in [("kernel", host.kernel), ("cpu", host.cpu), ("cpus", host.cpus.to_string())] {
        env.facts.insert(format!("vm.host.{name}"), value);
    }
    env
}
