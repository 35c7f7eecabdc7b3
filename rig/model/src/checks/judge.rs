//! The observer that only judges: it runs the checks, and takes a snapshot of the world whenever nothing is in flight.
use super::{CheckSet, Checks};
use crate::kernel::{Layout, Snapshot};
use crate::locks::held::HeldTable;
use crate::seam::End;
use crate::seam::event::Outcome;
use crate::seam::{ActorId, Event, Observer, Stamp};
use crate::world::World;
use std::sync::Arc;

/// An observer that runs the checks on the events of a world and records nothing else.
pub struct Judge {
    /// The world that is judged.
    pub world: Arc<World>,
    /// The checks.
    pub checks: Checks,
    /// The locks that each actor holds.
    pub held: HeldTable,
    on: CheckSet,
    /// True if it takes snapshots whenever nothing is in flight; otherwise only at the end.
    looks_around: bool,
    layout: Layout,
    opening: Vec<Event>,
    /// The number of operations and attaches that have begun.
    begun: u64,
    /// The number of attaches that have begun and not ended.
    attaching: u32,
    /// The attach that began while no other actor was at work, with the snapshot taken then.
    alone: Option<OwnEvents>,
}

struct OwnEvents {
    actor: ActorId,
    begun: u64,
    before: Snapshot,
}

impl Judge {
    /// Creates a judge of `world`, which is at its start, with those checks.
    #[must_use]
    pub fn new(world: Arc<World>, on: CheckSet) -> Self {
        Self::with(world, on, true)
    }

    /// Creates a judge that takes a snapshot only at the end. A moment at which nothing is in flight depends on the
    /// order of steps that are otherwise independent.
    #[must_use]
    pub fn at_the_end(world: Arc<World>, on: CheckSet) -> Self {
        Self::with(world, on, false)
    }

    fn with(world: Arc<World>, on: CheckSet, looks_around: bool) -> Self {
        let (layout, opening) = (world.layout(), world.opening());
        let mut judge = Self {
            checks: Checks::with(layout.clone(), on),
            held: HeldTable::default(),
            on,
            looks_around,
            layout,
            opening,
            begun: 0,
            attaching: 0,
            alone: None,
            world,
        };
        judge.open();
        judge
    }

    /// Forgets everything, since the world has been put back to its start.
    pub fn restart(&mut self) {
        self.checks = Checks::with(self.layout.clone(), self.on);
        self.held = HeldTable::default();
        (self.begun, self.attaching, self.alone) = (0, 0, None);
        self.open();
    }

    /// Returns the facts with which the world starts.
    #[must_use]
    pub fn opening(&self) -> &[Event] {
        &self.opening
    }

    fn open(&mut self) {
        for event in &self.opening {
            self.checks.observe(&self.held, Stamp { at_ns: 0, actor: ActorId(0) }, event);
        }
    }

    /// Ends the run at `at_ns`: explains why it could not end by itself, or audits its final state, which it returns.
    pub fn finish(&mut self, at_ns: u64, end: &End) -> Option<Snapshot> {
        match end {
            End::Deadlock(waiting) => self.checks.stuck(&self.held, waiting),
            End::Abandoned => self.checks.gave_up(&self.held, at_ns),
            End::Done => {}
        }
        let last = (*end == End::Done).then(|| self.world.snapshot());
        if let Some(last) = &last {
            self.checks.audit(at_ns, last);
        }
        self.checks.finish(at_ns);
        last
    }

    /// Audits the world if the event has completed something. Called after all checks have seen the event.
    pub fn after(&mut self, stamp: Stamp, event: &Event) {
        if !self.looks_around {
            return;
        }
        // Lists are also read outside of operations; their locks must be free for a snapshot.
        let ends = matches!(event, Event::OpEnd { .. } | Event::TxEnd { .. });
        if ends && self.checks.quiescent() && self.held.is_empty() {
            self.checks.audit(stamp.at_ns, &self.world.snapshot());
        }
        match event {
            Event::OpBegin { .. } => self.begun += 1,
            Event::AttachBegin { .. } => self.attach_begins(stamp.actor),
            Event::AttachEnd { outcome } => self.attach_ends(stamp, *outcome),
            _ => {}
        }
    }

    fn attach_begins(&mut self, actor: ActorId) {
        self.begun += 1;
        let quiet = self.attaching == 0 && self.checks.quiescent() && self.held.is_empty();
        self.attaching += 1;
        self.alone = quiet.then(|| OwnEvents { actor, begun: self.begun, before: self.world.snapshot() });
    }

    /// Checks that a failed attach during which no other actor was at work has left everything as it was.
    fn attach_ends(&mut self, stamp: Stamp, outcome: Outcome) {
        self.attaching -= 1;
        let Some(alone) = self.alone.take_if(|alone| alone.actor == stamp.actor) else { return };
        let undisturbed = alone.begun == self.begun && self.checks.quiescent() && self.held.is_empty();
        if undisturbed && !(outcome.has_moved() || matches!(outcome, Outcome::Partial { .. })) {
            self.checks.rolled_back(stamp.at_ns, &alone.before, &self.world.snapshot());
        }
    }
}

impl Observer for Judge {
    fn observe(&mut self, stamp: Stamp, event: &Event) {
        self.checks.observe(&self.held, stamp, event);
        self.held.observe(stamp, event, |_| {});
        self.after(stamp, event);
    }
}
