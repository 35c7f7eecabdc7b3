//! The locks side by side: how each is made, taken and given, and the loop that all of them run in.
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

/// Rounds of a few instructions that take 1 µs here: the work inside a contended hold.
pub(crate) fn a_microsecond() -> u32 {
    const ROUNDS: u32 = 10_000_000;
    static FOUND: OnceLock<u32> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let rounds_a_us = || {
            let began = Instant::now();
            work(ROUNDS);
            f64::from(ROUNDS) / (began.elapsed().as_secs_f64() * 1e6)
        };
        // The quickest of some: the others were disturbed.
        (0..5).map(|_| rounds_a_us()).fold(1.0, f64::max) as u32
    })
}

fn work(rounds: u32) {
    for round in 0..rounds {
        black_box(round);
    }
}

/// Who was in the lock last. Readers are here together, hence an atomic; relaxed, for it is only counted with.
#[derive(Default)]
pub(crate) struct Inside(AtomicU32);

/// One turn of a thread.
#[derive(Clone, Copy)]
struct Turn {
    thread: u32,
    /// Rounds of work inside.
    work: u32,
}

impl Turn {
    /// Works inside; returns whether another thread was here last.
    fn touch(self, inside: &Inside) -> bool {
        let after_another = inside.0.load(Relaxed) != self.thread;
        if after_another {
            inside.0.store(self.thread, Relaxed);
        }
        work(self.work);
        after_another
    }
}

/// What a run of some threads gave.
pub(crate) struct Outcome {
    /// From the first start to the last end.
    pub(crate) took: Duration,
    acquisitions: u64,
    after_another: u64,
}

impl Outcome {
    /// Wall time divided by acquisitions, in ns.
    pub(crate) fn ns_each(&self) -> f64 {
        self.took.as_nanos() as f64 / self.acquisitions as f64
    }

    /// Share of the acquisitions that came after another thread's.
    pub(crate) fn percent_after_another(&self) -> f64 {
        self.after_another as f64 * 100.0 / self.acquisitions as f64
    }
}

/// How long a run lasts.
#[derive(Clone, Copy)]
pub(crate) enum Length {
    /// So many turns of each thread.
    Turns(u64),
    /// So long, whatever comes of it: threads that share CPUs with others need time to meet.
    For(Duration),
}

impl Length {
    /// Takes turns; returns how many, and how many of them say yes.
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

/// One lock, by whom.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// Runs that many threads for so long.
    pub(crate) run: Box<dyn Fn(u32, Length) -> Outcome>,
}

/// One kind of lock: ours, ours with statistics, and what would be used instead.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) rows: Vec<Row>,
}

/// A row: `make` makes the lock; `hold` takes it, touches what it guards, and gives it back.
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
    let (tell, told) = mpsc::channel();
    for thread in 1..=threads {
        let (lock, together, tell) = (Arc::clone(lock), Arc::clone(&together), tell.clone());
        let turn = Turn { thread, work: if threads > 1 { a_microsecond() } else { 0 } };
        engine.spawn(move |cur| {
            together.wait();
            let began = Instant::now();
            let sums = length.take(|| hold(&lock, cur, turn));
            tell.send((began, Instant::now(), sums)).expect("awaited");
        });
    }
    assert_eq!(engine.run(|_| {}).expect("there are threads").end, End::Done);
    drop(tell);
    let told: Vec<_> = told.iter().collect();
    let began = told.iter().map(|(began, ..)| *began).min().expect("somebody ran");
    let ended = told.iter().map(|(_, ended, _)| *ended).max().expect("somebody ran");
    Outcome {
        took: ended - began,
        acquisitions: told.iter().map(|(.., (turns, _))| turns).sum(),
        after_another: told.iter().map(|(.., (_, after_another))| after_another).sum(),
    }
}

/// Every kind.
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

/// Mutexes of others.
fn others() -> [Row; 2] {
    [
        row::<NoopObserver, parking_lot::Mutex<Inside>>(
            "parking_lot mutex",
            Default::default,
            |lock, _, turn| turn.touch(&lock.lock()),
        ),
        row::<NoopObserver, std::sync::Mutex<Inside>>("std mutex", Default::default, |lock, _, turn| {
            turn.touch(&lock.lock().expect("nobody panics"))
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
            turn.touch(&lock.read().expect("nobody panics"))
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
            turn.touch(&lock.write().expect("nobody panics"))
        }),
    ]
}
