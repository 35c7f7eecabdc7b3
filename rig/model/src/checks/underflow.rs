//! underflow: an uncharge that would have gone below zero. The counter clamps, and the clamp hides drift.
use super::{Shadow, Tally};
use crate::seam::{Event, Stamp};

/// Looks at one event.
pub(super) fn observe(tally: &mut Tally, shadow: &Shadow, stamp: Stamp, event: &Event) {
    match *event {
        Event::Ledger { pages, .. } if pages < 0 => tally.examine(),
        Event::Clamp { controller, cgroup, missing } => tally.broken(|| {
            let name = shadow.name(Shadow::index(controller, cgroup));
            let (at_ns, who) = (stamp.at_ns, shadow.who(stamp.actor));
            format!("at {at_ns} ns {who} uncharged {missing} pages more than {name} had")
        }),
        _ => {}
    }
}
