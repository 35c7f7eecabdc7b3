//! What a run must keep, one promise a file, judged from events alone and the same for every engine.
//!
//! [`shadow`] follows the events and knows places, truth, ledger and what is in flight; a check looks at an event
//! together with the shadow and counts. Checks read; they never repair. Each has a run that it must call broken.
//!
//! Where events have no order of all of them, each actor has checks of its own for what its own events decide, and
//! [`at_rest`] adds them up and looks at the world while everybody rests.
pub mod at_rest;
mod contract;
mod deadlock;
mod drift;
mod leaked_reservation;
mod ledger;
mod left_behind;
mod lock_order;
mod lock_shared;
mod lost_wakeup;
mod names;
mod no_progress;
mod overrun;
mod partial_move;
mod rollback;
pub mod shadow;
mod sleep_in_atomic;
mod stale_decision;
pub mod tally;
mod underflow;
mod unit;
mod words;
mod wrong_group;

pub use drift::{CounterDrift, Point};
pub use names::{CheckSet, NAMES, UnknownCheck};
pub use shadow::Shadow;
pub use tally::Tally;

use crate::kernel::{Layout, Snapshot};
use crate::locks::held::HeldTable;
use crate::seam::event::Mode;
use crate::seam::{ActorId, Event, Object, Stamp};
use names::Name;

/// All checks at work on one run.
#[derive(Debug)]
pub struct Checks {
    on: CheckSet,
    shadow: Shadow,
    drift: drift::Drift,
    left_behind: Tally,
    overrun: Tally,
    underflow: Tally,
    stale_decision: Tally,
    partial_move: partial_move::PartialMove,
    rollback: rollback::Rollback,
    leaked_reservation: Tally,
    contract: contract::Contract,
    lock_shared: lock_shared::LockShared,
    sleep_in_atomic: Tally,
    lock_order: lock_order::LockOrder,
    deadlock: Tally,
    lost_wakeup: Tally,
    wrong_group: wrong_group::WrongGroup,
    no_progress: Tally,
    ledger: Tally,
}

/// A lock, and how it is asked for, held or given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Request {
    object: Object,
    mode: Mode,
}

/// A check's name with what it found.
pub type Finding<'a> = (&'static str, &'a Tally);

