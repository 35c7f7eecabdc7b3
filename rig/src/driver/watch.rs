//! The observer of a cell: checks, recorder and lock statistics, each of every event, in one place.
use crate::checks::{CheckSet, Checks, Shadow};
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

impl Observer for Watch {
    fn observe(&mut self, stamp: Stamp, event: &Event) {
        let Self { world, checks, recorder, locks, held } = self;
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
    }
}
