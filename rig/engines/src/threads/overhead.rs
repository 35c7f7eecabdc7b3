//! The cost and the error of measuring on this machine: of the clock, of lock statistics, and of starts at a rate.
//!
//! Compare it with the figures of an engine that runs by the machine's clock: shorter intervals cannot be resolved.
use super::trials::{Trials, observed_by, on_thread, repeated};
use crate::threads::Refused;
use crate::threads::current::ThreadCurrent;
use model::locks::Mutex;
use model::locks::held::HeldTable;
use model::locks::stats::LockStats;
use model::seam::{Class, Current, Event, Observer, Stamp};
use std::collections::BTreeMap;

/// Reads of the clock, or acquisitions, in one trial.
const TIMES: u64 = 2048;
/// The number of starts whose lateness is measured.
const STARTS: u64 = 64;
/// The time between two starts, in ns.
const EVERY_NS: u64 = 1_000_000;

/// The cost and the error of measuring, in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overhead {
    /// The cost of a read of the engine's clock. A timed section contains one.
    pub read_ns: u64,
    /// The smallest step seen between two reads.
    pub step_ns: u64,
    /// The cost of taking and releasing an uncontended mutex, without statistics.
    pub lock_ns: u64,
    /// The cost of the same with statistics: two reads of the clock, histograms, the table of held locks.
    pub observed_lock_ns: u64,
    /// The median lateness of an actor that sleeps until a start.
    pub late_ns: u64,
    /// The largest lateness of such an actor.
    pub latest_ns: u64,
}

impl Overhead {
    /// Measures, in about 0.1 s.
    ///
    /// # Errors
    /// [`Refused`] when the system has no thread for it.
    pub fn measure() -> Result<Self, Refused> {
        let (read, step_ns, alone, late) = on_thread(|cur| {
            (repeated(cur, TIMES, || _ = std::hint::black_box(cur.now())), step_ns(cur), lock(cur), late(cur))
        })?;
        let observed = observed_by(Statistics::default, lock)?;
        Ok(Self {
            read_ns: read.ns(),
            step_ns,
            lock_ns: alone.ns(),
            observed_lock_ns: observed.ns(),
            late_ns: late.ns(),
            latest_ns: late.longest_ns(),
        })
    }

    /// Returns the cost that statistics add to an acquisition, in ns.
    #[must_use]
    pub fn statistics_ns(&self) -> u64 {
        self.observed_lock_ns.saturating_sub(self.lock_ns)
    }

    /// Returns the figures as facts for `env.json`.
    #[must_use]
    pub fn facts(&self) -> BTreeMap<String, String> {
        [
            ("measuring.clock_read_ns", self.read_ns.to_string()),
            ("measuring.clock_step_ns", self.step_ns.to_string()),
            ("measuring.lock", self.lock_words()),
            ("measuring.starts", self.start_words()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Describes the cost of statistics.
    #[must_use]
    pub fn lock_words(&self) -> String {
        let Self { lock_ns, observed_lock_ns, .. } = self;
        format!(
            "{} ns of statistics per acquisition: {lock_ns} ns without, {observed_lock_ns} ns with",
            self.statistics_ns()
        )
    }

    /// Describes the lateness of starts.
    #[must_use]
    pub fn start_words(&self) -> String {
        format!(
            "late by {} ns (median), {} ns at worst of {STARTS}; corrected latencies count from the intended start, so they include it",
            self.late_ns, self.latest_ns
        )
    }
}

/// The listener whose cost is measured.
#[derive(Default)]
struct Statistics {
    held: HeldTable,
    locks: LockStats,
}

impl Observer for Statistics {
    fn observe(&mut self, stamp: Stamp, event: &Event) {
        self.locks.observe(&mut self.held, stamp, event);
    }
}

fn step_ns<C: Current>(cur: &C) -> u64 {
    let mut last = cur.now();
    let step = |_| {
        let now = cur.now();
        let step = now - last;
        last = now;
        step
    };
    (0..TIMES).map(step).filter(|step| *step > 0).min().unwrap_or(0)
}

fn lock<L: Observer + Send + 'static>(cur: &ThreadCurrent<L>) -> Trials {
    let lock = Mutex::new(Class::CgroupMutex, 0, ());
    repeated(cur, TIMES, || drop(lock.lock(cur)))
}

/// Measures the lateness of starts at a rate.
fn late<C: Current>(cur: &C) -> Trials {
    let begin = cur.now();
    let start = |turn| {
        let due_ns = begin + turn * EVERY_NS;
        cur.sleep_until(due_ns);
        (cur.now() - due_ns).saturating_mul(1000)
    };
    Trials::of((1..=STARTS).map(start).collect())
}
