//! The interface of a check. A check is a file with a struct that has a [`Tally`](super::Tally), its [`About`], and
//! methods for the moments of [`Checker`], and a row of the table in [`super`].
use super::Shadow;
use super::at_rest::AtRest;
use crate::kernel::{Controller, Layout};
use crate::locks::held::HeldTable;
use crate::seam::event::{Callback, Mode};
use crate::seam::{ActorId, Event, Object, Stamp};

/// The evidence that a check needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// Each actor's own events.
    OwnEvents,
    /// A total order of events. On engines without one, the check is not judged.
    TotalOrder,
    /// Counters, tasks and pages. On engines without a total order of events they are read while all actors are at
    /// rest.
    Rest,
    /// The end of the run.
    End,
}

/// The protocols that may violate a check without a mistake in their code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excuse {
    /// None.
    None,
    /// Those that do not keep their locks from the first check to the last callback.
    KeepsNoLocks,
    /// Those that reserve.
    Reserves,
}

/// The facts about a check.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The name in scenarios, litmus tests and results.
    pub name: &'static str,
    /// The evidence that it needs.
    pub needs: Needs,
    /// True if a litmus test judges it by its final state only, where an error that a later operation corrects does not
    /// count.
    pub by_final_state: bool,
    /// The protocols that some schedule may make violate it.
    pub excuse: Excuse,
    /// The kinds of events that it looks at, as a sum of the constants below.
    pub events: u8,
}

impl About {
    /// Reports whether it looks at events of that kind.
    pub(super) const fn looks_at(&self, kind: u8) -> bool {
        self.events & kind != 0
    }
}

/// No events except those of locks.
pub(super) const NONE: u8 = 0;
/// Beginnings and ends of operations.
pub(super) const OPERATIONS: u8 = 1;
/// Page records.
pub(super) const RECORDS: u8 = 2;
/// Charges and uncharges.
pub(super) const LEDGER: u8 = 4;
/// All other events, which are rare.
pub(super) const RARE: u8 = 8;

/// The state before an event, which neither `held` nor `shadow` has seen yet.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) held: &'a HeldTable,
    pub(super) shadow: &'a Shadow,
    pub(super) stamp: Stamp,
}

/// A lock with the mode in which it is requested, held or released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) object: Object,
    pub(super) mode: Mode,
}

/// The moments at which a check may judge. By default it does nothing.
pub(super) trait Checker: Default {
    /// The facts about it.
    const ABOUT: About;

    /// Called before the first event.
    fn start(&mut self, _layout: &Layout) {}

    /// Called for each event of the kinds in [`About::events`].
    fn observe(&mut self, _seen: Seen<'_>, _event: &Event) {}

    /// Called when a lock is requested. It was granted at once, or has to be waited for.
    fn asked(&mut self, _seen: Seen<'_>, _request: Request, _at_once: bool) {}

    /// Called when a callback got a lock.
    fn acquired(&mut self, _seen: Seen<'_>, _called: (Controller, Callback), _request: Request) {}

    /// Called when a lock was released.
    fn released(&mut self, _seen: Seen<'_>, _request: Request) {}

    /// Called while all actors are at rest, if events have no total order.
    fn at_rest(&mut self, _shadow: &Shadow, _rest: &AtRest) {}

    /// Called when no actor can go on. `waiting` lists all actors that are left.
    fn stuck(&mut self, _shadow: &Shadow, _held: &HeldTable, _waiting: &[(ActorId, Object)]) {}

    /// Called when the run did not end by itself and was given up.
    fn gave_up(&mut self, _shadow: &Shadow, _held: &HeldTable, _at_ns: u64) {}

    /// Called at the end of the run.
    fn finish(&mut self, _shadow: &Shadow) {}

    /// Adds the state of the check of one actor, whose tally has been added already.
    fn join(&mut self, _other: &Self) {}
}
