//! The engine's guarantees to actors, without any modelled kernel.
use engines::threads::current::ThreadCurrent;
use engines::threads::{Finished, Setting, Threads};
use faults::{FaultPlan, Injector};
use model::locks::{Mutex, RwSem, SpinLock};
use model::seam::event::{NoopObserver, OpKind};
use model::seam::{Class, Costs, Current, End, Event, Observer, SharedCell, Stamp, Work};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Counts the events that it receives.
#[derive(Default)]
struct Ear {
    acquired: u64,
    contended: u64,
    /// The time read last; `went_back` is set if it ever went back.
    last_ns: u64,
    went_back: bool,
}

impl Observer for Ear {
    fn observe(&mut self, stamp: Stamp, event: &Event) {
        self.went_back |= stamp.at_ns < self.last_ns;
        self.last_ns = stamp.at_ns;
        match event {
            Event::LockAcquired { waited_ns, .. } => {
                self.acquired += 1;
                self.contended += u64::from(waited_ns.is_some());
            }
            Event::Start(_) => self.last_ns = 0,
            _ => {}
        }
    }
}

fn setting<L: Default + 'static>(rest_every_ns: u64) -> Setting<L> {
    Setting {
        costs: Costs::default(),
        injector: Injector::new(FaultPlan::default(), 0),
        give_up_ns: 20_000_000_000,
        rest_every_ns,
        real_pages: false,
        listener: Box::new(L::default),
    }
}

fn run<L: Observer + Default + Send + 'static>(
    rest_every_ns: u64,
    body: impl FnOnce(&ThreadCurrent<L>) + Send + 'static,
    at_rest: impl FnMut(u64),
) -> Finished<L> {
    let mut threads = Threads::new(setting(rest_every_ns));
    threads.spawn(body);
    threads.run(at_rest).expect("there are threads")
}

/// One operation of the workload around `body`.
fn operation<C: Current>(cur: &C, body: impl FnOnce()) {
    cur.emit(Event::OpBegin { kind: OpKind::Mmap, mm: None });
    body();
    cur.emit(Event::OpEnd { result: Ok(()) });
}

const ACTORS: u64 = 6;
const TURNS: u64 = 5_000;

#[test]
fn locks_keep_others_out_and_every_acquisition_is_reported() {
    let counts = Arc::new((
        SpinLock::new(Class::CounterLock, 0, 0_u64),
        Mutex::new(Class::CgroupMutex, 0, 0_u64),
        RwSem::new(Class::MmapSem, 0, 0_u64),
    ));
    let theirs = Arc::clone(&counts);
    let finished = run::<Ear>(
        0,
        move |cur| {
            for _ in 0..ACTORS {
                let counts = Arc::clone(&theirs);
                cur.spawn(move |cur| {
                    for turn in 0..TURNS {
                        *counts.1.lock(cur) += 1;
                        *counts.0.lock(cur) += 1;
                        if turn % 4 == 0 {
                            *counts.2.write(cur) += 1;
                        } else {
                            let read = counts.2.read(cur);
                            assert!(*read <= ACTORS * TURNS);
                        }
                    }
                });
            }
        },
        |_| {},
    );
    assert_eq!(finished.end, End::Done);
    assert_eq!(finished.counts.actors, ACTORS + 1);
    assert_eq!(counts.0.quiet(|n| *n), ACTORS * TURNS);
    assert_eq!(counts.1.quiet(|n| *n), ACTORS * TURNS);
    assert_eq!(counts.2.quiet(|n| *n), ACTORS * TURNS / 4);
    assert!(counts.0.is_free() && counts.1.is_free() && counts.2.is_free());
    let ears = || finished.listeners.iter().map(|(_, ear)| ear);
    assert_eq!(ears().map(|ear| ear.acquired).sum::<u64>(), 3 * ACTORS * TURNS);
    assert_eq!(ears().map(|ear| ear.contended).sum::<u64>(), finished.counts.waits);
    assert!(ears().all(|ear| !ear.went_back), "no actor's time goes back");
}

