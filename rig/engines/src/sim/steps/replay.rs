//! Strategy `replay`: one recorded schedule.
use super::{Ready, Strategy};
use model::seam::ActorId;

/// The strategy. It gives up when the schedule names an actor that cannot run, or ends too early.
#[derive(Clone, Debug)]
pub struct Replay {
    schedule: Vec<ActorId>,
    at: usize,
}

impl Replay {
    /// Returns the strategy that repeats `schedule`.
    #[must_use]
    pub fn new(schedule: Vec<ActorId>) -> Self {
        Self { schedule, at: 0 }
    }
}

impl Strategy for Replay {
    fn choose(&mut self, ready: &Ready) -> Option<ActorId> {
        let who = self.schedule.get(self.at).copied()?;
        self.at += 1;
        ready.touch(who).map(|_| who)
    }

    fn advance(&mut self) -> bool {
        false
    }
}
