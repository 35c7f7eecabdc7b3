//! The recorder of one actor, which only sees its own events; it knows of the others only the counts in [`Concurrent`].
//!
//! The recorders of all actors are merged at the end. Until then they share only those counts, and nothing allocates
//! except the first attach of a mover.
use super::Recorder;
use super::concurrent::Concurrent;
use super::ops::Ops;
use model::kernel::{CgroupId, Controller, MmId};
use model::seam::{ActorId, Event, Stamp};
use smallvec::SmallVec;
use std::sync::Arc;

/// The number of the actor in its own recorder, which has no other actors.
const ME: ActorId = ActorId(0);

/// An attach of this actor that is under way.
#[derive(Debug)]
struct Attach {
    dest: CgroupId,
    /// Charges of `dest` when it began.
    charges: u64,
    /// The charges among them that this actor has made itself.
    own_charges: u64,
    /// Address spaces that it moves, each with the number of operations on it that had begun.
    mms: SmallVec<[(MmId, u64); 2]>,
    /// The reservations of its transaction.
    reserved: SmallVec<[(Controller, CgroupId, i64); 4]>,
    overlapped: bool,
}

/// The recorder of one actor.
#[derive(Debug)]
pub struct ThreadRecorder {
    around: Arc<Concurrent>,
    from_ns: u64,
    ops: Ops,
    /// Absent until this actor begins an attach, which most never do.
    attaches: Option<Box<Recorder>>,
    attach: Option<Attach>,
    /// The address space that the current operation charges.
    charging: Option<MmId>,
    spurious_refusals: u64,
}

impl ThreadRecorder {
    /// Returns a recorder that ignores operations begun before `from_ns`.
    #[must_use]
    pub fn new(around: Arc<Concurrent>, from_ns: u64) -> Self {
        Self {
            around,
            from_ns,
            ops: Ops::new(),
            attaches: None,
            attach: None,
            charging: None,
            spurious_refusals: 0,
        }
    }

    /// Adds all records to `total`.
    pub fn add_to(&self, total: &mut Recorder) {
        total.ops.merge(&self.ops);
        total.spurious_refusals += self.spurious_refusals;
        self.attaches.iter().for_each(|attaches| total.merge(attaches));
    }

    /// Records one event of the actor.
    pub fn observe(&mut self, stamp: Stamp, event: &Event) {
        let stamp = Stamp { actor: ME, ..stamp };
        match *event {
            Event::OpBegin { kind, mm } => {
                self.charging = mm.filter(|_| kind.charges());
                self.charging.iter().for_each(|mm| self.around.op_begins(*mm));
                self.ops.begin(stamp, kind, mm, self.around.attaches());
            }
            Event::OpEnd { result } => {
                self.charging.take().iter().for_each(|mm| self.around.op_ends(*mm));
                let (_, attaches) = self.around.attaches();
                self.ops.end(stamp, result.is_err(), attaches, self.from_ns);
            }
            Event::ChargeBegin { cgroup, .. } => {
                let own = self.around.charges_begin(cgroup, self.attach.as_ref().map(|attach| attach.dest));
                self.attach.iter_mut().for_each(|attach| attach.own_charges += own);
            }
            Event::ChargeRefused { controller, cgroup, pages, usage, limit } if self.attach.is_none() => {
                let held_back = u64::try_from(self.around.reserved(controller, cgroup)).unwrap_or(0);
                let had_room = held_back > 0 && usage.saturating_sub(held_back) + pages <= limit;
                self.spurious_refusals += u64::from(had_room);
            }
            Event::AttachBegin { dest, .. } => self.attach_begins(stamp, event, dest),
            Event::AttachEnd { .. } => self.attach_ends(stamp, event),
            Event::TxMoves { mm, .. } => {
                let (begun, ended) = self.around.ops(mm);
                if let Some(attach) = &mut self.attach {
                    attach.mms.push((mm, begun));
                    attach.overlapped |= begun != ended;
                }
                self.pass_on(stamp, event);
            }
            Event::Ledger { controller, cgroup, pages, reserve: true, .. } => {
                if let Some(attach) = &mut self.attach {
                    attach.reserved.push((controller, cgroup, pages));
                    self.around.reserve(controller, cgroup, pages);
                }
            }
            Event::TxEnd { .. } => {
                for (controller, cgroup, pages) in self.attach.iter_mut().flat_map(|a| a.reserved.drain(..)) {
                    self.around.reserve(controller, cgroup, -pages);
                }
            }
            Event::Phase(_) | Event::Enter { .. } | Event::Leave { .. } => self.pass_on(stamp, event),
            _ => {}
        }
    }

    fn pass_on(&mut self, stamp: Stamp, event: &Event) {
        if let Some(attaches) = &mut self.attaches {
            attaches.observe(stamp, event, |_, _| 0);
        }
    }

    fn attach_begins(&mut self, stamp: Stamp, event: &Event, dest: CgroupId) {
        let (layout, from_ns) = (self.around.layout(), self.from_ns);
        self.attaches.get_or_insert_with(|| Box::new(Recorder::new(layout.clone(), from_ns)));
        self.around.attach_begins();
        self.attach = Some(Attach {
            dest,
            charges: self.around.charges(dest),
            own_charges: 0,
            mms: SmallVec::new(),
            reserved: SmallVec::new(),
            overlapped: false,
        });
        self.pass_on(stamp, event);
    }

    fn attach_ends(&mut self, stamp: Stamp, event: &Event) {
        let Some(attach) = self.attach.take() else { return };
        let charged = self.around.charges(attach.dest) != attach.charges + attach.own_charges;
        let worked = attach.mms.iter().any(|(mm, begun)| self.around.ops(*mm).0 != *begun);
        self.around.attach_ends();
        if attach.overlapped || charged || worked {
            self.attaches.iter_mut().for_each(|attaches| attaches.overlapped(ME));
        }
        self.pass_on(stamp, event);
    }
}
