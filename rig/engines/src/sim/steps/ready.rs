//! The actors that can take a step, each with the object that it is about to touch.
use super::Touch;
use model::seam::ActorId;

/// A set of actors with lookup, insertion and removal in constant time. Its order depends only on the schedule so
/// far.
#[derive(Clone, Debug, Default)]
pub struct Ready {
    actors: Vec<ActorId>,
    /// The position in `actors` and the next touch, by actor.
    of: Vec<Option<(u32, Touch)>>,
}

impl Ready {
    /// Reports whether no actor can take a step.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actors.is_empty()
    }

    /// Returns the number of actors that can take a step.
    #[must_use]
    pub fn len(&self) -> usize {
        self.actors.len()
    }

    /// Returns the actor at `position`, which is below [`Ready::len`].
    #[must_use]
    pub fn at(&self, position: usize) -> ActorId {
        self.actors[position]
    }

    /// Returns all of them, each with its next touch.
    pub fn iter(&self) -> impl Iterator<Item = (ActorId, Touch)> + '_ {
        self.actors.iter().filter_map(|who| Some((*who, self.touch(*who)?)))
    }

    /// Returns the next touch of `who`, if it can take a step.
    #[must_use]
    pub fn touch(&self, who: ActorId) -> Option<Touch> {
        self.of.get(who.index()).copied().flatten().map(|(_, touch)| touch)
    }

    pub(super) fn put(&mut self, who: ActorId, touch: Touch) {
        if who.index() >= self.of.len() {
            self.of.resize(who.index() + 1, None);
        }
        self.of[who.index()] = Some((self.actors.len() as u32, touch));
        self.actors.push(who);
    }

    pub(super) fn take(&mut self, who: ActorId) -> Touch {
        let (position, touch) =
            self.of[who.index()].take().expect("a strategy chooses an actor that can take a step");
        self.actors.swap_remove(position as usize);
        if let Some(moved) = self.actors.get(position as usize)
            && let Some((at, _)) = &mut self.of[moved.index()]
        {
            *at = position;
        }
        touch
    }

    pub(super) fn clear(&mut self) {
        self.actors.clear();
        self.of.clear();
    }
}
