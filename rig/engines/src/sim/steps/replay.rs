//! Strategy `replay`: one schedule, as it was written down.
use super::{Ready, Strategy};
use model::seam::ActorId;

/// The strategy. It gives up where the schedule names somebody who cannot run, or ends too early.
#[derive(Clone, Debug)]
pub struct Replay {
    schedule: Vec<ActorId>,
    at: usize,
}

impl Replay {
    /// That schedule.
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
