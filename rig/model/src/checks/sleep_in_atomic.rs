//! sleep-in-atomic: an actor slept, or took a sleeping lock, while it held a spinlock or ran in softirq context.
//!
//! As with `might_sleep()`, taking a sleeping lock counts even when it was free. The engine reports a wait for one,
//! once.
use super::check::{About, Checker, Excuse, Needs, RARE, Request, Seen};
use super::describe::{doing, locks};
use super::unit::UnitKind;
use super::{Shadow, Tally};
use crate::locks::held::HeldTable;
use crate::seam::{ActorId, Event, Object, Stamp};

/// The check.
#[derive(Debug, Default)]
pub(super) struct SleepInAtomic {
    pub(super) tally: Tally,
}

impl Checker for SleepInAtomic {
    const ABOUT: About = About {
        name: "sleep-in-atomic",
        needs: Needs::OwnEvents,
        by_final_state: false,
        excuse: Excuse::None,
        events: RARE,
    };

    fn asked(&mut self, Seen { held, shadow, stamp }: Seen<'_>, request: Request, at_once: bool) {
        if !at_once || request.object.class.spins() {
            return;
        }
        self.tally.examine();
        let spins = held.of(stamp.actor).iter().any(|hold| hold.object.class.spins());
        if spins || in_interrupt(shadow, stamp.actor) {
            self.tally.violated(|| words(held, shadow, stamp, "took", request.object));
        }
    }

    fn observe(&mut self, Seen { held, shadow, stamp }: Seen<'_>, event: &Event) {
        if let Event::SleptInAtomic { on } = *event {
            self.tally.examine();
            self.tally.violated(|| words(held, shadow, stamp, "slept for", on));
        }
    }
}

/// Reports whether the actor runs in softirq context.
fn in_interrupt(shadow: &Shadow, actor: ActorId) -> bool {
    shadow.unit(actor).is_some_and(|unit| matches!(unit.kind, UnitKind::Op(kind) if kind.in_interrupt()))
}

#[cold]
fn words(held: &HeldTable, shadow: &Shadow, stamp: Stamp, did: &str, object: Object) -> String {
    let (at_ns, who) = (stamp.at_ns, doing(shadow, held, stamp.actor));
    let spins: Vec<_> =
        held.of(stamp.actor).iter().filter(|hold| hold.object.class.spins()).copied().collect();
    match (spins.as_slice(), in_interrupt(shadow, stamp.actor)) {
        ([], _) => format!("at {at_ns} ns {who} {did} {object} in an interrupt"),
        (spins, true) => {
            format!("at {at_ns} ns {who} {did} {object} in an interrupt, while it held {}", locks(spins))
        }
        (spins, false) => format!("at {at_ns} ns {who} {did} {object} while it held {}", locks(spins)),
    }
}
