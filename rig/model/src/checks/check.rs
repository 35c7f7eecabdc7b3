//! The shape of a check: a file with a struct that has a [`Tally`](super::Tally), its [`About`], and methods for the moments of
//! [`Checker`]; and a row of the table in [`super`].
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
    /// One order of all events. Not judged where there is none.
    TotalOrder,
    /// Counters, tasks and pages. Where events have no order of all of them, while all actors rest.
    Rest,
    /// The end of the run.
    End,
}

/// The facts about a check.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its name in scenarios, litmus tests and results.
    pub name: &'static str,
    /// The evidence that it needs.
    pub needs: Needs,
    /// True if the final state of a litmus test decides: there, one operation's error that another makes good counts for nothing.
    pub by_final_state: bool,
    /// True if a protocol may violate it that keeps no locks from the first look to the last, if the schedule is bad enough.
    pub without_locks: bool,
    /// The events that it looks at, of those below.
    pub events: u8,
}

impl About {
    /// Reports whether it looks at events of that kind.
    pub(super) const fn looks_at(&self, kind: u8) -> bool {
        self.events & kind != 0
    }
}

/// No events but locks.
pub(super) const NONE: u8 = 0;
/// Beginnings and ends of operations.
pub(super) const OPERATIONS: u8 = 1;
/// Page records.
pub(super) const RECORDS: u8 = 2;
/// Charges and uncharges.
pub(super) const LEDGER: u8 = 4;
/// All the others, which are rare.
pub(super) const RARE: u8 = 8;

/// The state before an event, which neither `held` nor `shadow` has seen yet.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) held: &'a HeldTable,
    pub(super) shadow: &'a Shadow,
    pub(super) stamp: Stamp,
}

/// A lock, and how it is asked for, held or given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) object: Object,
    pub(super) mode: Mode,
}

/// The moments at which a check may judge. It does nothing at those that it does not mention.
pub(super) trait Checker: Default {
    /// The facts about it.
    const ABOUT: About;

    /// Nothing has happened yet.
    fn start(&mut self, _layout: &Layout) {}

    /// An event that is not a lock's, of those in [`About::events`].
    fn observe(&mut self, _seen: Seen<'_>, _event: &Event) {}

    /// A lock is asked for: it was granted at once, or has to be waited for.
    fn asked(&mut self, _seen: Seen<'_>, _request: Request, _at_once: bool) {}

    /// A callback got a lock.
    fn acquired(&mut self, _seen: Seen<'_>, _called: (Controller, Callback), _request: Request) {}

    /// A lock was given back.
    fn released(&mut self, _seen: Seen<'_>, _request: Request) {}

    /// All actors rest, and events have no total order.
    fn at_rest(&mut self, _shadow: &Shadow, _rest: &AtRest) {}

    /// No actor can go on; `waiting` lists all that are left.
    fn stuck(&mut self, _shadow: &Shadow, _held: &HeldTable, _waiting: &[(ActorId, Object)]) {}

    /// The run came to no end and was given up.
    fn gave_up(&mut self, _shadow: &Shadow, _held: &HeldTable, _at_ns: u64) {}

    /// The run has ended.
    fn finish(&mut self, _shadow: &Shadow) {}

    /// Adds what the check of one actor has found; its tally has been added.
    fn join(&mut self, _other: &Self) {}
}
