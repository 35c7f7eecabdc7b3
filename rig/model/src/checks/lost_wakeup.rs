//! lost-wakeup: nobody can go on, and somebody waits for what nobody holds: whoever gave it back forgot to wake it.
//!
//! A queue is held by nobody. Its waiter is forgotten only if nobody is left who would wake it: of the threads that it
//! waits for, none waits for something that is held, which would make it a link in a deadlock.
use super::check::{About, Checker, NONE, Needs};
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
        without_locks: false,
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

/// Those of `waiting`, who are all that is left, that nobody will ever wake.
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

/// Whether `actor` could be the one who wakes waiters of that queue: a thread of the process, or anybody where the
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

/// Names them.
fn explain(shadow: &Shadow, held: &HeldTable, forgotten: &[Waiting]) -> String {
    let words = |(who, on): &Waiting| {
        let why =
            if Class::LOCKS.contains(&on.class) { "which nobody holds" } else { "which nobody can wake" };
        format!("{} waits for {on}, {why}", doing(shadow, held, *who))
    };
    forgotten.iter().map(words).collect::<Vec<_>>().join("; ")
}
