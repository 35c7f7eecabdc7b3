//! What the benches share: the settings of criterion, sizes, and pairs measured in turn. Each bench uses a part of it.
//!
//! | bench | question | unit |
//! |---|---|---|
//! | `attach` | what one attach costs to simulate, and how long one takes on OS threads | wall ns an attach |
//! | `locks` | what our locks and their statistics cost beside parking_lot and std | wall ns an acquisition |
//! | `recorder` | what recording a sample costs beside hdrhistogram alone | wall ns a sample, ratio |
//! | `engine` | how fast the simulator is beside a bare loop of coroutines and nexosim | wall ns a dispatch, ratio |
//! | `report` | what drawing report.html costs | wall ms a page |
//! | `explore` | how fast schedules are explored beside shuttle | operations a second, ratio |
//! | `mover` | whether the mover of real processes costs anything beside a C loop | ratio |
//!
//! Absolute figures hold for one machine and one moment. What can be compared is measured in turn within one run, and the
//! median of the ratios is shown. No bench has a limit; `cargo test --benches` runs each once at a small size.
#![allow(dead_code, reason = "each bench uses a part")]
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]
use criterion::Criterion;
use rig::engine::{Event, Observer, Stamp};
use rig::locks::held::HeldTable;
use rig::locks::stats::LockStats;
use std::time::Duration;

/// Pairs of which the median is taken: many and short, so that most are not disturbed.
const PAIRS: usize = 31;

/// Short, so that all benches together end within minutes.
pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args()
}

/// Whether this is `cargo bench`; `cargo test --benches` does not say so.
pub(crate) fn full() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Whether rows that criterion does not know are asked for: not with `--list`, and only if a filter names a part of `name`.
pub(crate) fn wanted(name: &str) -> bool {
    let mut arguments = std::env::args().skip(1);
    let listed = std::env::args().any(|argument| argument == "--list");
    let filter = arguments.find(|argument| !argument.starts_with('-'));
    !listed && filter.is_none_or(|filter| name.contains(&filter))
}

/// Prints how often the time of `theirs` `ours` takes, as the median of pairs measured in turn. Both get a number of
/// rounds and say how long these took.
pub(crate) fn beside(
    name: &str,
    rounds: u64,
    mut ours: impl FnMut(u64) -> Duration,
    mut theirs: impl FnMut(u64) -> Duration,
) {
    if !wanted(name) {
        return;
    }
    let (pairs, rounds) = if full() { (PAIRS, rounds) } else { (1, rounds.div_ceil(100)) };
    let mut ratios = Vec::new();
    for turn in 0..pairs {
        let second = if turn % 2 == 0 { None } else { Some(theirs(rounds)) };
        let mine = ours(rounds);
        let other = second.unwrap_or_else(|| theirs(rounds));
        ratios.push(mine.as_secs_f64() / other.as_secs_f64());
    }
    println!(
        "{name}: ratio {:.2}, median of {} pairs in turn ({})",
        median(&mut ratios),
        pairs,
        range(&ratios)
    );
}

/// The middle of `values`, which it sorts.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Smallest and largest of sorted values.
fn range(values: &[f64]) -> String {
    format!("{:.2} to {:.2}", values[0], values[values.len() - 1])
}

/// Lock statistics, as every cell has them, and nothing else.
#[derive(Default)]
pub(crate) struct Statistics {
    held: HeldTable,
    stats: LockStats,
}

impl Observer for Statistics {
    fn observe(&mut self, stamp: Stamp, event: &Event) {
        self.stats.observe(&mut self.held, stamp, event);
    }
}
