//! underflow: an uncharge would have gone below zero. The counter clamps, and the clamp hides drift.
use super::check::{About, Checker, Excuse, LEDGER, Needs, RARE, Seen};
use super::{Shadow, Tally};
use crate::seam::Event;

/// The check.
#[derive(Debug, Default)]
pub(super) struct Underflow {
    pub(super) tally: Tally,
}

impl Checker for Underflow {
    const ABOUT: About = About {
        name: "underflow",
        needs: Needs::OwnEvents,
        by_final_state: false,
        excuse: Excuse::KeepsNoLocks,
        events: LEDGER | RARE,
    };

    fn observe(&mut self, Seen { shadow, stamp, .. }: Seen<'_>, event: &Event) {
        match *event {
            Event::Ledger { pages, .. } if pages < 0 => self.tally.examine(),
            Event::Clamp { controller, cgroup, missing } => self.tally.violated(|| {
                let name = shadow.name(Shadow::index(controller, cgroup));
                let (at_ns, who) = (stamp.at_ns, shadow.who(stamp.actor));
                format!("at {at_ns} ns {who} uncharged {missing} pages more than {name} had")
            }),
            _ => {}
        }
    }
}