impl Checks {
    /// Checks for a world of that layout, before its opening events.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        Self::with(layout, CheckSet::ALL)
    }

    /// The same with only the checks of those names on. Of the others nothing is counted and nothing is reported; drift is
    /// followed in any case.
    ///
    /// # Errors
    /// When there is no check of a name.
    pub fn with_only(layout: Layout, names: &[&str]) -> Result<Self, UnknownCheck> {
        CheckSet::only(names).map(|on| Self::with(layout, on))
    }

    /// The same with those checks on.
    #[must_use]
    pub fn with(layout: Layout, on: CheckSet) -> Self {
        let drift = drift::Drift::new(&layout);
        Self {
            on,
            shadow: Shadow::new(layout),
            drift,
            left_behind: Tally::default(),
            overrun: Tally::default(),
            underflow: Tally::default(),
            stale_decision: Tally::default(),
            partial_move: partial_move::PartialMove::default(),
            rollback: rollback::Rollback::default(),
            leaked_reservation: Tally::default(),
            contract: contract::Contract::default(),
            lock_shared: lock_shared::LockShared::default(),
            sleep_in_atomic: Tally::default(),
            lock_order: lock_order::LockOrder::default(),
            deadlock: Tally::default(),
            lost_wakeup: Tally::default(),
            wrong_group: wrong_group::WrongGroup::default(),
            no_progress: Tally::default(),
            ledger: Tally::default(),
        }
    }

    /// Takes one event; `held` has not seen it yet. Locks are the most frequent events of all, and go their own way.
    #[inline]
    pub fn observe(&mut self, held: &HeldTable, stamp: Stamp, event: &Event) {
        match *event {
            Event::LockAcquired { object, mode, waited_ns } => {
                self.acquired(held, stamp, Request { object, mode }, waited_ns.is_some());
            }
            Event::LockReleased { object, mode, .. } if self.on.has(Name::Contract) => {
                self.contract.released(&self.shadow, stamp, Request { object, mode });
            }
            Event::LockReleased { .. } => {}
            Event::LockContended { object, mode } => {
                if self.on.has(Name::LockOrder) {
                    self.lock_order.asked(held, &self.shadow, stamp, Request { object, mode });
                }
            }
            Event::AsksUnfairly { .. } => self.lock_order.asks_unfairly(stamp.actor),
            _ => self.facts(held, stamp, event),
        }
    }

    fn acquired(&mut self, held: &HeldTable, stamp: Stamp, request: Request, waited: bool) {
        let shadow = &self.shadow;
        if !waited {
            if self.on.has(Name::LockOrder) {
                self.lock_order.asked(held, shadow, stamp, request);
            }
            if self.on.has(Name::SleepInAtomic) && !request.object.class.spins() {
                sleep_in_atomic::took(&mut self.sleep_in_atomic, held, shadow, stamp, request.object);
            }
        }
        if let Some(called) = shadow.callback(stamp.actor) {
            if self.on.has(Name::LockShared) {
                self.lock_shared.acquired(held, shadow, stamp, (called.0, request));
            }
            if self.on.has(Name::Contract) {
                self.contract.acquired(stamp, called, request);
            }
        }
    }

    /// Everything but locks. Of the frequent events it is known which checks look at them; the rare ones go to all.
    fn facts(&mut self, held: &HeldTable, stamp: Stamp, event: &Event) {
        match *event {
            Event::ChargeBegin { .. } | Event::TotalVm { .. } => {}
            Event::OpBegin { .. } | Event::OpEnd { .. } => self.look_for_wrong_group(stamp, event),
            Event::Record { .. } => {
                if self.on.has(Name::LeftBehind) {
                    left_behind::observe(&mut self.left_behind, &self.shadow, stamp, event);
                }
                self.look_for_wrong_group(stamp, event);
            }
            Event::Ledger { controller, cgroup, pages, reserve } => {
                if self.on.has(Name::Overrun) {
                    overrun::observe(&mut self.overrun, &self.shadow, stamp, event);
                }
                if self.on.has(Name::Underflow) {
                    underflow::observe(&mut self.underflow, &self.shadow, stamp, event);
                }
                self.look_for_wrong_group(stamp, event);
                if reserve && pages > 0 {
                    let index = Shadow::index(controller, cgroup);
                    self.drift.reserved(index, self.shadow.reserved(index) + pages);
                }
            }
            _ => self.rare_facts(held, stamp, event),
        }
        let drift = &mut self.drift;
        self.shadow.observe(stamp, event, |shadow, at_ns, index, change| {
            drift.changed(shadow, at_ns, index, change);
        });
    }

    fn look_for_wrong_group(&mut self, stamp: Stamp, event: &Event) {
        if self.on.has(Name::WrongGroup) {
            self.wrong_group.observe(&self.shadow, stamp, event);
        }
    }

    fn rare_facts(&mut self, held: &HeldTable, stamp: Stamp, event: &Event) {
        let (shadow, on) = (&self.shadow, self.on);
        if on.has(Name::LeftBehind) {
            left_behind::observe(&mut self.left_behind, shadow, stamp, event);
        }
        if on.has(Name::Overrun) {
            overrun::observe(&mut self.overrun, shadow, stamp, event);
        }
        if on.has(Name::Underflow) {
            underflow::observe(&mut self.underflow, shadow, stamp, event);
        }
        if on.has(Name::StaleDecision) {
            stale_decision::observe(&mut self.stale_decision, shadow, stamp, event);
        }
        if on.has(Name::Rollback) {
            self.rollback.observe(held, shadow, stamp, event);
        }
        if on.has(Name::LeakedReservation) {
            leaked_reservation::observe(&mut self.leaked_reservation, shadow, stamp, event);
        }
        if on.has(Name::PartialMove) {
            self.partial_move.observe(shadow, stamp, event);
        }
        if on.has(Name::LockShared) {
            self.lock_shared.observe(held, stamp, event);
        }
        if on.has(Name::SleepInAtomic) {
            sleep_in_atomic::observe(&mut self.sleep_in_atomic, held, shadow, stamp, event);
        }
        if on.has(Name::Contract) {
            self.contract.observe(held, shadow, stamp, event);
        }
        self.look_for_wrong_group(stamp, event);
    }

    /// Whether no operation and no transaction is in flight.
    #[must_use]
    pub fn quiescent(&self) -> bool {
        self.shadow.in_flight() == 0
    }

    /// Holds the ledger against the counters, and the truth that was followed against the truth recomputed. Only while
    /// nothing is in flight.
    pub fn audit(&mut self, at_ns: u64, snapshot: &Snapshot) {
        let mut off = Tally::default();
        let tally = if self.on.has(Name::Ledger) { &mut self.ledger } else { &mut off };
        ledger::audit(tally, &self.shadow, snapshot);
        self.drift.audit(tally, &self.shadow, at_ns);
    }

    /// An attach has not happened, and nobody else was at work meanwhile: what was there before and after it.
    pub fn rolled_back(&mut self, at_ns: u64, before: &Snapshot, after: &Snapshot) {
        if self.on.has(Name::Rollback) {
            self.rollback.compare(at_ns, before, after);
        }
    }

    /// The run ended because nobody could go on: who waits for what. Either a deadlock or a lost wakeup.
    pub fn deadlocked(&mut self, held: &HeldTable, waiting: &[(ActorId, Object)]) {
        let deadlock = self.on.has(Name::Deadlock).then_some(&mut self.deadlock);
        let lost = self.on.has(Name::LostWakeup).then_some(&mut self.lost_wakeup);
        deadlock::judge((deadlock, lost), &self.shadow, held, waiting);
    }

    /// The run came to no end and was given up.
    pub fn gave_up(&mut self, held: &HeldTable, at_ns: u64) {
        if self.on.has(Name::NoProgress) {
            no_progress::gave_up(&mut self.no_progress, &self.shadow, held, at_ns);
        }
    }

    /// Ends the run: the integrals are complete afterwards.
    pub fn finish(&mut self, at_ns: u64) {
        self.drift.finish(at_ns);
        if self.on.has(Name::LeakedReservation) {
            leaked_reservation::finish(&mut self.leaked_reservation, &self.shadow);
        }
        if self.on.has(Name::NoProgress) {
            self.no_progress.examine();
        }
    }

    /// What every check that is on found.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding<'_>> {
        let tallies: [&Tally; NAMES.len()] = [
            self.drift.tally(),
            &self.left_behind,
            &self.overrun,
            &self.underflow,
            &self.stale_decision,
            self.partial_move.tally(),
            &self.rollback.tally,
            &self.leaked_reservation,
            &self.contract.tally,
            &self.lock_shared.tally,
            &self.sleep_in_atomic,
            &self.lock_order.tally,
            &self.deadlock,
            &self.lost_wakeup,
            &self.wrong_group.tally,
            &self.no_progress,
            &self.ledger,
        ];
        self.on.names().map(|(at, name)| (name, tallies[at])).collect()
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
