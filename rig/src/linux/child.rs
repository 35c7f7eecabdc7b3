//! What runs inside the worker: a process whose threads map, touch and unmap memory while it is being moved.
//!
//! The command starts itself again with [`WORKER_ARG`]. Over its stdin the worker is asked `count`, over its stdout it
//! answers; when stdin ends, the rig is gone or done with it, and the worker exits. That end, unlike a signal, cannot
//! be missed; the parent-death signal is there for the case that somebody stopped the main thread.
use super::mapping::map_touch_unmap;
use super::options::Load;
use rustix::process::{Signal, set_parent_process_death_signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io::{self, BufRead as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

/// Hidden first argument that makes the command a worker. `main` has to look for it before it parses anything else.
pub const WORKER_ARG: &str = "__worker";

/// Pages per operation: 256 KiB, below the size at which a huge page would take the place of the faults.
pub(super) const PAGES: usize = 64;
/// Pause of a light thread between two operations.
pub(super) const LIGHT_PAUSE: Duration = Duration::from_millis(1);
/// First line of a worker that is ready.
pub(super) const READY: &str = "ready";
/// Question for the counts so far, answered by `count <operations> <failed>`.
pub(super) const COUNT: &str = "count";

/// Operations of all threads.
#[derive(Debug, Default)]
struct Counts {
    /// Relaxed on both sides, as is `failed`: statistics that order nothing.
    operations: AtomicU64,
    failed: AtomicU64,
}

/// Runs the worker; `args` are those behind [`WORKER_ARG`]. Returns when stdin ends.
#[must_use]
pub fn worker_main(args: &[String]) -> ExitCode {
    let Some((threads, load)) = parse(args) else {
        complain("this is started by attach-rig itself, as: __worker --threads N --load light|busy");
        return ExitCode::from(2);
    };
    match serve(threads, load) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn parse(args: &[String]) -> Option<(u32, Load)> {
    match args {
        [threads, number, load, name] if threads == "--threads" && load == "--load" => {
            Some((number.parse().ok().filter(|n| *n > 0)?, name.parse().ok()?))
        }
        _ => None,
    }
}

fn serve(threads: u32, load: Load) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    ignore_signals()?;
    let counts = Arc::new(Counts::default());
    for index in 0..threads {
        let counts = Arc::clone(&counts);
        // Detached: they run until the process exits.
        let _thread =
            thread::Builder::new().name(format!("worker-{index}")).spawn(move || work(&counts, load))?;
    }
    let mut replies = io::stdout().lock();
    writeln!(replies, "{READY}")?;
    replies.flush()?;
    for command in io::stdin().lock().lines() {
        if command? == COUNT {
            let (operations, failed) =
                (counts.operations.load(Ordering::Relaxed), counts.failed.load(Ordering::Relaxed));
            writeln!(replies, "{COUNT} {operations} {failed}")?;
            replies.flush()?;
        }
    }
    Ok(())
}

/// A service manager that stops a whole cgroup signals the worker too; the rig decides when it ends.
fn ignore_signals() -> io::Result<()> {
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::default())?;
    }
    Ok(())
}

fn work(counts: &Counts, load: Load) {
    loop {
        match map_touch_unmap(PAGES) {
            Ok(()) => counts.operations.fetch_add(1, Ordering::Relaxed),
            Err(_) => counts.failed.fetch_add(1, Ordering::Relaxed),
        };
        if load == Load::Light {
            thread::sleep(LIGHT_PAUSE);
        }
    }
}

fn complain(what: &str) {
    // Where stderr is closed there is nobody to tell; the exit code says it too.
    let _unread = writeln!(io::stderr(), "attach-rig worker: {what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_exactly_those_the_rig_gives() {
        let parse = |line: &str| parse(&line.split(' ').map(String::from).collect::<Vec<_>>());
        assert_eq!(parse("--threads 4 --load busy"), Some((4, Load::Busy)));
        for line in
            ["", "--threads 0 --load busy", "--threads 4", "--load busy --threads 4", "--threads 4 --load x"]
        {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
