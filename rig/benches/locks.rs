//! The cost of our locks on OS threads, with lock statistics and without, compared with those of parking_lot and std.
//!
//! Every row, also of foreign locks, is the same loop in an actor of the engine `threads`: take the lock, note the
//! last holder, release it. So the differences are those of the locks. Ours hand over to the waiter that has waited
//! longest and emit events; theirs let any thread in. std and parking_lot have no spinlock and no fair rwsem: ours is
//! compared with the lock that one would use instead.
//!
//! | rows | figure | caution |
//! |---|---|---|
//! | `locks/<kind>` | wall ns of taking and releasing an uncontended lock | statistics include two readings of the clock and one histogram record |
//! | `locks/<kind>: statistics add` | wall ns that statistics add, of pairs measured in turn | |
//! | `locks contended/<kind>` | wall time divided by the acquisitions of two threads, with 1 µs of work inside each | void unless the threads really meet: the row also shows the share of acquisitions that come after another thread's |
//! | `locks contended/<kind>: statistics leave` | throughput with statistics divided by that without, of pairs measured in turn | only of pairs whose shares are alike; void with fewer than five |
//!
//! A contended row in which fewer than 1 % of the acquisitions come after another thread's has no figure: the threads
//! ran one after the other, or one kept the lock nearly all the time. Rows with different shares did different
//! things: a lock that lets its last holder in again is quick and unfair, one that hands over pays for waking the
//! other. So read a time only together with its share.
//!
//! Two threads that sleep for a lock may hand it over every time or hardly ever. Each of the two lasts for a while
//! and then changes to the other, so a pair counts only where both sides did the same. Readers do not exclude each
//! other, so they take less than 1 µs each. `cargo bench --bench locks`.
#![allow(clippy::print_stdout, reason = "a bench prints what it measured")]
#[path = "locks/rows.rs"]
mod rows;
#[path = "shared/mod.rs"]
mod shared;

use rows::{Kind, Length, Outcome, Row};
use shared::Figure;
use std::time::Duration;

/// The length of one contended round; second, that of the only round of a smoke test.
const ROUND: [Duration; 2] = [Duration::from_millis(30), Duration::from_millis(5)];
/// The number of rounds whose median is taken. The rows run in turn.
const ROUNDS: usize = 31;
/// The largest difference between the shares of a pair that did the same, in percent of acquisitions.
const ALIKE_PERCENT: f64 = 5.0;
/// The smallest number of pairs that has a median.
const LEAST_PAIRS: usize = 5;
/// The share in percent below which the threads have hardly met.
const MET_PERCENT: f64 = 1.0;
/// Acquisitions of one uncontended round.
const TURNS: u64 = 200_000;

/// Reports whether the threads met in both outcomes, and handed over alike.
fn did_the_same(one: &Outcome, other: &Outcome) -> bool {
    let shares = [one, other].map(Outcome::percent_after_another);
    shares.iter().all(|share| *share >= MET_PERCENT) && (shares[0] - shares[1]).abs() <= ALIKE_PERCENT
}

/// The outcomes of the rounds of one row.
struct Contended {
    name: &'static str,
    outcomes: Vec<Outcome>,
}

impl Contended {
    /// Returns the percentage of acquisitions that come after another thread's.
    fn share(&self) -> f64 {
        shared::median(&mut self.outcomes.iter().map(Outcome::percent_after_another).collect::<Vec<_>>())
    }

    /// Reports whether the threads have hardly met, so that the row has no figure.
    fn is_void(&self) -> bool {
        self.share() < MET_PERCENT
    }

    fn print(&self, name: &str) {
        let (who, share) = (self.name, self.share());
        if self.is_void() {
            println!("{name}/{who}: void, {share:.2} % of acquisitions come after another thread's");
        } else {
            let ns = shared::median(&mut self.outcomes.iter().map(Outcome::ns_each).collect::<Vec<_>>());
            println!("{name}/{who}: {ns:.0} ns, {share:.0} % of acquisitions come after another thread's");
        }
    }
}

/// Prints a line for each row, and one for the throughput that statistics leave, or the reason for which there is no
/// figure.
fn contended(kind: &Kind) {
    let name = format!("locks contended/{}", kind.name);
    if !shared::wanted(&name) {
        return;
    }
    let (rounds, length) = if shared::full() { (ROUNDS, ROUND[0]) } else { (1, ROUND[1]) };
    let mut rows: Vec<_> =
        kind.rows.iter().map(|row| Contended { name: row.name, outcomes: Vec::new() }).collect();
    for _ in 0..rounds {
        for (row, contended) in kind.rows.iter().zip(&mut rows) {
            contended.outcomes.push((row.run)(2, Length::For(length)));
        }
    }
    rows.iter().for_each(|row| row.print(&name));
    let [bare, counted, ..] = &rows[..] else { unreachable!("ours come first") };
    let pairs = bare.outcomes.iter().zip(&counted.outcomes);
    let alike = pairs.filter(|(bare, counted)| did_the_same(bare, counted));
    let left: Vec<f64> = alike.map(|(bare, counted)| bare.ns_each() / counted.ns_each()).collect();
    if left.len() < LEAST_PAIRS.min(rounds) {
        println!("{name}: statistics leave: void, only {} of {rounds} pairs handed over alike", left.len());
    } else {
        println!("{name}: statistics leave {} of the throughput", shared::spread(left, 2));
    }
}

/// Prints the cost of statistics on an uncontended lock.
fn added(kind: &Kind) {
    let [bare, counted, ..] = &kind.rows[..] else { unreachable!("ours come first") };
    let took = |row: &Row, turns| (row.run)(1, Length::Turns(turns)).took;
    let name = format!("locks/{}: statistics add", kind.name);
    let (ours, theirs) = (|turns| took(counted, turns), |turns| took(bare, turns));
    shared::compare((&name, Figure::AddedNs), TURNS, ours, theirs);
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
        added(&kind);
        contended(&kind);
    }
    criterion.final_summary();
}
