//! A pool of workers for independent items. The caller receives each result on its own thread as soon as it is there.
use super::Interrupt;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// The interval at which a caller that waits for a result is woken.
const TICK: Duration = Duration::from_millis(20);

/// The number of an item with its result, or with the panic that ended it.
pub type Done<R> = (usize, thread::Result<R>);

/// Does `work` for each number below `count`, in order, on at most `jobs` threads. Stops handing out numbers when
/// `interrupt` is set. Passes each result to `receive` on this thread, and `None` at every tick.
///
/// # Errors
/// The first error of `receive`, after which no more items are begun.
pub fn each<R: Send, E>(
    (jobs, count): (usize, usize),
    interrupt: &Interrupt,
    work: impl Fn(usize) -> R + Sync,
    mut receive: impl FnMut(Option<Done<R>>) -> Result<(), E>,
) -> Result<(), E> {
    // Relaxed: the counter hands out numbers and orders nothing else.
    let next = AtomicUsize::new(0);
    let take = || {
        let at = if interrupt.is_set() { count } else { next.fetch_add(1, Ordering::Relaxed) };
        (at < count).then(|| (at, catch_unwind(AssertUnwindSafe(|| work(at)))))
    };
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        // Dropped at an error, which ends the workers.
        let receiver = receiver;
        let start = |_: &usize| {
            let sender = sender.clone();
            let run = move || while take().is_some_and(|done| sender.send(done).is_ok()) {};
            // Fewer workers take longer and give the same result.
            thread::Builder::new().spawn_scoped(scope, run).is_ok()
        };
        let started = (0..jobs.clamp(1, count.max(1))).take_while(start).count();
        drop(sender);
        if started == 0 {
            return std::iter::from_fn(take).try_for_each(|done| receive(Some(done)));
        }
        loop {
            match receiver.recv_timeout(TICK) {
                Ok(done) => receive(Some(done))?,
                Err(RecvTimeoutError::Timeout) => receive(None)?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    })
}

/// Does `work` as [`each`] and returns the results by number. A number has no result if `interrupt` came first, or if
/// `work` returned none.
///
/// # Panics
/// Passes on the panic of an item.
pub fn map<R: Send>(
    size: (usize, usize),
    interrupt: &Interrupt,
    work: impl Fn(usize) -> Option<R> + Sync,
) -> BTreeMap<usize, R> {
    let mut results = BTreeMap::new();
    let Ok(()) = each(size, interrupt, work, |done| -> Result<(), Infallible> {
        if let Some((at, result)) = done {
            results.extend(result.unwrap_or_else(|panic| resume_unwind(panic)).map(|result| (at, result)));
        }
        Ok(())
    });
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let never = Interrupt::never();
        let squares: BTreeMap<_, _> = (0..100).map(|n| (n, n * n)).collect();
        assert_eq!(map((3, 100), &never, |n| Some(n * n)), squares);
        assert_eq!(map((3, 0), &never, Some), BTreeMap::new());
        assert_eq!(map((0, 2), &never, Some), BTreeMap::from([(0, 0), (1, 1)]));
    }

    #[test]
    fn an_interrupt_leaves_the_rest_without_result() {
        let interrupt = Interrupt::never();
        let stops = |at| {
            if at == 3 {
                interrupt.set(2);
            }
            (at < 3).then_some(at)
        };
        assert_eq!(map((1, 6), &interrupt, stops), BTreeMap::from([(0, 0), (1, 1), (2, 2)]));
    }

    #[test]
    fn a_panic_ends_one_item_and_an_error_ends_all() {
        let (never, mut seen) = (Interrupt::never(), Vec::new());
        let work = |at: usize| assert!(at != 1, "item 1");
        let all = each((1, 3), &never, work, |done| -> Result<(), Infallible> {
            seen.extend(done.map(|(at, result)| (at, result.is_ok())));
            Ok(())
        });
        assert_eq!((all, seen), (Ok(()), vec![(0, true), (1, false), (2, true)]));
        let begun = AtomicUsize::new(0);
        let slow = |_| {
            begun.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(1));
        };
        assert_eq!(each((2, 1_000), &never, slow, |done| done.map_or(Ok(()), |_| Err("full"))), Err("full"));
        assert!(begun.into_inner() < 1_000);
    }
}
