//! Code shared by the benches: the settings of criterion, sizes, and pairs measured in turn. Each bench uses a part
//! of it.
//!
//! `rig/benches/README.md` says which question each bench answers, and how fair it is.
#![allow(dead_code, reason = "each bench uses a part")]
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]
pub(crate) mod moving;

use criterion::Criterion;
use std::time::Duration;

/// The number of pairs whose median is taken: many and short, so that most are not disturbed.
const PAIRS: usize = 31;

/// Returns criterion with short times, so that all benches together end within minutes.
pub(crate) fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args()
}

/// Reports whether this is `cargo bench`. `cargo test --benches` does not pass `--bench`.
pub(crate) fn full() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// Flags of criterion that are followed by a value.
const WITH_VALUE: [&str; 20] = [
    "--color",
    "--colour",
    "-c",
    "--save-baseline",
    "-s",
    "--baseline",
    "-b",
    "--baseline-lenient",
    "--format",
    "--load-baseline",
    "--sample-size",
    "--warm-up-time",
    "--measurement-time",
    "--nresamples",
    "--noise-threshold",
    "--confidence-level",
    "--significance-level",
    "--profile-time",
    "--plotting-backend",
    "--output-format",
];

/// Returns the names of rows that the command line asks for. None means all rows.
fn filters() -> Vec<String> {
    let mut arguments = std::env::args().skip(1);
    let mut filters = Vec::new();
    while let Some(argument) = arguments.next() {
        if WITH_VALUE.contains(&argument.as_str()) {
            arguments.next();
        } else if !argument.starts_with('-') {
            filters.push(argument);
        }
    }
    filters
}

/// Reports whether a row that criterion does not know is asked for: not with `--list`, and only if a filter is a part
/// of `name`.
pub(crate) fn wanted(name: &str) -> bool {
    let filters = filters();
    let listed = std::env::args().any(|argument| argument == "--list");
    !listed && (filters.is_empty() || filters.iter().any(|filter| name.contains(filter)))
}

/// Measures rounds of `ours` and the same number of `theirs` in turn. Returns the times as (ours, theirs), in ns per
/// round. Both get a number of rounds and return the time that these took.
fn in_turn(
    rounds: u64,
    mut ours: impl FnMut(u64) -> Duration,
    mut theirs: impl FnMut(u64) -> Duration,
) -> Vec<(f64, f64)> {
    let (pairs, rounds) = if full() { (PAIRS, rounds) } else { (1, rounds.div_ceil(100)) };
    let each = |took: Duration| took.as_secs_f64() * 1e9 / rounds as f64;
    let pair = |turn: usize| {
        if turn.is_multiple_of(2) {
            let mine = ours(rounds);
            (each(mine), each(theirs(rounds)))
        } else {
            let other = theirs(rounds);
            (each(ours(rounds)), each(other))
        }
    };
    (0..pairs).map(pair).collect()
}

/// The figure that is printed for a pair.
#[derive(Clone, Copy)]
pub(crate) enum Figure {
    /// The time of ours divided by that of theirs.
    Ratio,
    /// The ns that a round of ours takes more than one of theirs.
    AddedNs,
}

/// Prints that figure of `ours` against `theirs`: the median over pairs.
pub(crate) fn compare(
    (name, figure): (&str, Figure),
    rounds: u64,
    ours: impl FnMut(u64) -> Duration,
    theirs: impl FnMut(u64) -> Duration,
) {
    if !wanted(name) {
        return;
    }
    let pairs = in_turn(rounds, ours, theirs).into_iter();
    match figure {
        Figure::Ratio => println!("{name}: ratio {}", spread(pairs.map(|(a, b)| a / b).collect(), 2)),
        Figure::AddedNs => println!("{name}: {} ns", spread(pairs.map(|(a, b)| a - b).collect(), 1)),
    }
}

/// Prints the ratio of `ours` to `theirs`, by [`compare`].
pub(crate) fn compare_times(
    name: &str,
    rounds: u64,
    ours: impl FnMut(u64) -> Duration,
    theirs: impl FnMut(u64) -> Duration,
) {
    compare((name, Figure::Ratio), rounds, ours, theirs);
}

/// Returns the median with its spread, such as `0.95, median of 31 pairs in turn (0.90 to 0.99)`.
pub(crate) fn spread(mut values: Vec<f64>, digits: usize) -> String {
    let middle = median(&mut values);
    let (least, most) = (values[0], values[values.len() - 1]);
    format!(
        "{middle:.digits$}, median of {} pairs in turn ({least:.digits$} to {most:.digits$})",
        values.len()
    )
}

/// Sorts `values` and returns the middle one.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
