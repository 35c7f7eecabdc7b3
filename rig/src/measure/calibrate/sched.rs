//! Costs of waiting and waking between two actors: hand-over, wake-up, switch, and the length of a time slice.
//!
//! A switch is the time of a hand-over on one CPU, less the two system calls that it consists of. A wake-up is the time
//! of a hand-over between two CPUs, less a switch.
use super::{Calibration, Together};
use engines::threads::Refused;
use engines::threads::current::ThreadCurrent;
use engines::threads::trials::{N, Trials, on_thread, per_turn, repeated};
use model::locks::Mutex;
use model::seam::event::NoopObserver;
use model::seam::{Class, Current, Object, Wait};
use rustix::thread::{CpuSet, futex, sched_getaffinity, sched_setaffinity};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Rounds of a trial, each two hand-overs.
const ROUNDS: u64 = 200;
/// Turns of a trial of a system call.
const CALLS: u64 = 512;
/// Time for which two actors share a CPU, in ns: several dozen time slices.
const SHARED_NS: u64 = 200_000_000;
/// Length of a gap in ns that is too long for an interrupt: another thread had the CPU.
const GAP_NS: u64 = 200_000;
/// Gaps that are enough for a result.
const GAPS: usize = 8;

type Actor = ThreadCurrent<NoopObserver>;

/// The object that they wait for. No other actor does, so any object will do.
const ON: Object = Object { class: Class::CgroupMutex, owner: 0 };

pub(super) fn measure(all: &mut Calibration) -> Result<(), Refused> {
    let cpus = cpus();
    let (Some(first), second) = (cpus.first().copied(), cpus.get(1).copied()) else { return Ok(()) };
    let calls_ps = on_thread(calls)?;
    let switch = ping_pong(Wait::Sleep, [first, first])?.less(calls_ps);
    if let Some(second) = second {
        all.entry(("sched", "spin_handoff"), ping_pong(Wait::Spin, [first, second])?);
        all.entry(("sched", "wakeup"), ping_pong(Wait::Sleep, [first, second])?.less(switch.median_ps()));
        all.together.push(Together {
            what: "mutex handed to a sleeper",
            entries: &[("access", "release"), ("sched", "wakeup"), ("sched", "context_switch")],
            trials: handed([first, second])?,
        });
    }
    all.entry(("sched", "context_switch"), switch);
    let slices = on_thread(move |cur| slices(cur, first))?;
    if slices.n() >= GAPS {
        all.entry(("sched", "time_slice"), slices);
    }
    Ok(())
}

/// CPUs on which this process may run.
fn cpus() -> Vec<usize> {
    let mine = sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
    (0..CpuSet::MAX_CPU).filter(|cpu| mine.is_set(*cpu)).collect()
}

/// Pins this thread, which ends soon, to one CPU. If that is refused, it stays where it is.
fn pin(cpu: usize) {
    let mut only = CpuSet::new();
    only.set(cpu);
    let _ = sched_setaffinity(None, &only);
}

/// Times the two system calls of a hand-over without a waiter to wake or a value to wait for, in ps.
fn calls<C: Current>(cur: &C) -> u64 {
    let word = AtomicU32::new(0);
    let wake = repeated(cur, CALLS, || _ = black_box(futex::wake(&word, futex::Flags::PRIVATE, 1)));
    let wait = repeated(cur, CALLS, || _ = black_box(futex::wait(&word, futex::Flags::PRIVATE, 1, None)));
    wake.median_ps() + wait.median_ps()
}

/// Times a hand-over between two actors on these CPUs that wait for each other in turn.
fn ping_pong(how: Wait, cpus: [usize; 2]) -> Result<Trials, Refused> {
    let trial = move |cur: &Actor| {
        let me = cur.actor();
        pin(cpus[0]);
        let other = cur.spawn(move |cur| {
            pin(cpus[1]);
            for _ in 0..=ROUNDS {
                cur.wait(ON, how);
                cur.wake(me);
            }
        });
        let round = || {
            cur.wake(other);
            cur.wait(ON, how);
        };
        // The first is the other actor's start.
        round();
        let before = cur.now();
        (0..ROUNDS).for_each(|_| round());
        per_turn(cur.now() - before, 2 * ROUNDS)
    };
    (0..N).map(|_| on_thread(trial)).collect::<Result<_, _>>().map(Trials::of)
}

/// Times a hand-over of a mutex that two actors want all the time: the one that releases it queues behind the other.
fn handed(cpus: [usize; 2]) -> Result<Trials, Refused> {
    let trial = move |cur: &Actor| {
        let shared = Arc::new((Mutex::new(Class::CgroupMutex, 0, 0_u64), AtomicBool::new(false)));
        let theirs = Arc::clone(&shared);
        pin(cpus[0]);
        cur.spawn(move |cur| {
            pin(cpus[1]);
            while !theirs.1.load(Ordering::SeqCst) {
                *theirs.0.lock(cur) += 1;
            }
        });
        // Waits until the other actor is there.
        while *shared.0.lock(cur) == 0 {
            std::thread::yield_now();
        }
        let (begun, before) = (*shared.0.lock(cur), cur.now());
        (0..ROUNDS).for_each(|_| drop(shared.0.lock(cur)));
        let took = cur.now() - before;
        let theirs = *shared.0.lock(cur) - begun;
        shared.1.store(true, Ordering::SeqCst);
        // If the other actor took it less often, it was not handed over every time.
        per_turn(took, 2 * theirs.min(ROUNDS))
    };
    (0..N).map(|_| on_thread(trial)).collect::<Result<_, _>>().map(Trials::of)
}

/// Times for how long another thread keeps the CPU from an actor that wants it all the time.
fn slices(cur: &Actor, cpu: usize) -> Trials {
    let over = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&over);
    pin(cpu);
    cur.spawn(move |_| {
        pin(cpu);
        while !theirs.load(Ordering::SeqCst) {
            std::hint::spin_loop();
        }
    });
    let (begin, mut gaps) = (cur.now(), Vec::new());
    let mut last = begin;
    while last - begin < SHARED_NS {
        let now = cur.now();
        if now - last >= GAP_NS {
            gaps.push(per_turn(now - last, 1));
        }
        last = now;
    }
    over.store(true, Ordering::SeqCst);
    Trials::of(gaps)
}
