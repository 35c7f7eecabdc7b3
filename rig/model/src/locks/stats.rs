//! Lock statistics, as in lock_stat: waits and holds per class and mode, hold time per phase of the attach, the longest
//! holds.
//!
//! They are made from events. Nothing here allocates once every histogram has seen its largest value.
use super::held::{Ended, HeldTable};
use crate::seam::event::{Mode, Phase};
use crate::seam::{ActorId, Class, Event, Object, Stamp};
use hdrhistogram::Histogram;

/// The number of longest holds that are kept.
pub const LONGEST: usize = 10;

/// A histogram with its exact extremes and sum, in ns.
#[derive(Clone, Debug)]
pub struct LockRecorder {
    /// The histogram, with two or three significant digits.
    pub histogram: Histogram<u64>,
    /// The smallest sample.
    pub min_ns: u64,
    /// The largest sample.
    pub max_ns: u64,
    /// The sum.
    pub total_ns: u64,
}

impl LockRecorder {
    /// Creates an empty recorder with `digits` significant digits.
    ///
    /// # Panics
    /// With more than five digits.
    #[must_use]
    pub fn new(digits: u8) -> Self {
        let histogram = Histogram::new(digits).expect("at most five digits");
        Self { histogram, min_ns: u64::MAX, max_ns: 0, total_ns: 0 }
    }

    /// Adds a sample.
    pub fn record(&mut self, ns: u64) {
        self.histogram.record(ns).expect("a histogram that grows takes every value");
        self.min_ns = self.min_ns.min(ns);
        self.max_ns = self.max_ns.max(ns);
        self.total_ns += ns;
    }

    /// Adds all samples of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.histogram.add(&other.histogram).expect("a histogram that grows takes every value");
        self.min_ns = self.min_ns.min(other.min_ns);
        self.max_ns = self.max_ns.max(other.max_ns);
        self.total_ns += other.total_ns;
    }
}

/// Figures of one class in one mode.
#[derive(Clone, Debug)]
pub struct LockStat {
    /// Waits of contended acquisitions.
    pub wait: LockRecorder,
    /// Holds of all acquisitions.
    pub hold: LockRecorder,
    /// (holds, their time in ns) by phase.
    pub by_phase: [(u64, u64); Phase::ALL.len()],
}

impl Default for LockStat {
    fn default() -> Self {
        Self { wait: LockRecorder::new(2), hold: LockRecorder::new(2), by_phase: Default::default() }
    }
}

/// One of the longest holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongHold {
    /// The lock.
    pub object: Object,
    /// The mode.
    pub mode: Mode,
    /// The length, in ns.
    pub hold_ns: u64,
    /// The actor that held it.
    pub holder: ActorId,
    /// The phase in which it was released.
    pub phase: Option<Phase>,
    /// The number of waiters at the release.
    pub waiters: u32,
}

/// Lock statistics of one run.
#[derive(Clone, Debug)]
pub struct LockStats {
    /// Statistics by class and mode ([`LockStats::column`]).
    rows: Vec<[LockStat; 2]>,
    longest: Vec<LongHold>,
}

impl Default for LockStats {
    fn default() -> Self {
        Self {
            rows: Class::LOCKS.map(|_| Default::default()).to_vec(),
            longest: Vec::with_capacity(LONGEST + 1),
        }
    }
}

impl LockStats {
    fn column(mode: Mode) -> usize {
        usize::from(mode == Mode::Read)
    }

    /// Returns the figures of `class` in `mode`.
    #[must_use]
    pub fn row(&self, class: Class, mode: Mode) -> &LockStat {
        &self.rows[class as usize][Self::column(mode)]
    }

    /// Returns the longest holds, longest first.
    #[must_use]
    pub fn longest(&self) -> &[LongHold] {
        &self.longest
    }

    /// Takes an event and updates `held` with it.
    pub fn observe(&mut self, held: &mut HeldTable, stamp: Stamp, event: &Event) {
        if let Event::LockAcquired { object, mode, waited_ns: Some(waited_ns) } = *event {
            self.rows[object.class as usize][Self::column(mode)].wait.record(waited_ns);
        }
        let waiters = if let Event::LockReleased { waiters, .. } = *event { waiters } else { 0 };
        held.observe(stamp, event, |ended| self.ended(stamp.actor, ended, waiters));
    }

    fn ended(&mut self, holder: ActorId, ended: Ended, waiters: u32) {
        let Ended { hold, phase, at_ns, whole } = ended;
        let row = &mut self.rows[hold.object.class as usize][Self::column(hold.mode)];
        if let Some(phase) = phase {
            let (holds, total_ns) = &mut row.by_phase[phase as usize];
            *holds += 1;
            *total_ns += at_ns - hold.phase_since_ns;
        }
        if whole {
            let hold_ns = at_ns - hold.since_ns;
            row.hold.record(hold_ns);
            self.keep(LongHold { object: hold.object, mode: hold.mode, hold_ns, holder, phase, waiters });
        }
    }

    /// Adds the statistics of one actor, which were recorded separately.
    pub fn merge(&mut self, other: &Self, holder: ActorId) {
        for (mine, theirs) in self.rows.iter_mut().flatten().zip(other.rows.iter().flatten()) {
            mine.wait.merge(&theirs.wait);
            mine.hold.merge(&theirs.hold);
            for ((holds, total_ns), (their_holds, their_ns)) in mine.by_phase.iter_mut().zip(theirs.by_phase)
            {
                *holds += their_holds;
                *total_ns += their_ns;
            }
        }
        other.longest.iter().for_each(|hold| self.keep(LongHold { holder, ..*hold }));
    }

    fn keep(&mut self, hold: LongHold) {
        if self.longest.len() == LONGEST && self.longest[LONGEST - 1].hold_ns >= hold.hold_ns {
            return;
        }
        let at = self.longest.partition_point(|kept| kept.hold_ns >= hold.hold_ns);
        self.longest.insert(at, hold);
        self.longest.truncate(LONGEST);
    }
}
