//! lost-wakeup: no actor can go on, and one of them waits for a lock that no actor holds. The actor that released the
//! lock did not wake the waiter.
//!
//! A queue has no holder. Its waiter is forgotten only if no thread that could wake it waits for something that is
//! held: such a thread would make the waiter a link in a deadlock.
use super::check::{About, Checker, Excuse, NONE, Needs};
use super::describe::doing;
use super::{Shadow, Tally};
use crate::kernel::ProcessId;
use crate::locks::held::HeldTable;
use crate::seam::{ActorId, Class, Object};

type Waiting = (ActorId, Object);

/// The check.
#[derive(Debug, Default)]
pub(super) struct LostWakeup {
    pub(super) tally: Tally,
}

impl Checker for LostWakeup {
    const ABOUT: About = About {
        name: "lost-wakeup",
        needs: Needs::End,
        by_final_state: false,
        excuse: Excuse::None,
        events: NONE,
    };

    fn stuck(&mut self, shadow: &Shadow, held: &HeldTable, waiting: &[Waiting]) {
        self.tally.examine();
        let forgotten = forgotten(shadow, held, waiting);
        if !forgotten.is_empty() {
            self.tally.violated(|| explain(shadow, held, &forgotten));
        }
    }
}

/// Returns the actors of `waiting` that no actor will ever wake. `waiting` lists all actors that are left.
pub(super) fn forgotten(shadow: &Shadow, held: &HeldTable, waiting: &[Waiting]) -> Vec<Waiting> {
    let is_held = |object| held.holders_of(object).next().is_some();
    let hopeless = |(who, on): &&Waiting| {
        if Class::LOCKS.contains(&on.class) {
            return !is_held(*on);
        }
        !waiting
            .iter()
            .any(|(other, for_what)| other != who && may_wake(shadow, *other, *on) && is_held(*for_what))
    };
    waiting.iter().filter(hopeless).copied().collect()
}

/// Reports whether `actor` could wake waiters of that queue: only a thread of the process can, or any actor if the
/// queue does not belong to a process.
fn may_wake(shadow: &Shadow, actor: ActorId, queue: Object) -> bool {
    if queue.class != Class::ExecWait {
        return true;
    }
    shadow.runs(actor).is_some_and(|task| {
        let task = shadow.task(task);
        task.live && task.process == Some(ProcessId(queue.owner))
    })
}

/// Returns a description of the forgotten actors.
fn explain(shadow: &Shadow, held: &HeldTable, forgotten: &[Waiting]) -> String {
    let words = |(who, on): &Waiting| {
        let why =
            if Class::LOCKS.contains(&on.class) { "which no actor holds" } else { "which no actor can wake" };
        format!("{} waits for {on}, {why}", doing(shadow, held, *who))
    };
    forgotten.iter().map(words).collect::<Vec<_>>().join("; ")
}
