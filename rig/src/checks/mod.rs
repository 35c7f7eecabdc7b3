//! What a run must keep, one promise a file, judged from events alone and the same for every engine.
//!
//! [`shadow`] follows the events and knows places, truth, ledger and what is in flight; a check looks at an event
//! together with the shadow and counts. Checks read; they never repair. Each has a run that it must call broken.
mod deadlock;
mod drift;
mod leaked_reservation;
mod ledger;
mod left_behind;
mod overrun;
mod partial_move;
mod rollback;
pub mod shadow;
mod stale_decision;
pub mod tally;
mod underflow;
mod unit;

pub use drift::{CounterDrift, Point};
pub use shadow::Shadow;
pub use tally::Tally;

use crate::engine::{ActorId, Event, Object, Stamp};
use crate::kernel::{Layout, Snapshot};
use crate::locks::held::HeldTable;

/// All checks at work on one run.
#[derive(Debug)]
pub struct Checks {
    shadow: Shadow,
    drift: drift::Drift,
    left_behind: Tally,
    overrun: Tally,
    underflow: Tally,
    stale_decision: Tally,
    partial_move: partial_move::PartialMove,
    rollback: Tally,
    leaked_reservation: Tally,
    deadlock: Tally,
    ledger: Tally,
}

/// A check's name with what it found.
pub type Finding<'a> = (&'static str, &'a Tally);

/// Names of all checks, in the order of reports.
pub const NAMES: [&str; 10] = [
    "drift",
    "left-behind",
    "overrun",
    "underflow",
    "stale-decision",
    "partial-move",
    "rollback",
    "leaked-reservation",
    "deadlock",
    "ledger",
];

impl Checks {
    /// Checks for a world of that layout, before its opening events.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        let drift = drift::Drift::new(&layout);
        Self {
            shadow: Shadow::new(layout),
            drift,
            left_behind: Tally::default(),
            overrun: Tally::default(),
            underflow: Tally::default(),
            stale_decision: Tally::default(),
            partial_move: partial_move::PartialMove::default(),
            rollback: Tally::default(),
            leaked_reservation: Tally::default(),
            deadlock: Tally::default(),
            ledger: Tally::default(),
        }
    }

    /// Takes one event; `held` has not seen it yet.
    pub fn observe(&mut self, held: &HeldTable, stamp: Stamp, event: &Event) {
        let shadow = &mut self.shadow;
        left_behind::observe(&mut self.left_behind, shadow, stamp, event);
        overrun::observe(&mut self.overrun, shadow, stamp, event);
        underflow::observe(&mut self.underflow, shadow, stamp, event);
        stale_decision::observe(&mut self.stale_decision, shadow, stamp, event);
        rollback::observe(&mut self.rollback, held, shadow, stamp, event);
        leaked_reservation::observe(&mut self.leaked_reservation, shadow, stamp, event);
        self.partial_move.observe(shadow, stamp, event);
        let drift = &mut self.drift;
        if let Event::Ledger { controller, cgroup, pages, reserve: true } = *event
            && pages > 0
        {
            let index = Shadow::index(controller, cgroup);
            drift.reserved(index, shadow.reserved(index) + pages);
        }
        shadow.observe(stamp, event, |shadow, at_ns, index, change| {
            drift.changed(shadow, at_ns, index, change);
        });
    }

    /// Whether no operation and no transaction is in flight.
    #[must_use]
    pub fn quiescent(&self) -> bool {
        self.shadow.in_flight() == 0
    }

    /// Holds the ledger against the counters, and the truth that was followed against the truth recomputed. Only while
    /// nothing is in flight.
    pub fn audit(&mut self, at_ns: u64, snapshot: &Snapshot) {
        ledger::audit(&mut self.ledger, &self.shadow, snapshot);
        self.drift.audit(&mut self.ledger, &self.shadow, at_ns);
    }

    /// The run ended because nobody could go on: who waits for what.
    pub fn deadlocked(&mut self, held: &HeldTable, waiting: &[(ActorId, Object)]) {
        deadlock::explain(&mut self.deadlock, &self.shadow, held, waiting);
    }

    /// Ends the run: the integrals are complete afterwards.
    pub fn finish(&mut self, at_ns: u64) {
        self.drift.finish(at_ns);
        leaked_reservation::finish(&mut self.leaked_reservation, &self.shadow);
    }

    /// What every check found.
    #[must_use]
    pub fn findings(&self) -> [Finding<'_>; NAMES.len()] {
        let tallies = [
            self.drift.tally(),
            &self.left_behind,
            &self.overrun,
            &self.underflow,
            &self.stale_decision,
            self.partial_move.tally(),
            &self.rollback,
            &self.leaked_reservation,
            &self.deadlock,
            &self.ledger,
        ];
        std::array::from_fn(|at| (NAMES[at], tallies[at]))
    }

    /// Drift per counter, in the order of the layout.
    #[must_use]
    pub fn drifts(&self) -> &[CounterDrift] {
        self.drift.counters()
    }

    /// The shadow.
    #[must_use]
    pub fn shadow(&self) -> &Shadow {
        &self.shadow
    }
}
