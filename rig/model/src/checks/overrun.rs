//! overrun: a charge that lifted usage above the limit then valid.
use super::{Shadow, Tally};
use crate::seam::{Event, Stamp};

/// Looks at one event.
pub(super) fn observe(tally: &mut Tally, shadow: &Shadow, stamp: Stamp, event: &Event) {
    match *event {
        Event::Ledger { pages, .. } if pages > 0 => tally.examine(),
        Event::AboveLimit { controller, cgroup, usage, limit } => tally.broken(|| {
            let name = shadow.name(Shadow::index(controller, cgroup));
            let (at_ns, who) = (stamp.at_ns, shadow.who(stamp.actor));
            format!("at {at_ns} ns {who} lifted {name} to {usage} pages, above its limit of {limit}")
        }),
        _ => {}
    }
}
