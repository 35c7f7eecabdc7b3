//! The observer of a cell: checks, recorder and lock statistics, each of every event, in one place.
use crate::checks::{CheckSet, Checks, Shadow};
use crate::engine::event::Outcome;
use crate::engine::sim::End;
use crate::engine::{ActorId, Event, Observer, Stamp};
use crate::kernel::Snapshot;
use crate::locks::held::HeldTable;
use crate::locks::stats::LockStats;
use crate::measure::Recorder;
use crate::world::World;
use std::sync::Arc;

/// See the module's text.
pub struct Watch {
    /// What is watched; asked for a snapshot whenever nothing is in flight.
    pub world: Arc<World>,
    /// Every check.
    pub checks: Checks,
    /// Latencies and counts.
    pub recorder: Recorder,
    /// lock_stat.
    pub locks: LockStats,
    /// Who holds what.
    pub held: HeldTable,
    /// Operations and attaches that have begun.
    begun: u64,
    /// Attaches that have begun and not ended.
    attaching: u32,
    /// The attach that began while nobody else was at work, with all that was there.
    alone: Option<Alone>,
}

struct Alone {
    actor: ActorId,
    begun: u64,
    before: Snapshot,
}

impl Watch {
    /// Watches `world`, whose opening it takes; latencies of what began before `from_ns` are not recorded.
    #[must_use]
    pub fn new(world: Arc<World>, from_ns: u64) -> Self {
        Self::with(world, from_ns, CheckSet::ALL)
    }

    /// The same with only those checks on.
    #[must_use]
    pub fn with(world: Arc<World>, from_ns: u64, on: CheckSet) -> Self {
        let layout = world.layout();
        let mut watch = Self {
            checks: Checks::with(layout.clone(), on),
            recorder: Recorder::new(layout, from_ns),
            locks: LockStats::default(),
            held: HeldTable::default(),
            begun: 0,
            attaching: 0,
            alone: None,
            world,
        };
        for event in watch.world.opening() {
            watch.observe(Stamp { at_ns: 0, actor: ActorId(0) }, &event);
        }
        watch
    }

    /// Ends the run at `at_ns`: explains why it came to no end, or audits what is left.
    pub fn finish(&mut self, at_ns: u64, end: &End) -> Option<Snapshot> {
        match end {
            End::Deadlock(waiting) => self.checks.deadlocked(&self.held, waiting),
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
}

impl Watch {
    fn attach_begins(&mut self, actor: ActorId) {
        self.begun += 1;
        let quiet = self.attaching == 0 && self.checks.quiescent() && self.held.is_empty();
        self.attaching += 1;
        self.alone = quiet.then(|| Alone { actor, begun: self.begun, before: self.world.snapshot() });
    }

    /// An attach that was alone from end to end and has not happened leaves everything as it was.
    fn attach_ends(&mut self, stamp: Stamp, outcome: Outcome) {
        self.attaching -= 1;
        let Some(alone) = self.alone.take_if(|alone| alone.actor == stamp.actor) else { return };
        let undisturbed = alone.begun == self.begun && self.checks.quiescent() && self.held.is_empty();
        if undisturbed && !matches!(outcome, Outcome::Moved | Outcome::Partial { .. }) {
            self.checks.rolled_back(stamp.at_ns, &alone.before, &self.world.snapshot());
        }
    }
}

impl Observer for Watch {
    fn observe(&mut self, stamp: Stamp, event: &Event) {
        let Self { world, checks, recorder, locks, held, .. } = self;
        match event {
            Event::LockContended { .. } | Event::AsksUnfairly { .. } => {
                return checks.observe(held, stamp, event);
            }
            Event::LockAcquired { .. } | Event::LockReleased { .. } => {
                checks.observe(held, stamp, event);
                return locks.observe(held, stamp, event);
            }
            _ => {}
        }
        let shadow = checks.shadow();
        recorder
            .observe(stamp, event, |controller, cgroup| shadow.reserved(Shadow::index(controller, cgroup)));
        checks.observe(held, stamp, event);
        locks.observe(held, stamp, event);
        // Lists are also read outside of operations; their locks must be free for a snapshot.
        if matches!(event, Event::OpEnd { .. } | Event::TxEnd { .. }) && checks.quiescent() && held.is_empty()
        {
            checks.audit(stamp.at_ns, &world.snapshot());
        }
        match event {
            Event::OpBegin { .. } => self.begun += 1,
            Event::AttachBegin { .. } => self.attach_begins(stamp.actor),
            Event::AttachEnd { outcome } => self.attach_ends(stamp, *outcome),
            _ => {}
        }
    }
}
