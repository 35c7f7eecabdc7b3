//! What our locks cost on OS threads, with lock statistics and without, beside those of parking_lot and std.
//!
//! Every row, also of the others' locks, is the same loop in an actor of the engine `threads`: take, note who came last,
//! give. So the differences are those of the locks. Ours hand over to the one that waits longest and tell events; theirs
//! let anybody in. std and parking_lot have no spinlock and no fair rwsem: beside ours stands what one would use instead.
//!
//! | group | figure | mind |
//! |---|---|---|
//! | `locks/<kind>` | wall ns of take and give, nobody else there | statistics include two readings of the clock and one histogram record |
//! | `locks contended/<kind>` | wall time divided by the acquisitions of two threads, each with some work inside | void unless the threads really meet: the share of acquisitions that come after another thread's stands beside it |
//!
//! A contended row in which fewer than 1 % of the acquisitions come after another thread's has no figure: the threads ran
//! one after the other, or one kept the lock nearly all the time. Rows with different shares did different things: a lock
//! that lets its last holder in again is quick and unfair, one that hands over pays for waking the other. So read a time
//! only together with its share. `cargo bench --bench locks`.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]
#[path = "locks/rows.rs"]
mod rows;
#[path = "shared/mod.rs"]
mod shared;

use rows::{Kind, Length, Outcome, Row};
use std::time::Duration;

/// Length of one contended round, and of the only one of a smoke test.
const ROUND: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(10)];
/// Rounds of which the median is taken, the rows in turn.
const ROUNDS: usize = 7;
/// Below this share, in percent, the threads have hardly met.
const MET_PERCENT: f64 = 1.0;

/// One line for each row, or why there is no figure.
fn contended(kind: &Kind) {
    let name = format!("locks contended/{}", kind.name);
    if !shared::wanted(&name) {
        return;
    }
    let (rounds, length) = if shared::full() { (ROUNDS, ROUND[0]) } else { (1, ROUND[1]) };
    let mut outcomes: Vec<Vec<Outcome>> = kind.rows.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (row, outcomes) in kind.rows.iter().zip(&mut outcomes) {
            outcomes.push((row.run)(2, Length::For(length)));
        }
    }
    for (Row { name: who, .. }, outcomes) in kind.rows.iter().zip(outcomes) {
        let mut shares: Vec<f64> = outcomes.iter().map(Outcome::percent_after_another).collect();
        let mut times: Vec<f64> = outcomes.iter().map(Outcome::ns_each).collect();
        let (share, ns) = (shared::median(&mut shares), shared::median(&mut times));
        if share < MET_PERCENT {
            println!("{name}/{who}: void, {share:.2} % of acquisitions come after another thread's");
        } else {
            println!("{name}/{who}: {ns:.0} ns, {share:.0} % of acquisitions come after another thread's");
        }
    }
}

fn main() {
    let mut criterion = shared::criterion();
    for kind in rows::kinds() {
        let mut group = criterion.benchmark_group(format!("locks/{}", kind.name));
        for row in &kind.rows {
            group.bench_function(row.name, |bench| {
                bench.iter_custom(|turns| (row.run)(1, Length::Turns(turns)).took);
            });
        }
        group.finish();
        contended(&kind);
    }
    criterion.final_summary();
}
