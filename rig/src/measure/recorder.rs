//! Raw records of one run: attach latency by outcome and phase, operations of the workload, counts. No statistics.
//!
//! In virtual time one recorder sees all actors. On threads each actor has a recorder, which nothing else writes, and
//! they are merged at the end. The facts about other actors that a record needs are the counts in [`Concurrent`]. No
//! event allocates, except for the first attach and the first fault that a recorder sees.
use super::concurrent::Concurrent;
use super::ops::{Op, Ops};
use faults::{Errno, Site};
use model::kernel::{CgroupId, Controller, MmId};
use model::locks::stats::LockRecorder as Series;
use model::seam::event::{Callback, Outcome, Phase, Target};
use model::seam::{Event, Stamp};
use reports::outcome::AttachOutcome;
use reports::slices::Slices;
use smallvec::SmallVec;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Attaches by mode, controller and outcome.
pub type Census = BTreeMap<(&'static str, Controller, AttachOutcome), u64>;

/// A reservation of pages at a cgroup and its ancestors below another.
type Reservation = (Controller, (CgroupId, CgroupId), i64);

/// An attach under way.
#[derive(Debug)]
struct Attach {
    began_ns: u64,
    due_ns: Option<u64>,
    target: Target,
    dest: CgroupId,
    /// Charges of `dest` when it began.
    charges: u64,
    /// The charges since then that its actor has made itself.
    own_charges: u64,
    /// Address spaces that it moves, each with the number of operations on it that had begun.
    mms: SmallVec<[(MmId, u64); 2]>,
    /// The reservations of its transaction.
    reserved: SmallVec<[Reservation; 4]>,
    phase: Option<(Phase, u64)>,
    phases_ns: [Option<u64>; Phase::ALL.len()],
    overlapped: bool,
}

impl Attach {
    fn enter_phase(&mut self, phase: Option<Phase>, at_ns: u64) {
        if let Some((phase, since_ns)) = self.phase.take() {
            *self.phases_ns[phase as usize].get_or_insert(0) += at_ns - since_ns;
        }
        self.phase = phase.map(|phase| (phase, at_ns));
    }

    /// Follows its transaction.
    fn goes_on(&mut self, around: &Concurrent, stamp: Stamp, event: &Event) {
        match *event {
            Event::Phase(phase) => self.enter_phase(Some(phase), stamp.at_ns),
            Event::TxMoves { mm, .. } => {
                let (begun, ended) = around.ops(mm);
                self.mms.push((mm, begun));
                self.overlapped |= begun != ended;
            }
            Event::Ledger { controller, cgroup, until, pages, reserve: true } => {
                self.reserved.push((controller, (cgroup, until), pages));
                around.reserve(controller, (cgroup, until), pages);
            }
            Event::TxEnd { .. } => {
                for (controller, levels, pages) in self.reserved.drain(..) {
                    around.reserve(controller, levels, -pages);
                }
            }
            _ => {}
        }
    }

    /// Reports whether it overlapped an attempt to charge a moved address space or the destination.
    fn overlapped(&self, around: &Concurrent) -> bool {
        let worked = |(mm, begun): &(MmId, u64)| around.ops(*mm).0 != *begun;
        let charged = around.charges(self.dest) != self.charges + self.own_charges;
        self.overlapped || charged || self.mms.iter().any(worked)
    }
}

/// The state of one actor.
#[derive(Debug, Default)]
struct Actor {
    op: Option<Op>,
    attach: Option<Attach>,
}

/// Latencies of attaches with one outcome.
#[derive(Clone, Debug)]
pub struct Latency {
    /// From the start.
    pub raw: Series,
    /// From the intended start; empty in a closed loop.
    pub corrected: Series,
}

/// Latencies of attaches.
#[derive(Debug)]
pub struct Latencies {
    /// By outcome.
    pub whole: [Latency; AttachOutcome::ALL.len()],
    /// Time from the intended start to the real one; empty in a closed loop.
    pub lateness: Series,
    /// By phase, of attaches that moved.
    pub phases: [Series; Phase::ALL.len()],
}

/// The recorder of one run, or of one actor.
#[derive(Debug)]
pub struct Recorder {
    around: Arc<Concurrent>,
    /// Samples that began earlier are not recorded.
    from_ns: u64,
    actors: Vec<Actor>,
    pub(super) ops: Ops,
    /// Absent until an attach ends, because most actors begin none.
    pub(super) latencies: OnceCell<Box<Latencies>>,
    /// Attaches by outcome.
    pub outcomes: [u64; AttachOutcome::ALL.len()],
    /// Attaches and faults over time, from `from_ns` on, once there are any.
    pub over_time: Option<Slices>,
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
        Outcome::Completed => AttachOutcome::Completed,
        Outcome::Noop => AttachOutcome::Noop,
        Outcome::Refused { .. } => AttachOutcome::Refused,
        Outcome::Partial { .. } => AttachOutcome::Partial,
        Outcome::Gone => AttachOutcome::Gone,
    }
}

