//! deadlock: no actor can go on, because each waits for an object that another holds. The report lists each waiter, the
//! object, and its holder with its phase. A run without progress is either this or `lost-wakeup`, never both.
use super::check::{About, Checker, Excuse, NONE, Needs};
use super::describe::{doing, place};
use super::{Shadow, Tally, lost_wakeup};
use crate::locks::held::HeldTable;
use crate::seam::{ActorId, Object};

/// The check.
#[derive(Debug, Default)]
pub(super) struct Deadlock {
    pub(super) tally: Tally,
}

impl Checker for Deadlock {
    const ABOUT: About = About {
        name: "deadlock",
        needs: Needs::End,
        by_final_state: false,
        excuse: Excuse::None,
        events: NONE,
    };

    fn stuck(&mut self, shadow: &Shadow, held: &HeldTable, waiting: &[(ActorId, Object)]) {
        self.tally.examine();
        if lost_wakeup::forgotten(shadow, held, waiting).is_empty() {
            self.tally.violated(|| explain(shadow, held, waiting));
        }
    }
}

/// Returns a description of the wait graph.
fn explain(shadow: &Shadow, held: &HeldTable, waiting: &[(ActorId, Object)]) -> String {
    if waiting.is_empty() {
        return "no actor can go on, and none waits for anything".to_owned();
    }
    waiting.iter().map(|(who, on)| wait(shadow, held, waiting, (*who, *on))).collect::<Vec<_>>().join("; ")
}

fn wait(
    shadow: &Shadow,
    held: &HeldTable,
    waiting: &[(ActorId, Object)],
    (who, on): (ActorId, Object),
) -> String {
    let gone =
        |holder| if waiting.iter().any(|(actor, _)| *actor == holder) { "" } else { ", which has ended" };
    let holders: Vec<_> = held
        .holders_of(on)
        .map(|(holder, mode)| {
            let (name, place) = (shadow.who(holder), place(shadow, held, holder));
            format!("{name} ({mode:?}{place}{})", gone(holder))
        })
        .collect();
    let by = if holders.is_empty() { "no actor".to_owned() } else { holders.join(", ") };
    format!("{} waits for {on}, held by {by}", doing(shadow, held, who))
}
