//! The observer of a cell: checks, recorder and lock statistics, each of every event, in one place.
use crate::checks::{Checks, Shadow};
use crate::engine::{Event, Observer, Stamp};
use crate::kernel::Layout;
use crate::locks::held::HeldTable;
use crate::locks::stats::LockStats;
use crate::measure::Recorder;
use crate::world::World;
use std::sync::Arc;

/// See the module's text.
pub(super) struct Watch {
    pub(super) world: Arc<World>,
    pub(super) checks: Checks,
    pub(super) recorder: Recorder,
    pub(super) locks: LockStats,
    pub(super) held: HeldTable,
}

impl Watch {
    pub(super) fn new(world: Arc<World>, layout: Layout, from_ns: u64) -> Self {
        Self {
            world,
            checks: Checks::new(layout.clone()),
            recorder: Recorder::new(layout, from_ns),
            locks: LockStats::default(),
            held: HeldTable::default(),
        }
    }
}

impl Observer for Watch {
    fn observe(&mut self, stamp: Stamp, event: &Event) {
        let Self { world, checks, recorder, locks, held } = self;
        match event {
            Event::LockContended { .. } => return,
            Event::LockAcquired { .. } | Event::LockReleased { .. } => {
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
