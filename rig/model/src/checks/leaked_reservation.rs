//! leaked-reservation: a transaction that came to nothing and did not give back what it had reserved.
use super::{Shadow, Tally};
use crate::seam::{Event, Stamp};

/// `shadow` has not seen the event yet.
pub(super) fn observe(tally: &mut Tally, shadow: &Shadow, stamp: Stamp, event: &Event) {
    if !matches!(event, Event::TxEnd { moved: false }) {
        return;
    }
    for net in shadow.unit(stamp.actor).iter().flat_map(|unit| &unit.nets) {
        tally.examine();
        if net.reserved != 0 {
            let (at_ns, pages) = (stamp.at_ns, net.reserved);
            tally.broken(|| {
                let name = shadow.name(net.index);
                format!(
                    "at {at_ns} ns {pages} pages stayed reserved at {name} by an attach that did not happen"
                )
            });
        }
    }
}

/// At the end nothing is reserved.
pub(super) fn finish(tally: &mut Tally, shadow: &Shadow) {
    for (controller, cgroup) in shadow.layout().counters() {
        let index = Shadow::index(controller, cgroup);
        let pages = shadow.reserved(index);
        if pages != 0 && shadow.in_flight() == 0 {
            tally.broken(|| format!("at the end {pages} pages are reserved at {}", shadow.name(index)));
        }
    }
}
