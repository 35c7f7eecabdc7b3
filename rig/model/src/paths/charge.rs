//! Charging and uncharging: a walk from a cgroup to the root, one level's lock at a time, as res_counter's.
//!
//! No lock is held across levels, so a charge that fails further up is visible below for a moment.
use crate::kernel::{CgroupId, Controller};
use crate::seam::{Current, Event};
use crate::world::World;
use faults::Errno;

/// A charge: what, where, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The controller.
    pub controller: Controller,
    /// The cgroup; its ancestors are charged as well. [`CgroupId::NONE`] is charged nothing.
    pub cgroup: CgroupId,
    /// How many pages; tasks where the controller counts those.
    pub pages: u64,
    /// Whether a transaction reserves it and may still give it back.
    pub reserve: bool,
}

impl Charge {
    /// An ordinary charge.
    #[must_use]
    pub fn new(controller: Controller, cgroup: CgroupId, pages: u64) -> Self {
        Self { controller, cgroup, pages, reserve: false }
    }

    /// A reservation by an attach.
    #[must_use]
    pub fn reservation(controller: Controller, cgroup: CgroupId, pages: u64) -> Self {
        Self { controller, cgroup, pages, reserve: true }
    }

    /// Whether there is nothing to charge, or nobody to charge it to.
    fn is_nothing(self) -> bool {
        self.pages == 0 || self.cgroup == CgroupId::NONE
    }

    fn ledger(self, sign: i64) -> Event {
        let Self { controller, cgroup, pages, reserve } = self;
        Event::Ledger { controller, cgroup, pages: sign * pages as i64, reserve }
    }
}

/// Charges, or changes nothing but failcnt and, for a moment, the levels below the full one.
///
/// # Errors
/// `ENOMEM` when a level is full.
pub fn charge<C: Current>(cur: &C, world: &World, what: Charge) -> Result<(), Errno> {
    let Charge { controller, cgroup, pages, .. } = what;
    if what.is_nothing() {
        return Ok(());
    }
    cur.emit(Event::ChargeBegin { controller, cgroup });
    for level in world.upward(cgroup) {
        let mut counter = world.counter(controller, level).lock(cur);
        let (usage, limit) = (counter.usage, counter.limit);
        if counter.charge(pages).is_err() {
            drop(counter);
            cur.emit(Event::ChargeRefused { controller, cgroup: level, pages, usage, limit });
            world
                .upward(cgroup)
                .take_while(|l| *l != level)
                .for_each(|l| lower(cur, world, controller, l, pages));
            return Err(Errno::ENOMEM);
        }
    }
    cur.emit(what.ledger(1));
    Ok(())
}

/// Charges whatever the limits say.
pub fn charge_forced<C: Current>(cur: &C, world: &World, what: Charge) {
    let Charge { controller, cgroup, pages, .. } = what;
    if what.is_nothing() {
        return;
    }
    cur.emit(Event::ChargeBegin { controller, cgroup });
    for level in world.upward(cgroup) {
        let mut counter = world.counter(controller, level).lock(cur);
        counter.force(pages);
        let (usage, limit) = (counter.usage, counter.limit);
        if usage > limit {
            cur.emit(Event::AboveLimit { controller, cgroup: level, usage, limit });
        }
    }
    cur.emit(what.ledger(1));
}

/// Gives a charge back. Below zero a counter clamps, and the clamp is told.
pub fn uncharge<C: Current>(cur: &C, world: &World, what: Charge) {
    if what.is_nothing() {
        return;
    }
    cur.emit(what.ledger(-1));
    world.upward(what.cgroup).for_each(|level| lower(cur, world, what.controller, level, what.pages));
}

fn lower<C: Current>(cur: &C, world: &World, controller: Controller, cgroup: CgroupId, pages: u64) {
    let missing = world.counter(controller, cgroup).lock(cur).uncharge(pages);
    if missing > 0 {
        cur.emit(Event::Clamp { controller, cgroup, missing });
    }
}
