//! drift: usage − truth − changes in flight. Positive = overcharge, negative = undercharge.
//!
//! It is violated whenever an operation or a transaction ends and leaves a counter with drift.
use super::at_rest::AtRest;
use super::check::{About, Checker, Excuse, NONE, Needs};
use super::{Shadow, Tally, ledger};
use crate::kernel::{CgroupId, Controller, Layout};

/// The number of points kept of a series. Beyond twice this number, every other point is dropped.
const POINTS: usize = 100;

/// Drift at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// ns since the start.
    pub at_ns: u64,
    /// The drift from then on.
    pub drift: i64,
    /// True if nothing was in flight.
    pub quiescent: bool,
}

/// Drift of one counter over a run.
#[derive(Clone, Debug)]
pub struct CounterDrift {
    /// The controller.
    pub controller: Controller,
    /// The cgroup.
    pub cgroup: CgroupId,
    /// The current drift.
    pub now: i64,
    /// The most positive drift.
    pub peak_over: i64,
    /// The most negative drift.
    pub peak_under: i64,
    /// The integral of |drift| over time, in unit × ns.
    pub integral_abs_ns: u128,
    /// The number of operations and transactions that ended with an imbalance here.
    pub events: u64,
    /// The peak of the reservations of open transactions.
    pub reserved_peak: i64,
    /// The series, thinned.
    pub series: Vec<Point>,
    /// The number of changes per kept point.
    stride: u64,
    since_ns: u64,
}

impl CounterDrift {
    fn new((controller, cgroup): (Controller, CgroupId)) -> Self {
        Self {
            controller,
            cgroup,
            now: 0,
            peak_over: 0,
            peak_under: 0,
            integral_abs_ns: 0,
            events: 0,
            reserved_peak: 0,
            series: Vec::with_capacity(2 * POINTS + 1),
            stride: 1,
            since_ns: 0,
        }
    }

    fn advance(&mut self, at_ns: u64) {
        self.integral_abs_ns += u128::from(self.now.unsigned_abs()) * u128::from(at_ns - self.since_ns);
        self.since_ns = at_ns;
    }

    fn change(&mut self, at_ns: u64, by: i64, quiescent: bool) {
        self.advance(at_ns);
        self.now += by;
        self.peak_over = self.peak_over.max(self.now);
        self.peak_under = self.peak_under.min(self.now);
        self.events += 1;
        if self.events.is_multiple_of(self.stride) {
            self.keep(Point { at_ns, drift: self.now, quiescent });
        }
    }

    fn keep(&mut self, point: Point) {
        self.series.push(point);
        if self.series.len() > 2 * POINTS {
            let mut odd = false;
            self.series.retain(|_| {
                odd = !odd;
                !odd
            });
            self.stride *= 2;
        }
    }
}

/// The check.
#[derive(Debug, Default)]
pub(super) struct Drift {
    counters: Vec<CounterDrift>,
    /// Position in `counters` by [`Shadow::index`].
    position: Vec<Option<usize>>,
    pub(super) tally: Tally,
}

impl Checker for Drift {
    const ABOUT: About = About {
        name: "drift",
        needs: Needs::Rest,
        by_final_state: true,
        excuse: Excuse::KeepsNoLocks,
        events: NONE,
    };

    fn start(&mut self, layout: &Layout) {
        self.counters = layout.counters().map(CounterDrift::new).collect();
        self.position = vec![None; layout.cgroups.len() * Controller::COUNT];
        for (at, counter) in self.counters.iter().enumerate() {
            self.position[Shadow::index(counter.controller, counter.cgroup)] = Some(at);
        }
    }

    fn at_rest(&mut self, shadow: &Shadow, rest: &AtRest) {
        for (controller, cgroup) in shadow.layout().counters() {
            let index = Shadow::index(controller, cgroup);
            let drift = if controller.counts() {
                rest.books[index] - ledger::truth(shadow, &rest.snapshot, controller, cgroup)
            } else {
                wrong_masks(shadow, rest, controller, cgroup)
            };
            self.found(shadow, rest.at_ns, index, drift);
        }
    }
}

impl Drift {
    /// Takes the end of a unit that left the counter wrong by `change`.
    pub(super) fn changed(&mut self, shadow: &Shadow, at_ns: u64, index: usize, change: i64) {
        let Some(at) = self.position[index] else { return };
        let counter = &mut self.counters[at];
        counter.change(at_ns, change, shadow.in_flight() == 0);
        let now = counter.now;
        if now != 0 {
            self.tally.violated(|| {
                let (name, unit) = (shadow.name(index), counter_unit(index));
                format!("at {at_ns} ns {name} has drifted by {now:+} {unit}")
            });
        }
    }

    /// Takes the drift of the counter, measured while all actors are at rest.
    fn found(&mut self, shadow: &Shadow, at_ns: u64, index: usize, drift: i64) {
        let Some(at) = self.position[index] else { return };
        let change = drift - self.counters[at].now;
        if change != 0 {
            self.changed(shadow, at_ns, index, change);
        }
    }

    /// Compares the drift that was followed with usage − truth, at a quiescent moment.
    pub(super) fn audit(&mut self, ledger: &mut Tally, shadow: &Shadow, at_ns: u64) {
        self.tally.examine();
        for counter in &mut self.counters {
            let index = Shadow::index(counter.controller, counter.cgroup);
            if !counter.controller.counts() {
                continue;
            }
            let difference = shadow.usage(index) - shadow.truth(index);
            if difference != counter.now {
                ledger.violated(|| {
                    let name = shadow.name(index);
                    let followed = counter.now;
                    format!("at {at_ns} ns {name} reads {difference:+} more than truth, but operations add up to {followed:+}")
                });
            }
        }
    }

    /// Notes the peak of reservations. Called for each new reservation.
    pub(super) fn reserved(&mut self, index: usize, pages: i64) {
        if let Some(at) = self.position[index] {
            let counter = &mut self.counters[at];
            counter.reserved_peak = counter.reserved_peak.max(pages);
        }
    }

    pub(super) fn complete(&mut self, at_ns: u64) {
        for counter in &mut self.counters {
            counter.advance(at_ns);
            counter.keep(Point { at_ns, drift: counter.now, quiescent: true });
        }
    }

    pub(super) fn counters(&self) -> &[CounterDrift] {
        &self.counters
    }
}

/// Returns the number of tasks of the cpuset that have another mask.
fn wrong_masks(shadow: &Shadow, rest: &AtRest, controller: Controller, cgroup: CgroupId) -> i64 {
    let Some(hierarchy) = shadow.counting(controller).filter(|_| controller == Controller::Cpuset) else {
        return 0;
    };
    let here = rest.snapshot.tasks.iter().filter(|task| task.css.cgroup(hierarchy) == cgroup);
    here.filter(|task| task.mask != rest.masks[cgroup.index()]).count() as i64
}

fn counter_unit(index: usize) -> &'static str {
    Shadow::counter(index).0.unit()
}
