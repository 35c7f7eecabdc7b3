//! The invariants of a run, one check per file, judged from events alone and the same for every engine.
//!
//! [`shadow`] follows the events and knows places, truth, ledger and what is in flight. A check looks at an event
//! together with the shadow and counts. Checks read and never repair. For each check there is a run that must violate
//! it.
//!
//! On engines without a total order of events, each actor runs the checks that its own events can decide. [`at_rest`]
//! adds them up and looks at the world while all actors are at rest.
//!
//! To add a check, write its file with an `impl Checker`, its `mod` and its row below.
pub mod at_rest;
mod check;
mod contract;
mod deadlock;
mod describe;
mod drift;
mod judge;
mod leaked_reservation;
mod ledger;
mod left_behind;
mod lock_order;
mod lock_shared;
mod lost_wakeup;
mod no_progress;
mod over_limit;
mod partial_move;
mod rollback;
mod set;
pub mod shadow;
mod sleep_in_atomic;
mod spurious_refusal;
mod stale_decision;
pub mod tally;
mod underflow;
mod undo_refused;
mod unit;
mod wrong_group;

pub use check::{About, Excuse, Needs};
pub use drift::{CounterDrift, Point};
pub use judge::Judge;
pub use set::CheckSet;
pub use shadow::Shadow;
pub use tally::Tally;

use crate::kernel::{Layout, Snapshot};
use crate::locks::held::HeldTable;
use crate::seam::{ActorId, Event, Object, Stamp};
use at_rest::AtRest;
use check::{Checker, LEDGER, OPERATIONS, RARE, RECORDS, Request, Seen};

/// A check with its findings.
pub type Finding<'a> = (Check, &'a Tally);

/// Declares [`Check`], [`Checks`], and everything that is done with each check. The order is that of reports.
macro_rules! checks {
    ($($field:ident: $check:ident,)*) => {
        /// A check.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "each is a file of this folder")]
        pub enum Check {
            $($check,)*
        }

        impl Check {
            /// All checks, in the order of reports.
            pub const ALL: &[Self] = &[$(Self::$check),*];

            /// Returns the facts about it.
            #[must_use]
            pub const fn about(self) -> &'static About {
                match self {
                    $(Self::$check => &<$field::$check as Checker>::ABOUT,)*
                }
            }
        }

        /// All checks at work on one run.
        #[derive(Debug)]
        pub struct Checks {
            on: CheckSet,
            shadow: Shadow,
            $($field: $field::$check,)*
        }

        impl Checks {
            /// Creates checks for a world of that layout, before its opening events. Checks that are not on count and
            /// report nothing, but drift is always followed.
            #[must_use]
            pub fn with(layout: Layout, on: CheckSet) -> Self {
                $(let mut $field = $field::$check::default();
                $field.start(&layout);)*
                Self { on, shadow: Shadow::new(layout), $($field,)* }
            }

            /// Passes an event to the checks that look at such events.
            #[inline]
            fn pass<const KIND: u8>(&mut self, held: &HeldTable, stamp: Stamp, event: &Event) {
                let seen = Seen { held, shadow: &self.shadow, stamp };
                $(if <$field::$check as Checker>::ABOUT.looks_at(KIND) && self.on.has(Check::$check) {
                    self.$field.observe(seen, event);
                })*
            }

            #[inline]
            fn asked(&mut self, held: &HeldTable, stamp: Stamp, request: Request, at_once: bool) {
                let seen = Seen { held, shadow: &self.shadow, stamp };
                $(if self.on.has(Check::$check) {
                    self.$field.asked(seen, request, at_once);
                })*
            }

            #[inline]
            fn acquired(&mut self, held: &HeldTable, stamp: Stamp, request: Request) {
                let seen = Seen { held, shadow: &self.shadow, stamp };
                if let Some(called) = self.shadow.callback(stamp.actor) {
                    $(if self.on.has(Check::$check) {
                        self.$field.acquired(seen, called, request);
                    })*
                }
            }

            #[inline]
            fn released(&mut self, held: &HeldTable, stamp: Stamp, request: Request) {
                let seen = Seen { held, shadow: &self.shadow, stamp };
                $(if self.on.has(Check::$check) {
                    self.$field.released(seen, request);
                })*
            }

            fn each_at_rest(&mut self, rest: &AtRest) {
                $(if self.on.has(Check::$check) || Check::$check == Check::Drift {
                    self.$field.at_rest(&self.shadow, rest);
                })*
            }

            /// Takes the end of a run in which no actor can go on. `waiting` lists each actor with the object it waits
            /// for.
            pub fn stuck(&mut self, held: &HeldTable, waiting: &[(ActorId, Object)]) {
                $(if self.on.has(Check::$check) {
                    self.$field.stuck(&self.shadow, held, waiting);
                })*
            }

            /// Takes the end of a run that did not end by itself and was given up.
            pub fn gave_up(&mut self, held: &HeldTable, at_ns: u64) {
                $(if self.on.has(Check::$check) {
                    self.$field.gave_up(&self.shadow, held, at_ns);
                })*
            }

            /// Ends the run: the integrals of drift are complete afterwards.
            pub fn finish(&mut self, at_ns: u64) {
                self.drift.complete(at_ns);
                $(if self.on.has(Check::$check) {
                    self.$field.finish(&self.shadow);
                })*
            }

            /// Adds the findings of another set of checks, for the checks that each actor's own events decide.
            fn add(&mut self, other: &Self) {
                $(if matches!(Check::$check.about().needs, Needs::OwnEvents) {
                    self.$field.tally.add(&other.$field.tally);
                    self.$field.join(&other.$field);
                })*
            }

            /// Returns the findings of every check that is on.
            #[must_use]
            pub fn findings(&self) -> Vec<Finding<'_>> {
                let all = [$((Check::$check, &self.$field.tally),)*];
                all.into_iter().filter(|(check, _)| self.on.has(*check)).collect()
            }
        }
    };
}

