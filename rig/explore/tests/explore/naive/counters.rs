//! Charges and uncharges: each level is a step of its own, under the lock of that counter.
use super::case::{Case, Controller};
use super::world::{Step, Who, World};

/// A walk over the levels of a counter, the lowest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Walk {
    pub(super) controller: Controller,
    pub(super) levels: Vec<usize>,
    pub(super) count: u64,
}

impl Walk {
    /// Returns the walk from `cgroup` to the root.
    pub(super) fn whole(case: &Case, controller: Controller, cgroup: usize, count: u64) -> Self {
        Self { controller, levels: case.levels(cgroup), count }
    }

    /// Returns the walk from `cgroup` up to where it meets the path of `other`: common ancestors are not charged.
    pub(super) fn apart(
        case: &Case,
        controller: Controller,
        (cgroup, other): (usize, usize),
        count: u64,
    ) -> Self {
        let common = case.levels(other);
        let levels = case.levels(cgroup).into_iter().filter(|level| !common.contains(level)).collect();
        Self { controller, levels, count }
    }

    /// Reports whether there is nothing to charge.
    pub(super) fn is_empty(&self) -> bool {
        self.levels.is_empty() || self.count == 0
    }
}

impl World {
    /// Charges one level; the rest are further steps. `done` are the levels below, which are uncharged again if this one
    /// is full. Sets `ok`. Decision: to charge nothing succeeds even at a counter that is above its limit.
    pub(super) fn charge(&mut self, who: Who, mut walk: Walk, mut done: Vec<usize>) {
        self.actors[who].ok = true;
        if walk.is_empty() {
            return;
        }
        let level = walk.levels.remove(0);
        let at = (level, walk.controller as usize);
        let usage = self.usage[at.0][at.1] + walk.count;
        if self.limits[at.0][at.1].is_some_and(|limit| usage > limit) {
            self.actors[who].ok = false;
            self.then(who, [Step::Uncharge(Walk { levels: done, ..walk })]);
            return;
        }
        self.usage[at.0][at.1] = usage;
        done.push(level);
        self.then(who, [Step::Charge(walk, done)]);
    }

    /// Charges one level regardless of its limit.
    pub(super) fn force(&mut self, who: Who, mut walk: Walk) {
        if walk.is_empty() {
            return;
        }
        self.usage[walk.levels.remove(0)][walk.controller as usize] += walk.count;
        self.then(who, [Step::Force(walk)]);
    }

    /// Uncharges one level, at most to zero.
    pub(super) fn uncharge(&mut self, who: Who, mut walk: Walk) {
        if walk.is_empty() {
            return;
        }
        let usage = &mut self.usage[walk.levels.remove(0)][walk.controller as usize];
        *usage = usage.saturating_sub(walk.count);
        self.then(who, [Step::Uncharge(walk)]);
    }

    /// Looks for room at one level without charging it. Sets `ok`.
    pub(super) fn look(&mut self, who: Who, mut walk: Walk) {
        self.actors[who].ok = true;
        if walk.is_empty() {
            return;
        }
        let (level, controller) = (walk.levels.remove(0), walk.controller as usize);
        if self.limits[level][controller]
            .is_some_and(|limit| self.usage[level][controller] + walk.count > limit)
        {
            self.actors[who].ok = false;
            return;
        }
        self.then(who, [Step::Look(walk)]);
    }
}
