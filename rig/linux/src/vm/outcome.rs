//! A measurement in the guest, made by root or by another user there: the ordinary run, and its outcome as a delivery.
use super::super::options::LinuxOptions;
use super::super::progress::Progress;
use super::super::run::{RunEnd, run};
use super::result_channel::{GuestResult, Said};
use input::proc;
use reports::exit::Exit;
use reports::schema::Run;
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::thread::available_parallelism;

/// Reason why a guest has no result: exit code and words.
pub(super) type Failed = (Exit, String);

/// Measures; `tell` hears of each cell as it ends.
pub(super) fn measured(options: &LinuxOptions, tell: &mut dyn FnMut(&Said)) -> Result<GuestResult, Failed> {
    let interrupts = engines::signals::listen()
        .map_err(|error| (Exit::CannotRun, format!("cannot catch signals in the guest: {error}")))?;
    let outcome = run(options, &interrupts, &mut |progress| match progress {
        Progress::Asked { run } => tell(&Said::Asked(Box::new(begun(*run)))),
        Progress::Measured { cell, notes } => tell(&Said::Cell { cell, notes }),
        progress => words(&progress).iter().for_each(|words| say(words)),
    });
    outcome.map(delivery).map_err(|error| (error.exit_code(), error.to_string()))
}

fn delivery(outcome: RunEnd) -> GuestResult {
    let code = outcome.exit_code();
    let RunEnd { run, facts, noise, kernel, failure, .. } = outcome;
    GuestResult {
        facts,
        noise: Some(noise),
        kernel,
        code,
        failure: failure.map(|error| error.to_string()),
        ..begun(run)
    }
}

/// The delivery of a run that has no outcome yet.
fn begun(run: Run) -> GuestResult {
    GuestResult {
        run,
        facts: BTreeMap::new(),
        noise: None,
        kernel: proc::kernel(),
        cpu: proc::cpu_model(),
        cpus: available_parallelism().map_or(1, |cpus| cpus.get() as u32),
        code: Exit::AsExpected,
        failure: None,
    }
}

fn words(progress: &Progress) -> Option<String> {
    Some(match progress {
        Progress::Ready { folder, worker, .. } => {
            format!("worker {worker} moves within {}", folder.display())
        }
        Progress::Asked { .. } | Progress::Measured { .. } => return None,
        Progress::Started { cell, of, label, .. } => format!("{}/{of} {label}", cell + 1),
        Progress::Finished { moved, refused, .. } => format!("{moved} moved, {refused} refused"),
    })
}

/// A line on the console.
pub(super) fn say(what: &str) {
    // Where stderr has no reader, the exit code or the missing result says it too.
    let _unheard = writeln!(io::stderr(), "attach-rig: {what}");
}
