//! The speed of the explorer compared with shuttle: the same small lock model under both, random schedules, with all
//! checks on and with none.
//!
//! Rates are operations of the model per second (lock, unlock, add), because the two count steps differently. They
//! are medians of five pairs measured in turn, because machines are noisy. Shuttle checks only what the model
//! asserts, and has no virtual time; ours runs every check of a run on the events. `cargo bench --bench explore`;
//! `cargo test --benches` runs one small pair.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]
#[path = "explore/model.rs"]
mod model;
#[path = "shared/mod.rs"]
mod shared;

use ::model::seam::event::NoopObserver;
use engines::sim::steps::{Numbers, Random};
use model::{OPERATIONS, ours, theirs, work};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Rounds of every task.
const ROUNDS: u64 = 10;
/// The number of pairs whose median is taken.
const PAIRS: usize = 5;

/// The result of one side.
#[derive(Clone, Copy)]
struct Rate {
    operations: f64,
    schedules: f64,
}

fn rate(tasks: u64, schedules: u64, took: Duration) -> Rate {
    let seconds = took.as_secs_f64();
    Rate {
        operations: (schedules * tasks * ROUNDS * OPERATIONS) as f64 / seconds,
        schedules: schedules as f64 / seconds,
    }
}

fn ours(tasks: u64, schedules: u64, checked: bool) -> Rate {
    let shared = ours::Shared::new();
    let random = Random::new(1, &Numbers::below(schedules)).expect("there are some");
    let began = Instant::now();
    let seen = |end: u64| assert_eq!(end, tasks * ROUNDS);
    if checked {
        let watch = (ours::judge(), |judge: &mut Box<::model::checks::Judge>| judge.restart());
        let ended = || seen(shared.word());
        ours::each(Box::new(random), watch, (&shared, tasks), |at| work(at, ROUNDS), ended);
    } else {
        let ended = || seen(shared.word());
        ours::each(
            Box::new(random),
            (NoopObserver, |_: &mut _| {}),
            (&shared, tasks),
            |at| work(at, ROUNDS),
            ended,
        );
    }
    rate(tasks, schedules, began.elapsed())
}

fn theirs(tasks: u64, schedules: u64) -> Rate {
    let mut config = shuttle::Config::new();
    config.failure_persistence = shuttle::FailurePersistence::None;
    config.max_steps = shuttle::MaxSteps::None;
    let scheduler = shuttle::scheduler::RandomScheduler::new_from_seed(1, schedules as usize);
    let began = Instant::now();
    shuttle::Runner::new(scheduler, config).run(move || {
        let shared = Arc::new(theirs::Shared::default());
        let work = |shared: Arc<theirs::Shared>| move || work(&*shared, ROUNDS);
        let tasks: Vec<_> = (0..tasks).map(|_| shuttle::thread::spawn(work(Arc::clone(&shared)))).collect();
        for task in tasks {
            task.join().expect("no task panics");
        }
        black_box(&shared);
    });
    rate(tasks, schedules, began.elapsed())
}

fn pairs(tasks: u64, schedules: u64, pairs: usize) {
    for checked in [true, false] {
        let (mut ratios, mut mine, mut other, mut whole) = (vec![], vec![], vec![], [vec![], vec![]]);
        for _ in 0..pairs {
            let (a, b) = (ours(tasks, schedules, checked), theirs(tasks, schedules));
            ratios.push(a.operations / b.operations);
            mine.push(a.operations);
            other.push(b.operations);
            whole[0].push(a.schedules);
            whole[1].push(b.schedules);
        }
        let [mine_whole, other_whole] = whole.map(|mut values: Vec<f64>| shared::median(&mut values));
        println!(
            "{tasks:>5} tasks, {:10} ours {:>7.2} M operations/s, {mine_whole:>9.0} schedules/s; shuttle {:>7.2} M, {other_whole:>9.0}; ratio {:.2}",
            if checked { "all checks:" } else { "no checks:" },
            shared::median(&mut mine) / 1e6,
            shared::median(&mut other) / 1e6,
            shared::median(&mut ratios)
        );
    }
}

fn main() {
    let sizes: &[(u64, u64)] =
        if shared::full() { &[(2, 20_000), (8, 5_000), (1000, 40)] } else { &[(2, 10)] };
    for (tasks, schedules) in sizes.iter().copied() {
        if shared::wanted(&format!("explore/{tasks} tasks")) {
            pairs(tasks, schedules, if shared::full() { PAIRS } else { 1 });
        }
    }
}
