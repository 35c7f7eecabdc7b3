//! leaked-reservation: a transaction failed and did not release its reservations.
use super::check::{About, Checker, Excuse, Needs, RARE, Seen};
use super::{Shadow, Tally};
use crate::seam::Event;

/// The check.
#[derive(Debug, Default)]
pub(super) struct LeakedReservation {
    pub(super) tally: Tally,
}

impl Checker for LeakedReservation {
    const ABOUT: About = About {
        name: "leaked-reservation",
        needs: Needs::OwnEvents,
        by_final_state: false,
        excuse: Excuse::None,
        events: RARE,
    };

    fn observe(&mut self, Seen { shadow, stamp, .. }: Seen<'_>, event: &Event) {
        if !matches!(event, Event::TxEnd { moved: false }) {
            return;
        }
        for net in shadow.unit(stamp.actor).iter().flat_map(|unit| &unit.nets) {
            self.tally.examine();
            if net.reserved != 0 {
                let (at_ns, pages) = (stamp.at_ns, net.reserved);
                self.tally.violated(|| {
                    let name = shadow.name(net.index);
                    format!(
                        "at {at_ns} ns {pages} pages stayed reserved at {name} by an attach that did not happen"
                    )
                });
            }
        }
    }

    /// Checks that nothing is reserved at the end.
    fn finish(&mut self, shadow: &Shadow) {
        for (controller, cgroup) in shadow.layout().counters() {
            let index = Shadow::index(controller, cgroup);
            let pages = shadow.reserved(index);
            if pages != 0 && shadow.in_flight() == 0 {
                self.tally
                    .violated(|| format!("at the end {pages} pages are reserved at {}", shadow.name(index)));
            }
        }
    }
}
