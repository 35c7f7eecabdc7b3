//! Decisions that a check compares with the truth at the switch. An actor that changes this truth is ordered with the
//! switch, although the switch itself does not touch it. So the attach reads, before it switches, the objects that it
//! read when it decided.
use super::Step;
use model::seam::event::Phase;
use model::seam::{ActorId, Class, Event, Object};
use smallvec::SmallVec;

type Objects = SmallVec<[Object; 4]>;

#[derive(Clone, Debug, Default)]
struct Deciding {
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
                | Event::Phase(Phase::Switch)
        )
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the objects to read before `event` is emitted.
    pub(super) fn objects(&mut self, who: ActorId, event: &Event, taken: &[Step]) -> Objects {
        match event {
            Event::TxBegin { .. } => self.of(who).seen.clear(),
            Event::Enter { .. } => self.of(who).from = taken.len(),
            Event::Admitted { .. } => self.admitted(who, taken),
            Event::Phase(Phase::Switch) => return std::mem::take(&mut self.of(who).seen),
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
