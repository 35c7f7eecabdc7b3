//! The steps of one attach: a bounded buffer that is filled from events and used again.
use faults::{Fault, Site};
use model::kernel::CgroupId;
use model::seam::event::{Mode, Phase, Target, Who};
use model::seam::{ActorId, Object};
use smallvec::SmallVec;

/// Most spans of each kind in a timeline; further ones are counted.
pub(super) const MAX_SPANS: usize = 200;

/// A stretch of time in one phase, in ns of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InPhase {
    pub(super) phase: Phase,
    pub(super) from_ns: u64,
    pub(super) to_ns: u64,
}

/// A hold, or all holds of one spinlock in one stretch of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) object: Object,
    pub(super) mode: Mode,
    /// Phase in which it was taken, and the stretch of the attach.
    pub(super) phase: Option<Phase>,
    stretch: usize,
    pub(super) from_ns: u64,
    pub(super) to_ns: u64,
    pub(super) times: u64,
    pub(super) held_ns: u64,
    /// Time since which it has been held without interruption.
    since_ns: Option<u64>,
}

/// A wait for a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waited {
    pub(super) who: Option<Who>,
    pub(super) object: Object,
    pub(super) mode: Mode,
    pub(super) from_ns: u64,
    pub(super) to_ns: u64,
}

/// The steps of one attach.
#[derive(Clone, Debug, Default)]
pub(super) struct Steps {
    pub(super) actor: ActorId,
    pub(super) who: Option<Who>,
    pub(super) target: Option<Target>,
    pub(super) from: SmallVec<[CgroupId; 2]>,
    pub(super) dest: CgroupId,
    pub(super) began_ns: u64,
    pub(super) latency_ns: u64,
    pub(super) phases: Vec<InPhase>,
    pub(super) holds: Vec<Held>,
    /// Places in `holds` of spinlocks, by [`spin_slot`].
    spins: [u16; SPIN_SLOTS],
    /// All other locks, with their position in `holds`: those that others wait long for.
    sleeping: SmallVec<[(Object, u16); 16]>,
    pub(super) waited: Vec<Waited>,
    pub(super) waits: Vec<Waited>,
    pub(super) faults: Vec<(Site, Fault, u64)>,
    pub(super) left_out: u64,
}

/// Slots for spinlocks: a loop over pages takes three in turn.
const SPIN_SLOTS: usize = 16;

/// Returns the slot for the position of a spinlock.
fn spin_slot(object: Object) -> usize {
    (object.class as usize * 5 + object.owner as usize) % SPIN_SLOTS
}

/// Appends `what` if there is room, otherwise counts it.
fn push<T>(list: &mut Vec<T>, left_out: &mut u64, what: T) {
    if list.len() < MAX_SPANS {
        list.push(what);
    } else {
        *left_out += 1;
    }
}

impl Steps {
    /// Clears it for another attach; buffers stay.
    pub(super) fn begin(
        &mut self,
        at_ns: u64,
        actor: ActorId,
        who: Option<Who>,
        target: Target,
        dest: CgroupId,
    ) {
        (self.actor, self.who, self.target, self.dest) = (actor, who, Some(target), dest);
        (self.began_ns, self.latency_ns, self.left_out) = (at_ns, 0, 0);
        self.from.clear();
        self.phases.clear();
        self.holds.clear();
        self.sleeping.clear();
        self.waited.clear();
        self.waits.clear();
        self.faults.clear();
    }

    pub(super) fn comes_from(&mut self, cgroup: CgroupId) {
        if !self.from.contains(&cgroup) {
            self.from.push(cgroup);
        }
    }

    fn leave_phase(&mut self, at_ns: u64) {
        if let Some(last) = self.phases.last_mut().filter(|last| last.to_ns == u64::MAX) {
            last.to_ns = at_ns;
        }
    }

