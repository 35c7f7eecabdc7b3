//! Strategy `random`: at every step, each actor that can run is equally likely.
use super::{Numbers, Ready, Strategy};
use model::seam::ActorId;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use std::sync::Arc;

/// The increment that separates the streams of neighbouring schedules (golden-ratio increment of splitmix64).
const SCHEDULE_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Returns the random numbers of one schedule. They depend only on the seed and the number of the schedule.
pub(super) fn stream(seed: u64, schedule: u64) -> Pcg64Mcg {
    Pcg64Mcg::seed_from_u64(seed ^ schedule.wrapping_add(1).wrapping_mul(SCHEDULE_STEP))
}

/// The strategy.
#[derive(Clone, Debug)]
pub struct Random {
    seed: u64,
    schedules: Arc<Numbers>,
    numbers: Pcg64Mcg,
}

impl Random {
    /// Returns the strategy for schedules of `seed`, as long as `schedules` has numbers. Returns `None` when it has
    /// none.
    #[must_use]
    pub fn new(seed: u64, schedules: &Arc<Numbers>) -> Option<Self> {
        let numbers = stream(seed, schedules.take()?);
        Some(Self { seed, schedules: Arc::clone(schedules), numbers })
    }
}

impl Strategy for Random {
    fn choose(&mut self, ready: &Ready) -> Option<ActorId> {
        let position = if ready.len() == 1 { 0 } else { self.numbers.random_range(0..ready.len() as u32) };
        Some(ready.at(position as usize))
    }

    fn advance(&mut self) -> bool {
        let next = self.schedules.take();
        self.numbers = stream(self.seed, next.unwrap_or_default());
        next.is_some()
    }
}
