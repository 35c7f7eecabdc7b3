//! The table of held locks, made from events. For statistics, checks and the explanation of a deadlock.
use crate::seam::event::{Mode, Phase};
use crate::seam::{ActorId, Event, Object, Stamp};
use smallvec::SmallVec;

/// A lock that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The lock.
    pub object: Object,
    /// The mode.
    pub mode: Mode,
    /// The time when it was taken, in ns.
    pub since_ns: u64,
    /// The start of the hold within the current phase, in ns.
    pub phase_since_ns: u64,
}

#[derive(Clone, Debug, Default)]
struct Holder {
    holds: SmallVec<[Hold; 8]>,
    phase: Option<Phase>,
}

/// A hold that has just ended, or the part of one within a phase that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The hold.
    pub hold: Hold,
    /// The phase of the holder's attach in which the last part was held; absent outside attaches.
    pub phase: Option<Phase>,
    /// The end of the part, in ns.
    pub at_ns: u64,
    /// True if the whole hold has ended, not only its part in the phase.
    pub whole: bool,
}

/// The held locks, by actor.
#[derive(Clone, Debug, Default)]
pub struct HeldTable {
    holders: Vec<Holder>,
    /// The number of holds of all actors.
    total: usize,
}

impl HeldTable {
    fn holder(&mut self, actor: ActorId) -> &mut Holder {
        if actor.index() >= self.holders.len() {
            self.holders.resize_with(actor.index() + 1, Holder::default);
        }
        &mut self.holders[actor.index()]
    }

    /// Reports whether no lock is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Returns the locks that `actor` holds.
    #[must_use]
    pub fn of(&self, actor: ActorId) -> &[Hold] {
        self.holders.get(actor.index()).map_or(&[], |holder| &holder.holds)
    }

    /// Returns the current phase of the attach of `actor`.
    #[must_use]
    pub fn phase(&self, actor: ActorId) -> Option<Phase> {
        self.holders.get(actor.index()).and_then(|holder| holder.phase)
    }

    /// Returns the actors that hold `object`, with the mode.
    pub fn holders_of(&self, object: Object) -> impl Iterator<Item = (ActorId, Mode)> + '_ {
        self.holders.iter().enumerate().flat_map(move |(at, holder)| {
            let of_object = holder.holds.iter().filter(move |hold| hold.object == object);
            of_object.map(move |hold| (ActorId(at as u32), hold.mode))
        })
    }

    /// Copies from another table the holds of its actor `theirs`, which is `actor` here.
    pub fn take_over(&mut self, actor: ActorId, other: &Self, theirs: ActorId) {
        let Some(holder) = other.holders.get(theirs.index()) else { return };
        self.total += holder.holds.len();
        *self.holder(actor) = holder.clone();
    }

    /// Takes an event and passes every part of a hold that ends with it to `ended`.
    pub fn observe(&mut self, stamp: Stamp, event: &Event, mut ended: impl FnMut(Ended)) {
        let at_ns = stamp.at_ns;
        match *event {
            Event::LockAcquired { object, mode, .. } => {
                let hold = Hold { object, mode, since_ns: at_ns, phase_since_ns: at_ns };
                self.holder(stamp.actor).holds.push(hold);
                self.total += 1;
            }
            Event::LockReleased { object, mode, .. } => {
                let holder = self.holder(stamp.actor);
                let last = holder.holds.iter().rposition(|hold| hold.object == object && hold.mode == mode);
                if let Some(at) = last {
                    let hold = holder.holds.remove(at);
                    ended(Ended { hold, phase: holder.phase, at_ns, whole: true });
                    self.total -= 1;
                }
            }
            Event::Phase(phase) => self.enter(stamp, Some(phase), ended),
            Event::TxEnd { .. } => self.enter(stamp, None, ended),
            Event::Start(_) => *self.holder(stamp.actor) = Holder::default(),
            _ => {}
        }
    }

    fn enter(&mut self, stamp: Stamp, phase: Option<Phase>, mut ended: impl FnMut(Ended)) {
        let holder = self.holder(stamp.actor);
        for hold in &mut holder.holds {
            ended(Ended { hold: *hold, phase: holder.phase, at_ns: stamp.at_ns, whole: false });
            hold.phase_since_ns = stamp.at_ns;
        }
        holder.phase = phase;
    }
}
