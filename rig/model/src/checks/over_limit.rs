//! over-limit: a charge raised usage above the limit valid at that time.
use super::check::{About, Checker, Excuse, LEDGER, Needs, RARE, Seen};
use super::{Shadow, Tally};
use crate::seam::Event;

/// The check.
#[derive(Debug, Default)]
pub(super) struct OverLimit {
    pub(super) tally: Tally,
}

impl Checker for OverLimit {
    const ABOUT: About = About {
        name: "over-limit",
        needs: Needs::OwnEvents,
        by_final_state: false,
        excuse: Excuse::None,
        events: LEDGER | RARE,
    };

    fn observe(&mut self, Seen { shadow, stamp, .. }: Seen<'_>, event: &Event) {
        match *event {
            Event::Ledger { pages, .. } if pages > 0 => self.tally.examine(),
            Event::AboveLimit { controller, cgroup, usage, limit } => self.tally.violated(|| {
                let name = shadow.name(Shadow::index(controller, cgroup));
                let (at_ns, who) = (stamp.at_ns, shadow.who(stamp.actor));
                format!("at {at_ns} ns {who} raised {name} to {usage} pages, above its limit of {limit}")
            }),
            _ => {}
        }
    }
}
