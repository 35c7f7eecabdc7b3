//! Strategy `pct:D`: priorities at random, lowered at D−1 steps at random (Burckhardt, Kothari, Musuvathi,
//! Nagarakatte, ASPLOS 2010). One schedule finds a bug that needs D ordering constraints with a probability of at
//! least 1/(n·kᴰ⁻¹), for n actors and k steps.
use super::random::stream;
use super::{Numbers, Ready, Strategy};
use model::seam::ActorId;
use rand::RngExt as _;
use rand_pcg::Pcg64Mcg;
use std::sync::Arc;

/// The strategy.
#[derive(Clone, Debug)]
pub struct Pct {
    depth: u32,
    steps: u64,
    seed: u64,
    schedules: Arc<Numbers>,
    numbers: Pcg64Mcg,
    step: u64,
    /// Steps before which a priority falls, ascending; the nth leaves priority D−1−n.
    changes: Vec<u64>,
    passed: u32,
    /// Priorities by actor; 0 for one that has none yet. The highest runs first.
    priorities: Vec<u64>,
}

impl Pct {
    /// Returns the strategy for schedules of `seed`, of about `steps` steps each, as long as `schedules` has numbers.
    /// Returns `None` when it has none. `depth` is at least 1.
    #[must_use]
    pub fn new(depth: u32, steps: u64, seed: u64, schedules: &Arc<Numbers>) -> Option<Self> {
        let numbers = stream(seed, schedules.take()?);
        let mut pct = Self {
            depth,
            steps,
            seed,
            schedules: Arc::clone(schedules),
            numbers,
            step: 0,
            changes: Vec::new(),
            passed: 0,
            priorities: Vec::new(),
        };
        pct.begin();
        Some(pct)
    }

    fn begin(&mut self) {
        self.step = 0;
        self.passed = 0;
        self.priorities.clear();
        self.changes.clear();
        for _ in 1..self.depth {
            self.changes.push(self.numbers.random_range(0..self.steps.max(1)));
        }
        self.changes.sort_unstable();
    }

    /// Returns the priority of `who`, which is above all priorities that a change leaves. It is drawn when first
    /// asked for.
    fn priority(&mut self, who: ActorId) -> u64 {
        if who.index() >= self.priorities.len() {
            self.priorities.resize(who.index() + 1, 0);
        }
        if self.priorities[who.index()] == 0 {
            let drawn = u64::from(self.numbers.random::<u32>());
            self.priorities[who.index()] = ((drawn + 1 + u64::from(self.depth)) << 20) | u64::from(who.0);
        }
        self.priorities[who.index()]
    }

    fn highest(&mut self, ready: &Ready) -> ActorId {
        let mut best = (0, ready.at(0));
        for position in 0..ready.len() {
            let who = ready.at(position);
            best = best.max((self.priority(who), who));
        }
        best.1
    }
}

impl Strategy for Pct {
    fn choose(&mut self, ready: &Ready) -> Option<ActorId> {
        let mut who = self.highest(ready);
        while self.changes.get(self.passed as usize).is_some_and(|at| *at <= self.step) {
            self.passed += 1;
            self.priorities[who.index()] = u64::from(self.depth - self.passed);
            who = self.highest(ready);
        }
        self.step += 1;
        Some(who)
    }

    fn advance(&mut self) -> bool {
        let next = self.schedules.take();
        self.numbers = stream(self.seed, next.unwrap_or_default());
        self.begin();
        next.is_some()
    }
}
