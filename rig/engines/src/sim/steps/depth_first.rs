//! Strategy `depth-first`: every interleaving, without any reduction; or only those with few switches, which come
//! first in a search for the shortest counterexample (Musuvathi and Qadeer, PLDI 2007).
use super::{Ready, Strategy};
use model::seam::ActorId;
use smallvec::SmallVec;

/// A choice, with the alternatives that are left.
#[derive(Clone, Debug)]
struct Choice {
    taken: ActorId,
    left: SmallVec<[ActorId; 6]>,
    /// Switches up to and with this one.
    switches: u32,
}

/// The strategy.
#[derive(Clone, Debug)]
pub struct DepthFirst {
    path: Vec<Choice>,
    depth: usize,
    switches_max: u32,
}

impl DepthFirst {
    /// Returns the strategy that runs every interleaving.
    #[must_use]
    pub fn new() -> Self {
        Self::within(u32::MAX)
    }

    /// Returns the strategy that runs the interleavings with at most `switches_max` preemptions. A preemption is a
    /// step taken by another actor than the step before, although that actor could have gone on.
    #[must_use]
    pub fn within(switches_max: u32) -> Self {
        Self { path: Vec::new(), depth: 0, switches_max }
    }

    fn push(&mut self, ready: &Ready) {
        let before = self.path.last().map_or(0, |choice| choice.switches);
        let last = self.path.last().map(|choice| choice.taken).filter(|last| ready.touch(*last).is_some());
        let mut all: SmallVec<[ActorId; 6]> = ready.iter().map(|(who, _)| who).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        let (taken, left) = match last {
            Some(last) => {
                all.retain(|who| *who != last);
                (last, if before < self.switches_max { all } else { SmallVec::new() })
            }
            None => (all.pop().expect("an actor can run"), all),
        };
        self.path.push(Choice { taken, left, switches: before });
    }
}

impl Default for DepthFirst {
    fn default() -> Self {
        Self::new()
    }
}

impl Strategy for DepthFirst {
    fn choose(&mut self, ready: &Ready) -> Option<ActorId> {
        if self.depth == self.path.len() {
            self.push(ready);
        }
        let Choice { taken, .. } = self.path[self.depth];
        self.depth += 1;
        Some(taken)
    }

    fn advance(&mut self) -> bool {
        self.path.truncate(self.depth);
        self.depth = 0;
        while self.path.pop_if(|choice| choice.left.is_empty()).is_some() {}
        let Some(at) = self.path.len().checked_sub(1) else { return false };
        let before = at.checked_sub(1).map(|before| (self.path[before].taken, self.path[before].switches));
        let choice = &mut self.path[at];
        let last = std::mem::replace(&mut choice.taken, choice.left.pop().expect("something is left"));
        // The actor of the previous step could have gone on exactly if it was tried first.
        if before.is_some_and(|(who, switches)| who == last && choice.switches == switches) {
            choice.switches += 1;
        }
        true
    }
}
