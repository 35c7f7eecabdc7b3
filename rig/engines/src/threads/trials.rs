//! Repeated trials of one thing, with median and spread. Times are whole ps, since an access takes less than a ns.
use crate::threads::current::ThreadCurrent;
use crate::threads::{Refused, Setting, Threads};
use faults::{FaultPlan, Injector};
use model::seam::Current;
use model::seam::event::NoopObserver;
use model::seam::{Costs, Observer};
use std::sync::Arc;

/// The number of trials of each thing.
pub const N: usize = 31;
/// Largest factor between p10 and p90 of trials that agree. Trials of one thing differ by less on an idle machine; one
/// in ten that takes twice as long has waited for something else.
pub const AGREEING_FACTOR: u64 = 2;
/// The time after which a part of a measurement is given up, in ns.
const GIVE_UP_NS: u64 = 60_000_000_000;

/// The times of the trials of one thing, in ps, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trials(Vec<u64>);

impl Trials {
    /// Returns the trials with the times `ps`, which may be in any order.
    #[must_use]
    pub fn of(mut ps: Vec<u64>) -> Self {
        ps.sort_unstable();
        Self(ps)
    }

    /// Returns the number of trials.
    #[must_use]
    pub fn n(&self) -> usize {
        self.0.len()
    }

    /// Returns the value below which `percent` of the trials are.
    fn at(&self, percent: usize) -> u64 {
        self.0.get(self.n().saturating_sub(1) * percent / 100).copied().unwrap_or(0)
    }

    /// Returns the median in ps, or 0 where there are no trials.
    #[must_use]
    pub fn median_ps(&self) -> u64 {
        self.at(50)
    }

    /// Returns the median as an entry of a table: whole ns, at least one.
    #[must_use]
    pub fn ns(&self) -> u64 {
        ((self.median_ps() + 500) / 1000).max(1)
    }

    /// Returns p10 and p90 in ns, such as `17.9..18.4`.
    #[must_use]
    pub fn spread(&self) -> String {
        format!("{}..{}", ns(self.at(10)), ns(self.at(90)))
    }

    /// Reports whether p90 is at most [`AGREEING_FACTOR`] times p10. If not, something else was running.
    #[must_use]
    pub fn agree(&self) -> bool {
        self.at(90) <= self.at(10).saturating_mul(AGREEING_FACTOR)
    }

    /// Adds the trials of `other`, which are of the same thing.
    pub fn join(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.sort_unstable();
    }

    /// Returns the longest trial in whole ns.
    #[must_use]
    pub fn longest_ns(&self) -> u64 {
        self.at(100) / 1000
    }

    /// Returns the trials with `ps` subtracted from each, for a cost that is included in all of them.
    #[must_use]
    pub fn less(&self, ps: u64) -> Self {
        Self(self.0.iter().map(|trial| trial.saturating_sub(ps)).collect())
    }
}

/// Returns ps as ns with one decimal.
#[must_use]
pub fn ns(ps: u64) -> String {
    format!("{}.{}", ps / 1000, ps % 1000 / 100)
}

/// Measures trials of `body`, each of which runs it `times` times.
pub fn repeated<C: Current>(cur: &C, times: u64, body: impl FnMut()) -> Trials {
    timed(|| cur.now(), times, body)
}

/// Measures trials of `body`, each of which runs it `times` times, by a timer that returns ns.
pub fn timed(mut now: impl FnMut() -> u64, times: u64, mut body: impl FnMut()) -> Trials {
    let trial = |_| {
        let before = now();
        for _ in 0..times {
            body();
        }
        per_turn(now() - before, times)
    };
    Trials::of((0..N).map(trial).collect())
}

/// Returns the ps per turn of `times` turns that took `ns` in all.
pub fn per_turn(ns: u64, times: u64) -> u64 {
    ns.saturating_mul(1000) / times.max(1)
}

/// Runs `body` as an actor on a thread of its own, with a listener that ignores every event.
pub fn on_thread<R: Send + 'static>(
    body: impl FnOnce(&ThreadCurrent<NoopObserver>) -> R + Send + 'static,
) -> Result<R, Refused> {
    observed_by(|| NoopObserver, body)
}

/// Runs `body` as an actor on a thread of its own, with listeners made by `listener`.
pub fn observed_by<L: Observer + Send + 'static, R: Send + 'static>(
    listener: impl Fn() -> L + Send + Sync + 'static,
    body: impl FnOnce(&ThreadCurrent<L>) -> R + Send + 'static,
) -> Result<R, Refused> {
    let mut threads = Threads::new(Setting {
        costs: Costs::default(),
        injector: Injector::new(FaultPlan::default(), 0),
        give_up_ns: GIVE_UP_NS,
        rest_every_ns: 0,
        real_pages: false,
        listener: Box::new(listener),
    });
    let result = Arc::new(parking_lot::Mutex::new(None));
    let theirs = Arc::clone(&result);
    threads.spawn(move |cur| *theirs.lock() = Some(body(cur)));
    threads.run(|_| {})?;
    let given_up = || Refused::Thread(std::io::Error::from(std::io::ErrorKind::TimedOut));
    result.lock().take().ok_or_else(given_up)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_spread_are_those_of_the_trials() {
        let trials = Trials::of((1..=101).rev().map(|n| n * 100).collect());
        assert_eq!((trials.n(), trials.median_ps(), trials.ns()), (101, 5_100, 5));
        assert_eq!(trials.spread(), "1.1..9.1");
        assert_eq!(trials.longest_ns(), 10);
        assert!(!trials.agree() && Trials::of(vec![100, 150, 200]).agree());
        assert!(Trials::of([vec![100; 10], vec![200]].concat()).agree());
        let (twice, more) =
            (Trials::of(vec![100, 200, 200]), Trials::of([vec![100; 4], vec![201; 7]].concat()));
        assert!(twice.agree() && !more.agree(), "p90 is {AGREEING_FACTOR} times p10 at most");
        let mut both = Trials::of(vec![300, 100]);
        both.join(Trials::of(vec![200]));
        assert_eq!(both, Trials::of(vec![100, 200, 300]));
        assert_eq!(trials.less(5_000).median_ps(), 100);
        assert_eq!((Trials::default().median_ps(), Trials::of(vec![3]).ns()), (0, 1));
        assert_eq!(per_turn(10, 4), 2_500);
    }
}
