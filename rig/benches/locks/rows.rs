//! The locks that are compared: how each is made, taken and released, and the loop that all of them run in.
use crate::shared::moving::Statistics;
use engines::threads::current::ThreadCurrent;
use engines::threads::{Setting, Threads};
use faults::{FaultPlan, Injector};
use model::locks::{Mutex, RwSem, SpinLock};
use model::seam::event::NoopObserver;
use model::seam::{Class, Costs, End, Observer};
use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Barrier, OnceLock, mpsc};
use std::time::{Duration, Instant};

/// Turns between two readings of the clock.
const TOGETHER: u64 = 64;

/// Returns the number of rounds of a few instructions that take 1 µs here: the work inside a contended hold.
pub(crate) fn a_microsecond() -> u32 {
    const ROUNDS: u32 = 10_000_000;
    static FOUND: OnceLock<u32> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let rounds_a_us = || {
            let began = Instant::now();
            work(ROUNDS);
            f64::from(ROUNDS) / (began.elapsed().as_secs_f64() * 1e6)
        };
        // The fastest of several: the others were disturbed.
        (0..5).map(|_| rounds_a_us()).fold(1.0, f64::max) as u32
    })
}

fn work(rounds: u32) {
    for round in 0..rounds {
        black_box(round);
    }
}

/// The last holder of the lock. Several readers may be inside at once, hence an atomic; relaxed, because it is only
/// used for counting.
#[derive(Default)]
pub(crate) struct Inside(AtomicU32);

/// One turn of a thread.
#[derive(Clone, Copy)]
struct Turn {
    thread: u32,
    /// The number of rounds of work inside the lock.
    work: u32,
}

impl Turn {
    /// Works inside the lock. Returns whether another thread was the last holder.
    fn touch(self, inside: &Inside) -> bool {
        let after_another = inside.0.load(Relaxed) != self.thread;
        if after_another {
            inside.0.store(self.thread, Relaxed);
        }
        work(self.work);
        after_another
    }
}

/// The result of a run of some threads.
pub(crate) struct Outcome {
    /// The time from the first start to the last end.
    pub(crate) took: Duration,
    acquisitions: u64,
    after_another: u64,
}

impl Outcome {
    /// Returns the wall time divided by the acquisitions, in ns.
    pub(crate) fn ns_each(&self) -> f64 {
        self.took.as_nanos() as f64 / self.acquisitions as f64
    }

    /// Returns the percentage of the acquisitions that came after another thread's.
    pub(crate) fn percent_after_another(&self) -> f64 {
        self.after_another as f64 * 100.0 / self.acquisitions as f64
    }
}

/// The length of a run.
#[derive(Clone, Copy)]
pub(crate) enum Length {
    /// This number of turns of each thread.
    Turns(u64),
    /// This duration, for any number of turns: threads that share CPUs with others need time to meet.
    For(Duration),
}

impl Length {
    /// Takes turns. Returns their number, and the number of those that returned `true`.
    fn take(self, mut turn: impl FnMut() -> bool) -> (u64, u64) {
        let mut some = |turns: u64| (0..turns).map(|_| u64::from(turn())).sum::<u64>();
        let mut sums = (0, 0);
        match self {
            Self::Turns(turns) => sums = (turns, some(turns)),
            Self::For(duration) => {
                let began = Instant::now();
                while began.elapsed() < duration {
                    sums = (sums.0 + TOGETHER, sums.1 + some(TOGETHER));
                }
            }
        }
        sums
    }
}

/// One implementation of a lock.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// Runs a number of threads for a length.
    pub(crate) run: Box<dyn Fn(u32, Length) -> Outcome>,
}

/// One kind of lock: ours, ours with statistics, and the locks that would be used instead.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) rows: Vec<Row>,
}

/// Returns a row: `make` makes the lock; `hold` takes it, touches the data that it guards, and releases it.
fn row<L, T>(
    name: &'static str,
    make: fn() -> T,
    hold: impl Fn(&T, &ThreadCurrent<L>, Turn) -> bool + Copy + Send + 'static,
) -> Row
where
    L: Observer + Default + Send + 'static,
    T: Send + Sync + 'static,
{
    Row { name, run: Box::new(move |threads, length| run(&Arc::new(make()), (threads, length), hold)) }
}

