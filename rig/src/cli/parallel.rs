//! Parallel work on independent items, with the results in the order of the items.
use super::output::say;
use engines::Interrupt;
use linux;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// Does `work` for every number below `count`, on at most `jobs` threads including this one. A number has no result if
/// `interrupt` came first, or if `work` returned none.
pub(super) fn map<R: Send>(
    jobs: usize,
    count: usize,
    interrupt: &Interrupt,
    work: impl Fn(usize) -> Option<R> + Sync,
) -> BTreeMap<usize, R> {
    // Relaxed: the counter hands out numbers and orders nothing else.
    let next = AtomicUsize::new(0);
    let answers: Mutex<BTreeMap<usize, R>> = Mutex::default();
    let take = || {
        while !interrupt.is_set() {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return;
            }
            if let Some(answer) = work(at) {
                answers.lock().unwrap_or_else(PoisonError::into_inner).insert(at, answer);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..jobs.min(count) {
            // Fewer threads take longer and give the same result.
            if thread::Builder::new().spawn_scoped(scope, take).is_err() {
                break;
            }
        }
        take();
    });
    answers.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_the_order_of_the_questions() {
        let never = Interrupt::never();
        let squares: BTreeMap<_, _> = (0..100).map(|n| (n, n * n)).collect();
        assert_eq!(map(3, 100, &never, |n| Some(n * n)), squares);
        assert_eq!(map(3, 0, &never, Some), BTreeMap::new());
        assert_eq!(map(0, 2, &never, Some), BTreeMap::from([(0, 0), (1, 1)]));
    }

    #[test]
    fn an_interrupt_leaves_the_rest_unanswered() {
        let interrupt = Interrupt::never();
        let stops = |at| {
            if at == 3 {
                interrupt.set(2);
            }
            (at < 3).then_some(at)
        };
        assert_eq!(map(1, 6, &interrupt, stops), BTreeMap::from([(0, 0), (1, 1), (2, 2)]));
    }

    #[test]
    fn workers_are_at_most_four_for_each_cpu() {
        let cpus = thread::available_parallelism().unwrap().get();
        assert_eq!((jobs(Some(1)), jobs(None), jobs(Some(u16::MAX))), (1, cpus, cpus * PER_CPU));
    }
}
