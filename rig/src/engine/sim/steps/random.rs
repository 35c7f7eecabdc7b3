//! Strategy `random`: everybody who can run is as likely as any other, at every step.
use super::{Ready, Strategy};
use crate::engine::ActorId;
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64Mcg;
use std::ops::Range;

/// Keeps the streams of neighbouring schedules apart (golden-ratio increment of splitmix64).
const SCHEDULE_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The random numbers of one schedule: a function of seed and number, whoever runs it and after what.
pub(super) fn stream(seed: u64, schedule: u64) -> Pcg64Mcg {
    Pcg64Mcg::seed_from_u64(seed ^ schedule.wrapping_add(1).wrapping_mul(SCHEDULE_STEP))
}

/// The strategy.
#[derive(Clone, Debug)]
pub struct Random {
    seed: u64,
    schedules: Range<u64>,
    numbers: Pcg64Mcg,
}

impl Random {
    /// The schedules of those numbers, of that seed.
    #[must_use]
    pub fn new(seed: u64, schedules: Range<u64>) -> Self {
        let numbers = stream(seed, schedules.start);
        Self { seed, schedules, numbers }
    }
}

impl Strategy for Random {
    fn choose(&mut self, ready: &Ready) -> Option<ActorId> {
        let position = if ready.len() == 1 { 0 } else { self.numbers.random_range(0..ready.len() as u32) };
        Some(ready.at(position as usize))
    }

    fn advance(&mut self) -> bool {
        self.schedules.start += 1;
        self.numbers = stream(self.seed, self.schedules.start);
        !self.schedules.is_empty()
    }
}