fn run<L, T>(
    lock: &Arc<T>,
    (threads, length): (u32, Length),
    hold: impl Fn(&T, &ThreadCurrent<L>, Turn) -> bool + Copy + Send + 'static,
) -> Outcome
where
    L: Observer + Default + Send + 'static,
    T: Send + Sync + 'static,
{
    let mut engine = Threads::new(Setting {
        costs: Costs::default(),
        injector: Injector::new(FaultPlan::default(), 0),
        give_up_ns: u64::MAX >> 1,
        rest_every_ns: 0,
        real_pages: false,
        listener: Box::new(L::default),
    });
    let together = Arc::new(Barrier::new(threads as usize));
    let (sender, receiver) = mpsc::channel();
    for thread in 1..=threads {
        let (lock, together, sender) = (Arc::clone(lock), Arc::clone(&together), sender.clone());
        let turn = Turn { thread, work: if threads > 1 { a_microsecond() } else { 0 } };
        engine.spawn(move |cur| {
            together.wait();
            let began = Instant::now();
            let sums = length.take(|| hold(&lock, cur, turn));
            sender.send((began, Instant::now(), sums)).expect("awaited");
        });
    }
    assert_eq!(engine.run(|_| {}).expect("there are threads").end, End::Done);
    drop(sender);
    let results: Vec<_> = receiver.iter().collect();
    let began = results.iter().map(|(began, ..)| *began).min().expect("a thread ran");
    let ended = results.iter().map(|(_, ended, _)| *ended).max().expect("a thread ran");
    Outcome {
        took: ended - began,
        acquisitions: results.iter().map(|(.., (turns, _))| turns).sum(),
        after_another: results.iter().map(|(.., (_, after_another))| after_another).sum(),
    }
}

/// Returns every kind.
pub(crate) fn kinds() -> [Kind; 4] {
    [
        Kind { name: "mutex", rows: mutex() },
        Kind { name: "spin", rows: spin() },
        Kind { name: "rwsem read", rows: read() },
        Kind { name: "rwsem write", rows: write() },
    ]
}

fn ours_mutex<L: Observer + Default + Send + 'static>(name: &'static str) -> Row {
    let make = || Mutex::new(Class::CgroupMutex, 0, Inside::default());
    row::<L, _>(name, make, |lock, cur, turn| turn.touch(&lock.lock(cur)))
}

fn ours_spin<L: Observer + Default + Send + 'static>(name: &'static str) -> Row {
    let make = || SpinLock::new(Class::CounterLock, 0, Inside::default());
    row::<L, _>(name, make, |lock, cur, turn| turn.touch(&lock.lock(cur)))
}

fn ours_read<L: Observer + Default + Send + 'static>(name: &'static str) -> Row {
    let make = || RwSem::new(Class::MmapSem, 0, Inside::default());
    row::<L, _>(name, make, |lock, cur, turn| turn.touch(&lock.read(cur)))
}

fn ours_write<L: Observer + Default + Send + 'static>(name: &'static str) -> Row {
    let make = || RwSem::new(Class::MmapSem, 0, Inside::default());
    row::<L, _>(name, make, |lock, cur, turn| turn.touch(&lock.write(cur)))
}

fn mutex() -> Vec<Row> {
    let mut rows = vec![ours_mutex::<NoopObserver>("ours"), ours_mutex::<Statistics>("ours with statistics")];
    rows.extend(others());
    rows
}

fn spin() -> Vec<Row> {
    let mut rows = vec![ours_spin::<NoopObserver>("ours"), ours_spin::<Statistics>("ours with statistics")];
    rows.extend(others());
    rows
}

/// Returns the mutexes of parking_lot and std.
fn others() -> [Row; 2] {
    [
        row::<NoopObserver, parking_lot::Mutex<Inside>>(
            "parking_lot mutex",
            Default::default,
            |lock, _, turn| turn.touch(&lock.lock()),
        ),
        row::<NoopObserver, std::sync::Mutex<Inside>>("std mutex", Default::default, |lock, _, turn| {
            turn.touch(&lock.lock().expect("no thread panics"))
        }),
    ]
}

fn read() -> Vec<Row> {
    vec![
        ours_read::<NoopObserver>("ours"),
        ours_read::<Statistics>("ours with statistics"),
        row::<NoopObserver, parking_lot::RwLock<Inside>>(
            "parking_lot rwlock",
            Default::default,
            |lock, _, turn| turn.touch(&lock.read()),
        ),
        row::<NoopObserver, std::sync::RwLock<Inside>>("std rwlock", Default::default, |lock, _, turn| {
            turn.touch(&lock.read().expect("no thread panics"))
        }),
    ]
}

fn write() -> Vec<Row> {
    vec![
        ours_write::<NoopObserver>("ours"),
        ours_write::<Statistics>("ours with statistics"),
        row::<NoopObserver, parking_lot::RwLock<Inside>>(
            "parking_lot rwlock",
            Default::default,
            |lock, _, turn| turn.touch(&lock.write()),
        ),
        row::<NoopObserver, std::sync::RwLock<Inside>>("std rwlock", Default::default, |lock, _, turn| {
            turn.touch(&lock.write().expect("no thread panics"))
        }),
    ]
}