impl Recorder {
    /// Returns a recorder that ignores operations begun before `from_ns`.
    #[must_use]
    pub fn new(around: Arc<Concurrent>, from_ns: u64) -> Self {
        Self {
            around,
            from_ns,
            actors: vec![Actor::default()],
            ops: Ops::new(),
            latencies: OnceCell::new(),
            outcomes: [0; AttachOutcome::ALL.len()],
            over_time: None,
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

    /// Returns the latencies of attaches.
    #[must_use]
    pub fn latencies(&self) -> &Latencies {
        self.latencies.get_or_init(|| {
            let whole = || Latency { raw: Series::new(3), corrected: Series::new(3) };
            Box::new(Latencies {
                whole: std::array::from_fn(|_| whole()),
                lateness: Series::new(3),
                phases: std::array::from_fn(|_| Series::new(3)),
            })
        })
    }

    pub(super) fn latencies_mut(&mut self) -> &mut Latencies {
        let _made = self.latencies();
        self.latencies.get_mut().expect("it was made above")
    }

    /// Records one event.
    pub fn observe(&mut self, stamp: Stamp, event: &Event) {
        let Self { around, actors, .. } = self;
        let at = stamp.actor.index();
        if at >= actors.len() {
            actors.resize_with(at + 1, Actor::default);
        }
        let Actor { op, attach } = &mut actors[at];
        match *event {
            Event::OpBegin { kind, mm } => {
                let mm = mm.filter(|_| kind.charges());
                mm.iter().for_each(|mm| around.op_begins(*mm));
                let (open, attaches) = around.attaches();
                *op = Some(Op { kind, mm, began_ns: stamp.at_ns, attaching: open > 0, attaches });
            }
            Event::OpEnd { result } => {
                let Some(op) = op.take() else { return };
                op.mm.iter().for_each(|mm| around.op_ends(*mm));
                let attaching = op.attaching || around.attaches().1 != op.attaches;
                if op.began_ns >= self.from_ns {
                    self.ops.ended(&op, attaching, result.is_ok().then(|| stamp.at_ns - op.began_ns));
                }
            }
            Event::ChargeBegin { cgroup, .. } => {
                let own = around.charges_begin(cgroup, attach.as_ref().map(|attach| attach.dest));
                attach.iter_mut().for_each(|attach| attach.own_charges += own);
            }
            Event::ChargeRefused { controller, cgroup, pages, usage, limit } if attach.is_none() => {
                let held_back = u64::try_from(around.reserved(controller, cgroup)).unwrap_or(0);
                let had_room = held_back > 0 && usage.saturating_sub(held_back) + pages <= limit;
                self.spurious_refusals += u64::from(had_room);
            }
            Event::AttachBegin { target, dest, due_ns } => {
                around.attach_begins();
                *attach = Some(Attach {
                    began_ns: stamp.at_ns,
                    due_ns,
                    target,
                    dest,
                    charges: around.charges(dest),
                    own_charges: 0,
                    mms: SmallVec::new(),
                    reserved: SmallVec::new(),
                    phase: None,
                    phases_ns: Default::default(),
                    overlapped: false,
                });
            }
            Event::AttachEnd { outcome } => {
                let Some(mut attach) = attach.take() else { return };
                attach.overlapped = attach.overlapped(around);
                around.attach_ends();
                if attach.began_ns >= self.from_ns {
                    attach.enter_phase(None, stamp.at_ns);
                    self.attached(&attach, stamp.at_ns, outcome);
                }
            }
            Event::Enter { callback, .. } => self.asked += u64::from(callback.can_refuse()),
            Event::Leave { controller, callback, .. } if callback.undoes() => {
                *self.aborts.entry((controller, callback)).or_insert(0) += 1;
            }
            Event::Injected { .. } if stamp.at_ns >= self.from_ns => {
                self.over_time.get_or_insert_default().fault(stamp.at_ns - self.from_ns);
            }
            _ => attach.iter_mut().for_each(|attach| attach.goes_on(around, stamp, event)),
        }
    }

    /// Records an attach that has ended.
    fn attached(&mut self, attach: &Attach, at_ns: u64, outcome: Outcome) {
        let (index, latency_ns) = (in_results(outcome) as usize, at_ns - attach.began_ns);
        self.outcomes[index] += 1;
        let latencies = self.latencies_mut();
        latencies.whole[index].raw.record(latency_ns);
        if let Some(due_ns) = attach.due_ns {
            latencies.whole[index].corrected.record(at_ns.saturating_sub(due_ns));
            if matches!(outcome, Outcome::Moved | Outcome::Refused { .. } | Outcome::Partial { .. }) {
                latencies.lateness.record(attach.began_ns.saturating_sub(due_ns));
            }
        }
        if outcome == Outcome::Moved {
            for (series, ns) in latencies.phases.iter_mut().zip(attach.phases_ns) {
                ns.into_iter().for_each(|ns| series.record(ns));
            }
        }
        let over_time = self.over_time.get_or_insert_default();
        match outcome {
            Outcome::Moved | Outcome::Completed => over_time.moved(at_ns - self.from_ns, latency_ns),
            Outcome::Refused { site, errno } | Outcome::Partial { site, errno } => {
                over_time.refused(at_ns - self.from_ns);
                *self.refusals.entry((site, errno)).or_insert(0) += 1;
            }
            Outcome::Noop | Outcome::Gone => {}
        }
        self.overlaps += u64::from(attach.overlapped && outcome != Outcome::Noop);
        let layout = self.around.layout();
        let hierarchy = layout.cgroups[attach.dest.index()].hierarchy;
        for controller in layout.hierarchies[hierarchy.index()].iter().copied() {
            if matches!(attach.target, Target::Adopt(adopted) if adopted != controller) {
                continue;
            }
            let key = (attach.target.mode(), controller, in_results(outcome));
            *self.census.entry(key).or_insert(0) += 1;
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
            Outcome::Completed,
            Outcome::Noop,
            Outcome::Refused { site, errno },
            Outcome::Partial { site, errno },
            Outcome::Gone,
        ];
        assert_eq!(outcomes.map(in_results), AttachOutcome::ALL);
        assert_eq!(outcomes.map(Outcome::name), AttachOutcome::ALL.map(AttachOutcome::name));
    }
}
