//! undo-refused: the undo of a failed attach could not charge the source again, whose room another task has taken.
use super::check::{About, Checker, Excuse, Needs, RARE, Seen};
use super::{Shadow, Tally};
use crate::seam::Event;

/// The check.
#[derive(Debug, Default)]
pub(super) struct UndoRefused {
    pub(super) tally: Tally,
}

impl Checker for UndoRefused {
    const ABOUT: About = About {
        name: "undo-refused",
        needs: Needs::OwnEvents,
        by_final_state: false,
        excuse: Excuse::KeepsNoLocks,
        events: RARE,
    };

    fn observe(&mut self, Seen { shadow, stamp, .. }: Seen<'_>, event: &Event) {
        match *event {
            Event::Enter { callback, .. } if callback.undoes() => self.tally.examine(),
            Event::UndoRefused { controller, cgroup, pages } => self.tally.violated(|| {
                let name = shadow.name(Shadow::index(controller, cgroup));
                let (at_ns, who, unit) = (stamp.at_ns, shadow.who(stamp.actor), controller.unit());
                format!("at {at_ns} ns the undo of {who} could not charge {pages} {unit} to {name} again, which has no room any more")
            }),
            _ => {}
        }
    }
}
