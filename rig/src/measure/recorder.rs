//! Raw records of one run: attach latency by outcome and phase, operations of the workload, counts. No statistics.
use super::ops::Ops;
use faults::{Errno, Site};
use model::kernel::{CgroupId, Controller, Layout, MmId};
use model::locks::stats::LockRecorder as Series;
use model::seam::event::{Callback, Outcome, Phase, Target};
use model::seam::{ActorId, Event, Stamp};
use reports::outcome::AttachOutcome;
use reports::slices::Slices;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// Attaches by mode, controller and outcome.
pub type Census = BTreeMap<(&'static str, Controller, AttachOutcome), u64>;

/// An attach under way.
#[derive(Debug, Default)]
struct Open {
    actor: ActorId,
    began_ns: u64,
    due_ns: Option<u64>,
    target: Option<Target>,
    dest: CgroupId,
    mms: SmallVec<[MmId; 2]>,
    phase: Option<(Phase, u64)>,
    phases_ns: [Option<u64>; Phase::ALL.len()],
    overlapped: bool,
}

impl Open {
    fn leave_phase(&mut self, at_ns: u64) {
        if let Some((phase, since_ns)) = self.phase.take() {
            *self.phases_ns[phase as usize].get_or_insert(0) += at_ns - since_ns;
        }
    }
}

/// Latencies of attaches with one outcome.
#[derive(Clone, Debug)]
pub struct Latency {
    /// From the start.
    pub raw: Series,
    /// From the intended start; empty in a closed loop.
    pub corrected: Series,
}

/// The recorder of one run, or of one actor.
#[derive(Debug)]
pub struct Recorder {
    layout: Layout,
    /// Samples that began earlier are not recorded.
    from_ns: u64,
    open: Vec<Open>,
    attaches: u64,
    pub(super) ops: Ops,
    /// By outcome.
    pub latency: [Latency; AttachOutcome::ALL.len()],
    /// By phase, of attaches that moved.
    pub phases: [Series; Phase::ALL.len()],
    /// Attaches by outcome.
    pub outcomes: [u64; AttachOutcome::ALL.len()],
    /// Attaches and faults over time, from `from_ns` on.
    pub over_time: Slices,
    /// Refusals by site and error.
    pub refusals: BTreeMap<(Site, Errno), u64>,
    /// Undoing callbacks run.
    pub aborts: BTreeMap<(Controller, Callback), u64>,
    /// Attaches other than `noop` that overlapped an attempt to charge the moved mm or the destination.
    pub overlaps: u64,
    /// Callbacks entered that can refuse.
    pub asked: u64,
    /// Attaches by mode of the mover, controller that took part, and outcome.
    pub census: Census,
    /// Charges that were refused and would have had room without reservations.
    pub spurious_refusals: u64,
}

/// Returns the outcome in the form of results.
const fn in_results(outcome: Outcome) -> AttachOutcome {
    match outcome {
        Outcome::Moved => AttachOutcome::Moved,
        Outcome::Noop => AttachOutcome::Noop,
        Outcome::Refused { .. } => AttachOutcome::Refused,
        Outcome::Partial { .. } => AttachOutcome::Partial,
        Outcome::Gone => AttachOutcome::Gone,
    }
}

impl Recorder {
    /// Returns a recorder that ignores operations begun before `from_ns`.
    #[must_use]
    pub fn new(layout: Layout, from_ns: u64) -> Self {
        let latency = || Latency { raw: Series::new(3), corrected: Series::new(3) };
        Self {
            layout,
            from_ns,
            open: Vec::new(),
            attaches: 0,
            ops: Ops::new(),
            latency: std::array::from_fn(|_| latency()),
            phases: std::array::from_fn(|_| Series::new(3)),
            outcomes: [0; AttachOutcome::ALL.len()],
            over_time: Slices::default(),
            refusals: BTreeMap::new(),
            aborts: BTreeMap::new(),
            overlaps: 0,
            asked: 0,
            census: Census::new(),
            spurious_refusals: 0,
        }
    }

    /// Returns the number of operations finished.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.ops.finished
    }

    /// Counts an overlap of the attach of `actor` with an attempt to charge that was seen elsewhere.
    pub(super) fn overlapped(&mut self, actor: ActorId) {
        if let Some(open) = self.opened(actor) {
            open.overlapped = true;
        }
    }

    fn opened(&mut self, actor: ActorId) -> Option<&mut Open> {
        self.open.iter_mut().find(|open| open.actor == actor)
    }

    /// Records one event; `reserved` returns the pages reserved at a counter.
    pub fn observe(&mut self, stamp: Stamp, event: &Event, reserved: impl Fn(Controller, CgroupId) -> i64) {
        match *event {
            Event::OpBegin { kind, mm } => {
                self.ops.begin(stamp, kind, mm, (self.open.len(), self.attaches));
                if let Some(mm) = mm.filter(|_| kind.charges()) {
                    let moving = self.open.iter_mut().filter(|open| open.mms.contains(&mm));
                    moving.for_each(|open| open.overlapped = true);
                }
            }
            Event::OpEnd { result } => self.ops.end(stamp, result.is_err(), self.attaches, self.from_ns),
            Event::ChargeBegin { cgroup, .. } => self.charged(stamp.actor, cgroup),
            Event::ChargeRefused { controller, cgroup, pages, usage, limit } => {
                let held_back = u64::try_from(reserved(controller, cgroup)).unwrap_or(0);
                let by_mover = self.opened(stamp.actor).is_some();
                if !by_mover && held_back > 0 && usage.saturating_sub(held_back) + pages <= limit {
                    self.spurious_refusals += 1;
                }
            }
            Event::AttachBegin { target, dest, due_ns } => {
                self.attaches += 1;
                let (actor, began_ns, target) = (stamp.actor, stamp.at_ns, Some(target));
                self.open.push(Open { actor, began_ns, due_ns, target, dest, ..Open::default() });
            }
            Event::TxMoves { mm, .. } => {
                let overlapped = self.ops.is_charging(mm);
                if let Some(open) = self.opened(stamp.actor) {
                    open.mms.push(mm);
                    open.overlapped |= overlapped;
                }
            }
            Event::Phase(phase) => {
                if let Some(open) = self.opened(stamp.actor) {
                    open.leave_phase(stamp.at_ns);
                    open.phase = Some((phase, stamp.at_ns));
                }
            }
            Event::Enter { callback, .. } => self.asked += u64::from(callback.can_refuse()),
            Event::Leave { controller, callback, .. } if callback.undoes() => {
                *self.aborts.entry((controller, callback)).or_insert(0) += 1;
            }
            Event::AttachEnd { outcome } => self.end(stamp, outcome),
            Event::Injected { .. } if stamp.at_ns >= self.from_ns => {
                self.over_time.fault(stamp.at_ns - self.from_ns);
            }
            _ => {}
        }
    }

    /// Records a charge to `cgroup`, which overlaps every attach of another actor to it.
    fn charged(&mut self, who: ActorId, cgroup: CgroupId) {
        if self.open.is_empty() {
            return;
        }
        for level in self.layout.upward(cgroup) {
            let hit = self.open.iter_mut().filter(|open| open.actor != who && open.dest == level);
            hit.for_each(|open| open.overlapped = true);
        }
    }

    fn end(&mut self, stamp: Stamp, outcome: Outcome) {
        let Some(at) = self.open.iter().position(|open| open.actor == stamp.actor) else { return };
        let mut open = self.open.swap_remove(at);
        if open.began_ns < self.from_ns {
            return;
        }
        open.leave_phase(stamp.at_ns);
        let index = in_results(outcome) as usize;
        self.outcomes[index] += 1;
        self.latency[index].raw.record(stamp.at_ns - open.began_ns);
        if let Some(due_ns) = open.due_ns {
            self.latency[index].corrected.record(stamp.at_ns.saturating_sub(due_ns));
        }
        let at_ns = stamp.at_ns - self.from_ns;
        match outcome {
            Outcome::Moved => {
                self.over_time.moved(at_ns, stamp.at_ns - open.began_ns);
                for (series, ns) in self.phases.iter_mut().zip(open.phases_ns) {
                    ns.into_iter().for_each(|ns| series.record(ns));
                }
            }
            Outcome::Refused { site, errno } | Outcome::Partial { site, errno } => {
                self.over_time.refused(at_ns);
                *self.refusals.entry((site, errno)).or_insert(0) += 1;
            }
            Outcome::Noop | Outcome::Gone => {}
        }
        self.overlaps += u64::from(open.overlapped && outcome != Outcome::Noop);
        if let Some(target) = open.target {
            self.count(target, open.dest, outcome);
        }
    }

    fn count(&mut self, target: Target, dest: CgroupId, outcome: Outcome) {
        let hierarchy = self.layout.cgroups[dest.index()].hierarchy;
        for controller in self.layout.hierarchies[hierarchy.index()].iter().copied() {
            if matches!(target, Target::Adopt(adopted) if adopted != controller) {
                continue;
            }
            *self.census.entry((target.mode(), controller, in_results(outcome))).or_insert(0) += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_have_one_name_in_the_model_and_in_results() {
        let (site, errno) = (Site::CoreMmap, Errno::ENOMEM);
        let outcomes = [
            Outcome::Moved,
            Outcome::Noop,
            Outcome::Refused { site, errno },
            Outcome::Partial { site, errno },
            Outcome::Gone,
        ];
        assert_eq!(outcomes.map(in_results), AttachOutcome::ALL);
        assert_eq!(outcomes.map(Outcome::name), AttachOutcome::ALL.map(AttachOutcome::name));
    }
}
