//! Who holds which locks: a table kept from events, for statistics, checks and the explanation of a deadlock.
use crate::seam::event::{Mode, Phase};
use crate::seam::{ActorId, Event, Object, Stamp};
use smallvec::SmallVec;

/// One lock that somebody holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The lock.
    pub object: Object,
    /// How.
    pub mode: Mode,
    /// Since when, in ns.
    pub since_ns: u64,
    /// Since when in the present phase, in ns.
    pub phase_since_ns: u64,
}

#[derive(Clone, Debug, Default)]
struct Holder {
    holds: SmallVec<[Hold; 8]>,
    phase: Option<Phase>,
}

/// A hold, or the part of one that falls into a phase, that has just ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// What was held.
    pub hold: Hold,
    /// In which phase of the holder's attach the last part was held; absent outside attaches.
    pub phase: Option<Phase>,
    /// When the part ended, in ns.
    pub at_ns: u64,
    /// Whether the whole hold has ended, not only its part in the phase.
    pub whole: bool,
}

/// Locks held, by actor.
#[derive(Clone, Debug, Default)]
pub struct HeldTable {
    holders: Vec<Holder>,
    /// Holds of all actors.
    total: usize,
}

impl HeldTable {
    fn holder(&mut self, actor: ActorId) -> &mut Holder {
        if actor.index() >= self.holders.len() {
            self.holders.resize_with(actor.index() + 1, Holder::default);
        }
        &mut self.holders[actor.index()]
    }

    /// Whether nobody holds anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// What `actor` holds.
    #[must_use]
    pub fn of(&self, actor: ActorId) -> &[Hold] {
        self.holders.get(actor.index()).map_or(&[], |holder| &holder.holds)
    }

    /// Phase of the attach in which `actor` is.
    #[must_use]
    pub fn phase(&self, actor: ActorId) -> Option<Phase> {
        self.holders.get(actor.index()).and_then(|holder| holder.phase)
    }

    /// Who holds `object`, and how.
    pub fn holders_of(&self, object: Object) -> impl Iterator<Item = (ActorId, Mode)> + '_ {
        self.holders.iter().enumerate().flat_map(move |(at, holder)| {
            let of_object = holder.holds.iter().filter(move |hold| hold.object == object);
            of_object.map(move |hold| (ActorId(at as u32), hold.mode))
        })
    }

    /// Takes over what another table says of `theirs`, who is `actor` here.
    pub fn take_over(&mut self, actor: ActorId, other: &Self, theirs: ActorId) {
        let Some(holder) = other.holders.get(theirs.index()) else { return };
        self.total += holder.holds.len();
        *self.holder(actor) = holder.clone();
    }

    /// Takes an event; hands every part of a hold that ends with it to `ended`.
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
