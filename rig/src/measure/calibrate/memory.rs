//! Costs of system calls, mappings and pages, as `--real-pages` uses them; of threads; and of walking a list that is
//! not in L1.
use super::{Calibration, Together};
use engines::threads::Refused;
use engines::threads::pages::Space;
use engines::threads::trials::{N, Trials, on_thread, per_turn, repeated};
use model::seam::Current;
use rand::{RngExt, SeedableRng};
use rustix::thread::{sched_getaffinity, sched_setaffinity};
use std::hint::black_box;
use std::io;

/// Repetitions in a trial of a system call.
const CALLS: u64 = 512;
/// Pages that are touched and released in a trial.
const PAGES: usize = 512;
const PAGE_BYTES: usize = 4096;
/// Elements of the list, one cache line each: 256 KiB.
const ELEMENTS: usize = 4096;

pub(super) fn measure(all: &mut Calibration) -> Result<(), Refused> {
    let found = on_thread(|cur| look(cur).map_err(Refused::Memory))??;
    found.into_iter().for_each(|(name, trials)| all.entry(("work", name), trials));
    let touches = on_thread(|cur| touches(cur).map_err(Refused::Memory))??;
    all.together.push(touches);
    Ok(())
}

fn look<C: Current>(cur: &C) -> io::Result<Vec<(&'static str, Trials)>> {
    let syscall = repeated(cur, CALLS, || _ = black_box(rustix::process::getppid()));
    let call_ps = syscall.median_ps();
    let mine = sched_getaffinity(None)?;
    // The CPUs that it already has: nothing migrates.
    let set_cpus = repeated(cur, CALLS, || _ = black_box(sched_setaffinity(None, &mine)));
    let [mmap, touch, give, munmap] = spaces(cur)?;
    let zero = zero(cur);
    Ok(vec![
        ("set_cpus", set_cpus.less(call_ps)),
        ("mmap", mmap.less(call_ps)),
        ("munmap", munmap.less(call_ps)),
        ("fault", touch.less(zero.median_ps())),
        ("page_zero", zero),
        ("page_free", give.less(call_ps / PAGES as u64)),
        ("fork_thread", threads(cur)?),
        ("walk_task", walk(cur)),
        ("syscall", syscall),
    ])
}

/// Times making a mapping, touching and releasing its pages, and unmapping it.
fn spaces<C: Current>(cur: &C) -> io::Result<[Trials; 4]> {
    let mut all = [const { Vec::new() }; 4];
    for _ in 0..N {
        let begin = cur.now();
        let space = Space::new()?;
        let mapped = cur.now();
        space.touch(PAGES);
        let touched = cur.now();
        space.give_back(PAGES)?;
        let given = cur.now();
        drop(space);
        let end = cur.now();
        let pages = PAGES as u64;
        let trial =
            [(mapped - begin, 1), (touched - mapped, pages), (given - touched, pages), (end - given, 1)];
        all.iter_mut().zip(trial).for_each(|(list, (ns, times))| list.push(per_turn(ns, times)));
    }
    Ok(all.map(Trials::of))
}

/// Times touching a page with real pages: each has a fault of its own.
fn touches<C: Current>(cur: &C) -> io::Result<Together> {
    let [_, touch, _, _] = spaces(cur)?;
    let entries = &[("work", "fault"), ("work", "page_zero")];
    Ok(Together { what: "touch of one page that was not there", entries, trials: touch })
}

/// Times clearing pages that are present.
fn zero<C: Current>(cur: &C) -> Trials {
    let mut memory = vec![1_u8; PAGES * PAGE_BYTES];
    let mut pages = memory.chunks_exact_mut(PAGE_BYTES);
    let trial = |_| {
        let mine: Vec<_> = pages.by_ref().take(PAGES / N).collect();
        let (times, before) = (mine.len() as u64, cur.now());
        mine.into_iter().for_each(|page| black_box(page).fill(0));
        per_turn(cur.now() - before, times)
    };
    Trials::of((0..N).map(trial).collect())
}

/// Times starting a thread, as seen by the thread that starts it.
fn threads<C: Current>(cur: &C) -> io::Result<Trials> {
    let mut trials = Vec::new();
    for _ in 0..N {
        let before = cur.now();
        let thread = std::thread::Builder::new().spawn(|| {})?;
        trials.push(per_turn(cur.now() - before, 1));
        // It did nothing that could fail.
        let _ = thread.join();
    }
    Ok(Trials::of(trials))
}

/// Times a step from element to element of a randomly ordered list.
fn walk<C: Current>(cur: &C) -> Trials {
    #[repr(align(64))]
    struct Element(usize);
    let mut dice = rand_pcg::Pcg64::seed_from_u64(1);
    let mut list: Vec<Element> = (0..ELEMENTS).map(Element).collect();
    // Sattolo's algorithm: one cycle through all elements.
    for last in (1..ELEMENTS).rev() {
        list.swap(last, dice.random_range(0..last));
    }
    let mut at = 0;
    repeated(cur, ELEMENTS as u64, || at = black_box(list[at].0))
}
