//! Costs of uncontended accesses to Words and locks, made by actors on threads, and of a charge, which consists of
//! them.
use super::{Calibration, Together};
use engines::threads::Refused;
use engines::threads::trials::{N, Trials, on_thread, per_turn, repeated};
use model::kernel::counter::{Counter, UNLIMITED};
use model::locks::{Mutex, SpinLock};
use model::seam::{Class, Current, SharedCell};
use std::hint::black_box;

/// Repetitions in a trial: long enough for the clock, short enough for a time slice.
const TIMES: u64 = 4096;
/// Locks that are taken one after the other and then released, so that both halves can be timed.
const LOCKS: u32 = 64;
/// Rounds in a trial.
const ROUNDS: u64 = 16;

pub(super) fn measure(all: &mut Calibration) -> Result<(), Refused> {
    let (words, locks, charge) = on_thread(|cur| (words(cur), [spin(cur), mutex(cur)], charge(cur)))?;
    for (name, trials) in ["load", "store", "update"].into_iter().zip(words) {
        all.entry(("access", name), trials);
    }
    for ((take, give), halves) in [("spin", "spin_release"), ("lock", "release")].into_iter().zip(locks) {
        let [taken, given] = halves;
        all.entry(("access", take), taken);
        all.entry(("access", give), given);
    }
    all.together.push(Together {
        what: "charge of one counter level",
        entries: &[("access", "spin"), ("access", "spin_release")],
        trials: charge,
    });
    Ok(())
}

fn words<C: Current>(cur: &C) -> [Trials; 3] {
    let word = SharedCell::new(Class::TotalVm, 0, 0);
    [
        repeated(cur, TIMES, || _ = black_box(word.load(cur))),
        repeated(cur, TIMES, || word.store(cur, black_box(1))),
        repeated(cur, TIMES, || _ = black_box(word.add(cur, 1))),
    ]
}

fn spin<C: Current>(cur: &C) -> [Trials; 2] {
    let locks: Vec<_> = (0..LOCKS).map(|owner| SpinLock::new(Class::CounterLock, owner, ())).collect();
    halves(cur, &locks, |lock| lock.lock(cur))
}

fn mutex<C: Current>(cur: &C) -> [Trials; 2] {
    let locks: Vec<_> = (0..LOCKS).map(|owner| Mutex::new(Class::CgroupMutex, owner, ())).collect();
    halves(cur, &locks, |lock| lock.lock(cur))
}

/// Takes all locks, then releases them all; returns the cost of one of each.
fn halves<'a, C: Current, L, G>(cur: &C, locks: &'a [L], take: impl Fn(&'a L) -> G) -> [Trials; 2] {
    let mut guards = Vec::with_capacity(locks.len());
    let mut trial = || {
        let (mut taking, mut giving) = (0, 0);
        for _ in 0..ROUNDS {
            let before = cur.now();
            guards.extend(locks.iter().map(&take));
            let between = cur.now();
            guards.clear();
            taking += between - before;
            giving += cur.now() - between;
        }
        let times = ROUNDS * u64::from(LOCKS);
        (per_turn(taking, times), per_turn(giving, times))
    };
    let (taken, given) = (0..N).map(|_| trial()).unzip();
    [Trials::of(taken), Trials::of(given)]
}

fn charge<C: Current>(cur: &C) -> Trials {
    let counter = SpinLock::new(Class::CounterLock, 0, Counter::new(UNLIMITED));
    repeated(cur, TIMES, || {
        let charged = counter.lock(cur).charge(black_box(1));
        debug_assert!(charged.is_ok(), "there is no limit");
    })
}
