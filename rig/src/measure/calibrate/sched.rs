//! Waiting and waking between two actors: handing over, waking, switching, and how long one keeps its CPU.
//!
//! A switch is what a hand-over on one CPU takes beyond the two system calls that it is made of. A wake-up is what a
//! hand-over between two CPUs takes beyond a switch.
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
/// How long two share a CPU, in ns: some dozens of time slices.
const SHARED_NS: u64 = 200_000_000;
/// A gap of this length, in ns, is no interrupt: somebody else had the CPU.
const GAP_NS: u64 = 200_000;
/// Gaps that are enough to tell.
const GAPS: usize = 8;

type Actor = ThreadCurrent<NoopObserver>;

/// What they wait for. Nobody else does, so any will do.
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

/// Keeps this thread, which ends soon, on one CPU. Where that is refused it stays where it is.
fn pin(cpu: usize) {
    let mut only = CpuSet::new();
    only.set(cpu);
    let _ = sched_setaffinity(None, &only);
}

/// The two system calls of a hand-over, when there is nobody to wake and nothing to wait for, in ps.
fn calls<C: Current>(cur: &C) -> u64 {
    let word = AtomicU32::new(0);
    let wake = repeated(cur, CALLS, || _ = black_box(futex::wake(&word, futex::Flags::PRIVATE, 1)));
    let wait = repeated(cur, CALLS, || _ = black_box(futex::wait(&word, futex::Flags::PRIVATE, 1, None)));
    wake.median_ps() + wait.median_ps()
}

/// One hand-over between two actors on these CPUs who wait for each other in turn.
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
        // The first is the other's start.
        round();
        let before = cur.now();
        (0..ROUNDS).for_each(|_| round());
        per_turn(cur.now() - before, 2 * ROUNDS)
    };
    (0..N).map(|_| on_thread(trial)).collect::<Result<_, _>>().map(Trials::of)
}

/// One hand-over of a mutex that two actors want all the time: who gives it back queues again behind the other.
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
        // Until the other is there.
        while *shared.0.lock(cur) == 0 {
            std::thread::yield_now();
        }
        let (begun, before) = (*shared.0.lock(cur), cur.now());
        (0..ROUNDS).for_each(|_| drop(shared.0.lock(cur)));
        let took = cur.now() - before;
        let theirs = *shared.0.lock(cur) - begun;
        shared.1.store(true, Ordering::SeqCst);
        // Where the other came less often, it was not handed over every time.
        per_turn(took, 2 * theirs.min(ROUNDS))
    };
    (0..N).map(|_| on_thread(trial)).collect::<Result<_, _>>().map(Trials::of)
}

/// How long somebody else keeps the CPU of one who wants it all the time.
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