checks! {
    drift: Drift,
    left_behind: LeftBehind,
    over_limit: OverLimit,
    underflow: Underflow,
    stale_decision: StaleDecision,
    partial_move: PartialMove,
    rollback: Rollback,
    leaked_reservation: LeakedReservation,
    undo_refused: UndoRefused,
    spurious_refusal: SpuriousRefusal,
    contract: Contract,
    lock_shared: LockShared,
    sleep_in_atomic: SleepInAtomic,
    lock_order: LockOrder,
    deadlock: Deadlock,
    lost_wakeup: LostWakeup,
    wrong_group: WrongGroup,
    no_progress: NoProgress,
    ledger: Ledger,
}

impl Checks {
    /// Takes one event, which `held` has not seen yet. Events of locks are the most frequent and have methods of their
    /// own. Other frequent events only go to the checks that look at them.
    #[inline]
    pub fn observe(&mut self, held: &HeldTable, stamp: Stamp, event: &Event) {
        match *event {
            Event::LockAcquired { object, mode, waited_ns } => {
                let request = Request { object, mode };
                if waited_ns.is_none() {
                    self.asked(held, stamp, request, true);
                }
                return self.acquired(held, stamp, request);
            }
            Event::LockReleased { object, mode, .. } => {
                return self.released(held, stamp, Request { object, mode });
            }
            Event::LockContended { object, mode } => {
                return self.asked(held, stamp, Request { object, mode }, false);
            }
            Event::ChargeBegin { .. } | Event::TotalVm { .. } => {}
            Event::OpBegin { .. } | Event::OpEnd { .. } => self.pass::<OPERATIONS>(held, stamp, event),
            Event::Record { .. } => self.pass::<RECORDS>(held, stamp, event),
            Event::Ledger { controller, cgroup, pages, reserve, .. } => {
                self.pass::<LEDGER>(held, stamp, event);
                if reserve && pages > 0 {
                    let index = Shadow::index(controller, cgroup);
                    self.drift.reserved(index, self.shadow.reserved(index) + pages);
                }
            }
            _ => self.pass::<RARE>(held, stamp, event),
        }
        let drift = &mut self.drift;
        self.shadow.observe(stamp, event, |shadow, at_ns, index, change| {
            drift.changed(shadow, at_ns, index, change);
        });
    }

    /// Reports whether no operation and no transaction is in flight.
    #[must_use]
    pub fn quiescent(&self) -> bool {
        self.shadow.in_flight() == 0
    }

    /// Compares the ledger with the counters, and the followed truth with the recomputed truth. Only while nothing is
    /// in flight.
    pub fn audit(&mut self, at_ns: u64, snapshot: &Snapshot) {
        let mut off = ledger::Ledger::default();
        let ledger = if self.on.has(Check::Ledger) { &mut self.ledger } else { &mut off };
        ledger.audit(&self.shadow, snapshot);
        self.drift.audit(&mut ledger.tally, &self.shadow, at_ns);
    }

    /// Compares the state before and after a failed attach during which no other actor was at work.
    pub fn rolled_back(&mut self, at_ns: u64, before: &Snapshot, after: &Snapshot) {
        if self.on.has(Check::Rollback) {
            self.rollback.compare(at_ns, before, after);
        }
    }

    /// Returns the drift of each counter, in the order of the layout.
    #[must_use]
    pub fn drifts(&self) -> &[CounterDrift] {
        self.drift.counters()
    }

    /// Returns the shadow.
    #[must_use]
    pub fn shadow(&self) -> &Shadow {
        &self.shadow
    }
}
