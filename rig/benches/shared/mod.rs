//! What the benches share: the settings of criterion, sizes, and pairs measured in turn. Each bench uses a part of it.
//!
//! What each bench asks, and how fair it is, says `rig/benches/README.md`.
#![allow(dead_code, reason = "each bench uses a part")]
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]
pub(crate) mod moving;

use criterion::Criterion;
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

/// Names of rows that the command line asks for: all without any.
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

/// Whether rows that criterion does not know are asked for: not with `--list`, and only if a filter names a part of `name`.
pub(crate) fn wanted(name: &str) -> bool {
    let filters = filters();
    let listed = std::env::args().any(|argument| argument == "--list");
    !listed && (filters.is_empty() || filters.iter().any(|filter| name.contains(filter)))
}

/// Times of some rounds of `ours` and of as many of `theirs`, measured in turn, as (ours, theirs) in ns a round. Both get a
/// number of rounds and say how long these took.
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

/// What is said of a pair.
#[derive(Clone, Copy)]
pub(crate) enum Figure {
    /// How often the time of the other one takes.
    Ratio,
    /// How many ns longer a round takes than the other one's.
    AddedNs,
}

/// Prints that figure of `ours` beside `theirs`: the median over pairs.
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

/// [`compare`] for a ratio.
pub(crate) fn beside(
    name: &str,
    rounds: u64,
    ours: impl FnMut(u64) -> Duration,
    theirs: impl FnMut(u64) -> Duration,
) {
    compare((name, Figure::Ratio), rounds, ours, theirs);
}

/// `0.95, median of 31 pairs in turn (0.90 to 0.99)`.
pub(crate) fn spread(mut values: Vec<f64>, digits: usize) -> String {
    let middle = median(&mut values);
    let (least, most) = (values[0], values[values.len() - 1]);
    format!(
        "{middle:.digits$}, median of {} pairs in turn ({least:.digits$} to {most:.digits$})",
        values.len()
    )
}

/// The middle of `values`, which it sorts.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
