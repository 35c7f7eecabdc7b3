//! The observer of a cell: passes each event to the judge, the recorder, the lock statistics and the timelines.
use crate::measure::concurrent::Concurrent;
use crate::measure::{Recorder, Timelines};
use engines::sim::End;
use model::checks::{CheckSet, Judge};
use model::kernel::Snapshot;
use model::locks::stats::LockStats;
use model::seam::{ActorId, Event, Observer, Stamp};
use model::world::World;
use std::sync::Arc;

/// The observer of a cell.
pub struct Watch {
    /// Every check, and the table of holders.
    pub judge: Judge,
    /// Latencies and counts.
    pub recorder: Recorder,
    /// Lock statistics, as in lock_stat.
    pub locks: LockStats,
    /// Single attaches, step by step.
    pub timelines: Timelines,
}

impl Watch {
    /// Returns an observer of `world` that has consumed its opening events; latencies of operations begun before
    /// `from_ns` are not recorded.
    #[must_use]
    pub fn new(world: Arc<World>, from_ns: u64) -> Self {
        Self::with(world, from_ns, CheckSet::ALL)
    }

    /// Returns an observer with only those checks on.
    #[must_use]
    pub fn with(world: Arc<World>, from_ns: u64, on: CheckSet) -> Self {
        let recorder = Recorder::new(Arc::new(Concurrent::new(world.layout())), from_ns);
        let (locks, timelines) = (LockStats::default(), Timelines::new(from_ns));
        let mut watch = Self { judge: Judge::new(world, on), recorder, locks, timelines };
        let Self { judge, recorder, locks, .. } = &mut watch;
        for event in judge.opening().to_vec() {
            let stamp = Stamp { at_ns: 0, actor: ActorId(0) };
            recorder.observe(stamp, &event);
            locks.observe(&mut judge.held, stamp, &event);
        }
        watch
    }

    /// Ends the run at `at_ns`: explains why it did not end by itself, or audits the final state.
    pub fn finish(&mut self, at_ns: u64, end: &End) -> Option<Snapshot> {
        self.judge.finish(at_ns, end)
    }
}

impl Observer for Watch {
    fn observe(&mut self, stamp: Stamp, event: &Event) {
        let Self { judge, recorder, locks, timelines } = self;
        match event {
            Event::LockContended { object, mode } => {
                timelines.contended(stamp, *object, *mode);
                return judge.checks.observe(&judge.held, stamp, event);
            }
            Event::AsksUnfairly { .. } => return judge.checks.observe(&judge.held, stamp, event),
            Event::LockAcquired { .. } | Event::LockReleased { .. } => {
                if timelines.follows(stamp.actor, event) {
                    timelines.lock(stamp, event);
                }
                judge.checks.observe(&judge.held, stamp, event);
                return locks.observe(&mut judge.held, stamp, event);
            }
            Event::Start(_)
            | Event::AttachBegin { .. }
            | Event::AttachEnd { .. }
            | Event::TxMember { .. }
            | Event::Phase(_)
            | Event::Injected { .. } => timelines.attach(stamp, event),
            _ => {}
        }
        recorder.observe(stamp, event);
        judge.checks.observe(&judge.held, stamp, event);
        locks.observe(&mut judge.held, stamp, event);
        judge.after(stamp, event);
    }
}