    pub(super) fn enter(&mut self, phase: Phase, at_ns: u64) {
        self.leave_phase(at_ns);
        push(&mut self.phases, &mut self.left_out, InPhase { phase, from_ns: at_ns, to_ns: u64::MAX });
    }

    /// Records that the mover has taken a lock. Holds of a spinlock in one stretch of a phase are one span: a loop over
    /// pages takes the lock of a counter hundreds of times.
    pub(super) fn takes(&mut self, object: Object, mode: Mode, at_ns: u64, waited_ns: Option<u64>) {
        if let Some(waited_ns) = waited_ns {
            let from_ns = at_ns.saturating_sub(waited_ns);
            let waited = Waited { who: self.who, object, mode, from_ns, to_ns: at_ns };
            push(&mut self.waited, &mut self.left_out, waited);
        }
        let (stretch, spins) = (self.phases.len(), object.class.spins());
        if spins
            && let Some(held) = self.spin(object)
            && held.stretch == stretch
        {
            held.times += 1;
            held.since_ns = Some(at_ns);
            return;
        }
        let place = self.holds.len();
        if spins {
            self.spins[spin_slot(object)] = place as u16;
        } else if place < MAX_SPANS {
            self.sleeping.push((object, place as u16));
        }
        let phase = self.phases.last().map(|last| last.phase);
        let (from_ns, to_ns, since_ns) = (at_ns, at_ns, Some(at_ns));
        let held = Held { object, mode, phase, stretch, from_ns, to_ns, times: 1, held_ns: 0, since_ns };
        push(&mut self.holds, &mut self.left_out, held);
    }

    /// Returns the most recently opened hold of that spinlock, if its slot has not been taken by another one.
    fn spin(&mut self, object: Object) -> Option<&mut Held> {
        let at = usize::from(self.spins[spin_slot(object)]);
        self.holds.get_mut(at).filter(|held| held.object == object)
    }

    pub(super) fn releases(&mut self, object: Object, mode: Mode, at_ns: u64) {
        let open = |held: &Held| held.object == object && held.mode == mode && held.since_ns.is_some();
        let near = if object.class.spins() { self.spin(object).filter(|held| open(held)) } else { None };
        // A slot can be taken by another lock while this one is held.
        let held = match near {
            Some(held) => Some(held),
            None => self.holds.iter_mut().rev().find(|held| open(held)),
        };
        if let Some(held) = held {
            let since_ns = held.since_ns.take().unwrap_or(at_ns);
            held.held_ns += at_ns.saturating_sub(since_ns);
            held.to_ns = at_ns;
        }
    }

    /// Reports whether the mover held `object` at some time from `from_ns` to `to_ns`.
    pub(super) fn held(&self, object: Object, (from_ns, to_ns): (u64, u64)) -> bool {
        let hit = |held: &Held| {
            let until_ns = if held.since_ns.is_some() { u64::MAX } else { held.to_ns };
            held.object == object && held.from_ns < to_ns && from_ns < until_ns
        };
        if object.class.spins() {
            return self.holds.iter().any(hit);
        }
        let mut places = self.sleeping.iter().filter(|held| held.0 == object);
        places.any(|held| hit(&self.holds[usize::from(held.1)]))
    }

    /// Records a wait of another actor, ended or not, for a lock that the mover held during it.
    pub(super) fn met(&mut self, wait: Waited) {
        push(&mut self.waits, &mut self.left_out, wait);
    }

    pub(super) fn fires(&mut self, site: Site, fault: Fault, at_ns: u64) {
        push(&mut self.faults, &mut self.left_out, (site, fault, at_ns));
    }

    /// Records the end of the attach.
    pub(super) fn end(&mut self, at_ns: u64) {
        self.leave_phase(at_ns);
        self.latency_ns = at_ns.saturating_sub(self.began_ns);
        self.in_order();
    }

    /// Sorts the waits, when all of them are known.
    pub(super) fn in_order(&mut self) {
        self.waits.sort_by_key(|wait| (wait.from_ns, wait.to_ns));
    }
}