#[test]
fn sleeping_and_working_take_the_time_that_they_say() {
    let began = Instant::now();
    let finished = run::<NoopObserver>(
        0,
        |cur| {
            let before = cur.now();
            cur.sleep_until(before + 2_000_000);
            assert!(cur.now() >= before + 2_000_000);
            let before = cur.now();
            cur.work(Work::Delay, 300_000);
            assert!(cur.now() >= before + 300_000);
        },
        |_| {},
    );
    assert_eq!(finished.end, End::Done);
    assert!(began.elapsed() >= Duration::from_micros(2_300));
}

#[test]
fn all_threads_rest_between_operations_and_the_clock_stops() {
    let inside = Arc::new(AtomicU64::new(0));
    let (theirs, seen) = (Arc::clone(&inside), Arc::clone(&inside));
    let mut rests = Vec::new();
    let began = Instant::now();
    let finished = run::<NoopObserver>(
        2_000_000,
        move |cur| {
            for actor in 0..ACTORS {
                let inside = Arc::clone(&theirs);
                cur.spawn(move |cur| {
                    while cur.now() < 60_000_000 {
                        operation(cur, || {
                            inside.fetch_add(1, Ordering::SeqCst);
                            cur.work(Work::Delay, 5_000);
                            inside.fetch_sub(1, Ordering::SeqCst);
                        });
                        if actor % 2 == 0 {
                            cur.sleep_until(cur.now() + 100_000);
                        }
                    }
                });
            }
        },
        |now_ns| {
            assert_eq!(seen.load(Ordering::SeqCst), 0, "no actor is in the middle of an operation");
            std::thread::sleep(Duration::from_millis(3));
            rests.push(now_ns);
        },
    );
    assert_eq!(finished.end, End::Done);
    assert_eq!(finished.counts.rests, rests.len() as u64);
    assert!(!rests.is_empty());
    let looked = Duration::from_millis(3) * rests.len() as u32;
    assert!(
        began.elapsed() >= Duration::from_nanos(finished.now_ns) + looked,
        "looks take no time of the run"
    );
}

#[test]
fn a_deadlock_is_found_and_the_waiters_named() {
    let locks = Arc::new((Mutex::new(Class::CgroupMutex, 0, ()), Mutex::new(Class::CallbackMutex, 0, ())));
    let theirs = Arc::clone(&locks);
    let began = Instant::now();
    let finished = run::<Ear>(
        0,
        move |cur| {
            let both = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
            for first in [true, false] {
                let (locks, both) = (Arc::clone(&theirs), Arc::clone(&both));
                cur.spawn(move |cur| {
                    let (mine, other) = if first { (&locks.0, &locks.1) } else { (&locks.1, &locks.0) };
                    let _held = mine.lock(cur);
                    let (here, there) = if first { (&both.0, &both.1) } else { (&both.1, &both.0) };
                    here.store(true, Ordering::SeqCst);
                    while !there.load(Ordering::SeqCst) {
                        std::thread::yield_now();
                    }
                    let _both = other.lock(cur);
                    unreachable!("the other has it");
                });
            }
        },
        |_| {},
    );
    let End::Deadlock(waiting) = finished.end else { panic!("{:?}", finished.end) };
    let on: Vec<_> = waiting.iter().map(|(_, on)| on.to_string()).collect();
    assert_eq!(waiting.len(), 2);
    assert!(on.contains(&"cgroup_mutex".to_owned()) && on.contains(&"callback_mutex".to_owned()), "{on:?}");
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(finished.listeners.len(), 3, "every actor was unwound and gave its listener back");
}

