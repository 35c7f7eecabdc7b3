//! Moments of an attach at which a check compares what the attach saw or did with the truth. An actor that changes this
//! truth is ordered with that moment, although the attach itself touches nothing then. So the attach reads
//!
//! - before it switches, the objects that it read when a controller decided
//! - before it gives up its locks, the page records that it moved, and their owners
use super::Step;
use model::seam::event::Phase;
use model::seam::{ActorId, Class, Event, Object};
use smallvec::SmallVec;

type Objects = SmallVec<[Object; 4]>;

#[derive(Clone, Debug, Default)]
struct Deciding {
    /// Position of the first step of the transaction.
    begun: usize,
    /// Position of the first step of the callback.
    from: usize,
    seen: Objects,
}

/// The decisions under way, by actor.
#[derive(Clone, Debug, Default)]
pub(super) struct Decisions(Vec<Deciding>);

impl Decisions {
    #[inline]
    pub(super) fn listens_to(event: &Event) -> bool {
        matches!(
            event,
            Event::TxBegin { .. }
                | Event::Enter { .. }
                | Event::Admitted { .. }
                | Event::Phase(Phase::Switch | Phase::Unlock)
        )
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the objects to read before `event` is emitted.
    pub(super) fn objects(&mut self, who: ActorId, event: &Event, taken: &[Step]) -> Objects {
        match event {
            Event::TxBegin { .. } => {
                let of = self.of(who);
                of.seen.clear();
                of.begun = taken.len();
            }
            Event::Enter { .. } => self.of(who).from = taken.len(),
            Event::Admitted { .. } => self.admitted(who, taken),
            Event::Phase(Phase::Switch) => return std::mem::take(&mut self.of(who).seen),
            Event::Phase(Phase::Unlock) => return records(who, &taken[self.of(who).begun..]),
            _ => {}
        }
        Objects::new()
    }

    fn of(&mut self, who: ActorId) -> &mut Deciding {
        if who.index() >= self.0.len() {
            self.0.resize(who.index() + 1, Deciding::default());
        }
        &mut self.0[who.index()]
    }

    fn admitted(&mut self, who: ActorId, taken: &[Step]) {
        let of = self.of(who);
        let own = taken[of.from..].iter().filter(|step| step.actor == who).map(|step| step.touch.object);
        for object in own {
            let decides = matches!(object.class, Class::CounterLock | Class::CallbackMutex | Class::Frozen);
            if decides && !of.seen.contains(&object) {
                of.seen.push(object);
            }
        }
    }
}

/// Returns the page records that `who` touched in those steps, after the owners of their address spaces; none if it touched
/// no page record. The check judges in the step of the last one.
fn records(who: ActorId, taken: &[Step]) -> Objects {
    let mut objects = Objects::new();
    for object in taken.iter().filter(|step| step.actor == who).map(|step| step.touch.object) {
        if object.class == Class::PageTableLock && !objects.contains(&object) {
            objects.push(object);
            objects.insert(0, Object { class: Class::MmOwner, ..object });
        }
    }
    objects
}
