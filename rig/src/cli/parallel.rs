//! The number of workers for parallel work.
use super::output::say;
use super::progress;
use engines::{Interrupt, pool};
use linux;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

/// Most workers for each CPU.
const PER_CPU: usize = 4;

/// Returns the number of workers: one per CPU unless another number was requested, limited to what is useful and to the
/// threads that the system starts. Prints a line if it is lower than requested.
pub(super) fn jobs(asked: Option<u16>) -> usize {
    let cpus = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let asked = asked.map_or(cpus, usize::from);
    let wanted = asked.min(cpus * PER_CPU);
    if wanted < asked {
        say(&format!(
            "--jobs {asked}: using {wanted}, {PER_CPU} per CPU; more would only wait for each other"
        ));
    }
    let (started, refused) = startable(wanted);
    if let Some(error) = refused {
        let jobs = started.max(1);
        let reason = linux::no_thread();
        say(&format!(
            "the system started {started} of {wanted} workers: {error}{reason}; continuing with {jobs}"
        ));
    }
    started.max(1)
}

/// Starts `wanted` threads that live at the same time, and ends them. Returns how many were started, and the error that
/// prevented more.
fn startable(wanted: usize) -> (usize, Option<std::io::Error>) {
    let (hold, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    thread::scope(|scope| {
        let hold = hold;
        for started in 0..wanted {
            let wait = || {
                let _ended = held.lock().unwrap_or_else(PoisonError::into_inner).recv();
            };
            if let Err(error) = thread::Builder::new().spawn_scoped(scope, wait) {
                return (started, Some(error));
            }
        }
        drop(hold);
        (wanted, None)
    })
}

/// Does `work` for every number below `count` with [`pool::map`], and shows the progress in pieces called `unit`.
pub(super) fn map<R: Send>(
    jobs: usize,
    (count, unit): (usize, &str),
    interrupt: &Interrupt,
    work: impl Fn(usize) -> Option<R> + Sync,
) -> BTreeMap<usize, R> {
    let bar = progress::bar(count, unit);
    let answers = pool::map((jobs, count), interrupt, |at| {
        let answer = work(at);
        bar.inc(1);
        answer
    });
    bar.finish_and_clear();
    answers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_are_at_most_four_for_each_cpu() {
        let cpus = thread::available_parallelism().unwrap().get();
        assert_eq!((jobs(Some(1)), jobs(None), jobs(Some(u16::MAX))), (1, cpus, cpus * PER_CPU));
    }
}
