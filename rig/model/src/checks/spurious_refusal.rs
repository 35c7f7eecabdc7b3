//! spurious-refusal: a charge of the workload was refused only because an attach had reserved the room, and then that
//! attach failed.
//!
//! An attach that reserves may do this to other tasks. It is the price of a reservation, not a mistake in accounting.
use super::check::{About, Checker, Excuse, Needs, RARE, Seen};
use super::shadow::at;
use super::unit::UnitKind;
use super::{Shadow, Tally};
use crate::seam::{ActorId, Event, Stamp};
use smallvec::SmallVec;

/// A charge that would have fitted without the reservations at that counter.
#[derive(Clone, Copy, Debug)]
struct Refusal {
    index: usize,
    pages: u64,
    stamp: Stamp,
}

/// The check.
#[derive(Debug, Default)]
pub(super) struct SpuriousRefusal {
    /// By actor, the reservations of its attach that is under way, by counter.
    reserved: Vec<SmallVec<[(usize, i64); 4]>>,
    /// Refusals because of an attach of which it is not known whether it succeeds.
    open: Vec<Refusal>,
    pub(super) tally: Tally,
}

impl Checker for SpuriousRefusal {
    const ABOUT: About = About {
        name: "spurious-refusal",
        needs: Needs::TotalOrder,
        by_final_state: false,
        excuse: Excuse::Reserves,
        events: RARE,
    };

    fn observe(&mut self, Seen { shadow, stamp, .. }: Seen<'_>, event: &Event) {
        match *event {
            Event::Reserved { controller, cgroup, pages } => {
                self.reserve(stamp.actor, Shadow::index(controller, cgroup), pages);
            }
            Event::ChargeRefused { controller, cgroup, pages, usage, limit }
                if is_operation(shadow, stamp) =>
            {
                self.tally.examine();
                let index = Shadow::index(controller, cgroup);
                let without = usage.saturating_sub(self.at_counter(index));
                if without + pages <= limit {
                    self.open.push(Refusal { index, pages, stamp });
                }
            }
            Event::TxEnd { moved } => self.decide(shadow, stamp, moved),
            _ => {}
        }
    }
}

/// Reports whether the actor is at an operation of the workload.
fn is_operation(shadow: &Shadow, stamp: Stamp) -> bool {
    shadow.unit(stamp.actor).is_some_and(|unit| matches!(unit.kind, UnitKind::Op(_)))
}

impl SpuriousRefusal {
    fn reserve(&mut self, actor: ActorId, index: usize, pages: i64) {
        let mine = at(&mut self.reserved, actor.index());
        match mine.iter_mut().find(|(known, _)| *known == index) {
            Some((_, reserved)) => *reserved += pages,
            None => mine.push((index, pages)),
        }
    }

    /// Returns what all attaches under way have reserved at a counter.
    fn at_counter(&self, index: usize) -> u64 {
        let there = self.reserved.iter().flatten().filter(|(counter, _)| *counter == index);
        there.map(|(_, pages)| pages).sum::<i64>().try_into().unwrap_or(0)
    }

    /// Judges the refusals at counters where the attach that ends had a reservation.
    fn decide(&mut self, shadow: &Shadow, stamp: Stamp, moved: bool) {
        let mine = std::mem::take(at(&mut self.reserved, stamp.actor.index()));
        let tally = &mut self.tally;
        self.open.retain(|refusal| {
            let decided = mine.iter().any(|(index, _)| *index == refusal.index);
            if decided && !moved {
                tally.violated(|| {
                    let Refusal { index, pages, stamp: Stamp { at_ns, actor } } = *refusal;
                    let (who, attach, name) = (shadow.who(actor), shadow.who(stamp.actor), shadow.name(index));
                    format!("at {at_ns} ns {who} was refused {pages} at {name} for a reservation by {attach}, whose attach failed")
                });
            }
            !decided
        });
    }
}
