//! Charging and uncharging: a walk from a cgroup to the root that holds one level's lock at a time, as in res_counter.
//!
//! A charge that moves from one cgroup to another ends below their common ancestor, where it changes nothing.
//!
//! No lock is held across levels, so a charge that fails further up is visible below for a moment.
use crate::kernel::{CgroupId, Controller};
use crate::seam::{Current, Event};
use crate::world::World;
use faults::Errno;

/// A charge of a controller at a cgroup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// The controller.
    pub controller: Controller,
    /// The cgroup. Its ancestors are charged as well. [`CgroupId::NONE`] charges nothing.
    pub cgroup: CgroupId,
    /// The ancestor that is not charged any more, nor are those above it; [`CgroupId::NONE`] if all are charged.
    pub until: CgroupId,
    /// The number of pages, or of tasks if the controller counts tasks.
    pub pages: u64,
    /// True if a transaction reserves it and may still undo it.
    pub reserve: bool,
}

impl Charge {
    /// Creates an ordinary charge.
    #[must_use]
    pub fn new(controller: Controller, cgroup: CgroupId, pages: u64) -> Self {
        Self { controller, cgroup, until: CgroupId::NONE, pages, reserve: false }
    }

    /// Creates a reservation by an attach.
    #[must_use]
    pub fn reservation(controller: Controller, cgroup: CgroupId, pages: u64) -> Self {
        Self { reserve: true, ..Self::new(controller, cgroup, pages) }
    }

    /// Ends the charge below `ancestor`.
    #[must_use]
    pub fn until(self, ancestor: CgroupId) -> Self {
        Self { until: ancestor, ..self }
    }

    /// Reports whether there is nothing to charge, or no cgroup to charge.
    fn is_nothing(self) -> bool {
        self.pages == 0 || self.cgroup == CgroupId::NONE || self.cgroup == self.until
    }

    /// Returns the cgroups that it charges, the lowest first.
    pub fn levels(self, world: &World) -> impl Iterator<Item = CgroupId> + '_ {
        world.upward(self.cgroup).take_while(move |level| *level != self.until)
    }

    /// Reports whether there is room for it now, at every level.
    pub fn fits<C: Current>(self, cur: &C, world: &World) -> bool {
        self.levels(world).all(|level| world.counter(self.controller, level).lock(cur).fits(self.pages))
    }

    /// Emits that a reservation has changed at one level, if it is one. Under the lock of the counter.
    fn reserved<C: Current>(self, cur: &C, cgroup: CgroupId, sign: i64) {
        if self.reserve {
            let (controller, pages) = (self.controller, sign * self.pages as i64);
            cur.emit(Event::Reserved { controller, cgroup, pages });
        }
    }

    fn ledger(self, sign: i64) -> Event {
        let Self { controller, cgroup, until, pages, reserve } = self;
        Event::Ledger { controller, cgroup, until, pages: sign * pages as i64, reserve }
    }
}

/// Charges a cgroup and its ancestors. A refused charge changes only failcnt and, for a moment, the levels below the
/// full one.
///
/// # Errors
/// `ENOMEM` when a level is full.
pub fn charge<C: Current>(cur: &C, world: &World, what: Charge) -> Result<(), Errno> {
    let Charge { controller, cgroup, pages, .. } = what;
    if what.is_nothing() {
        return Ok(());
    }
    cur.emit(Event::ChargeBegin { controller, cgroup });
    for level in what.levels(world) {
        let mut counter = world.counter(controller, level).lock(cur);
        let (usage, limit) = (counter.usage, counter.limit);
        if counter.charge(pages).is_err() {
            cur.emit(Event::ChargeRefused { controller, cgroup: level, pages, usage, limit });
            drop(counter);
            let below = what.levels(world).take_while(|l| *l != level);
            below.for_each(|l| lower(cur, world, what, l));
            return Err(Errno::ENOMEM);
        }
        what.reserved(cur, level, 1);
    }
    cur.emit(what.ledger(1));
    Ok(())
}

/// Charges a cgroup and its ancestors regardless of limits.
pub fn charge_forced<C: Current>(cur: &C, world: &World, what: Charge) {
    let Charge { controller, cgroup, pages, .. } = what;
    if what.is_nothing() {
        return;
    }
    cur.emit(Event::ChargeBegin { controller, cgroup });
    for level in what.levels(world) {
        let mut counter = world.counter(controller, level).lock(cur);
        counter.force(pages);
        let (usage, limit) = (counter.usage, counter.limit);
        if usage > limit {
            cur.emit(Event::AboveLimit { controller, cgroup: level, usage, limit });
        }
    }
    cur.emit(what.ledger(1));
}

/// Undoes a reservation. If its source was uncharged already, charges that again first; if the source has no room, the
/// reservation stays, and [`Event::UndoRefused`] reports it.
pub fn charge_back<C: Current>(cur: &C, world: &World, source: Option<Charge>, reserved: Charge) {
    match source {
        Some(source) if charge(cur, world, source).is_err() => {
            let Charge { controller, cgroup, pages, .. } = source;
            cur.emit(Event::UndoRefused { controller, cgroup, pages });
        }
        _ => uncharge(cur, world, reserved),
    }
}

/// Uncharges a cgroup and its ancestors. A counter that would go below zero clamps, and the clamp is an event.
pub fn uncharge<C: Current>(cur: &C, world: &World, what: Charge) {
    if what.is_nothing() {
        return;
    }
    cur.emit(what.ledger(-1));
    what.levels(world).for_each(|level| lower(cur, world, what, level));
}

fn lower<C: Current>(cur: &C, world: &World, what: Charge, cgroup: CgroupId) {
    let controller = what.controller;
    let missing = {
        let mut counter = world.counter(controller, cgroup).lock(cur);
        what.reserved(cur, cgroup, -1);
        counter.uncharge(what.pages)
    };
    if missing > 0 {
        cur.emit(Event::Clamp { controller, cgroup, missing });
    }
}