#[test]
fn a_run_without_end_is_given_up() {
    let mut threads = Threads::<NoopObserver>::new(Setting { give_up_ns: 30_000_000, ..setting(0) });
    threads.spawn(|cur| {
        loop {
            operation(cur, || cur.work(Work::Delay, 10_000));
        }
    });
    assert_eq!(threads.run(|_| {}).expect("there are threads").end, End::Abandoned);
}

#[test]
fn a_panic_of_an_actor_is_passed_on_also_where_others_wait_for_it() {
    let lock = Arc::new(Mutex::new(Class::CgroupMutex, 0, ()));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        run::<NoopObserver>(
            0,
            move |cur| {
                let theirs = Arc::clone(&lock);
                let _held = lock.lock(cur);
                cur.spawn(move |cur| drop(theirs.lock(cur)));
                cur.sleep_until(cur.now() + 2_000_000);
                std::panic::resume_unwind(Box::new("mine"));
            },
            |_| {},
        )
    }));
    let payload = panicked.err().expect("it is passed on");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"mine"));
}

#[test]
fn a_grace_period_waits_for_readers_that_began_before() {
    let finished = run::<NoopObserver>(
        0,
        |cur| {
            let inside = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&inside);
            let done = Arc::new(AtomicBool::new(false));
            let left = Arc::clone(&done);
            cur.spawn(move |cur| {
                cur.rcu_read(|| {
                    theirs.store(true, Ordering::SeqCst);
                    cur.work(Work::Delay, 3_000_000);
                    left.store(true, Ordering::SeqCst);
                });
            });
            while !inside.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            cur.synchronize_rcu(0);
            assert!(done.load(Ordering::SeqCst), "the reader has left its section");
            let before = cur.now();
            cur.synchronize_rcu(1_000_000);
            assert!(cur.now() >= before + 1_000_000, "and it costs what was asked for");
        },
        |_| {},
    );
    assert_eq!(finished.end, End::Done);
}

/// A Word is sequentially consistent on every engine: of two actors that each write one Word and read the other, at
/// least one sees the other's write.
#[test]
fn words_are_sequentially_consistent() {
    for _ in 0..300 {
        let words = Arc::new((SharedCell::new(Class::TotalVm, 0, 0), SharedCell::new(Class::MmOwner, 0, 0)));
        let seen = Arc::new(AtomicU64::new(0));
        let (theirs, count) = (Arc::clone(&words), Arc::clone(&seen));
        let finished = run::<NoopObserver>(
            0,
            move |cur| {
                for first in [true, false] {
                    let (words, seen) = (Arc::clone(&theirs), Arc::clone(&count));
                    cur.spawn(move |cur| {
                        let (mine, other) = if first { (&words.0, &words.1) } else { (&words.1, &words.0) };
                        mine.store(cur, 1);
                        seen.fetch_add(other.load(cur), Ordering::SeqCst);
                    });
                }
            },
            |_| {},
        );
        assert_eq!(finished.end, End::Done);
        assert!(seen.load(Ordering::SeqCst) > 0);
    }
}

#[test]
fn sleeping_with_a_spinlock_held_is_reported() {
    #[derive(Default)]
    struct Slept(u64);
    impl Observer for Slept {
        fn observe(&mut self, _: Stamp, event: &Event) {
            self.0 += u64::from(matches!(event, Event::SleptInAtomic { .. }));
        }
    }
    let finished = run::<Slept>(
        0,
        |cur| {
            let locks =
                Arc::new((SpinLock::new(Class::CounterLock, 0, ()), Mutex::new(Class::CgroupMutex, 0, ())));
            let theirs = Arc::clone(&locks);
            let held = locks.1.lock(cur);
            cur.spawn(move |cur| {
                let _spin = theirs.0.lock(cur);
                drop(theirs.1.lock(cur));
            });
            cur.sleep_until(cur.now() + 5_000_000);
            drop(held);
        },
        |_| {},
    );
    assert_eq!(finished.end, End::Done);
    assert_eq!(finished.listeners.iter().map(|(_, slept)| slept.0).sum::<u64>(), 1);
}
