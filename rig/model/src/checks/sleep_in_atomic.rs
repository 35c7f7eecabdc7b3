//! sleep-in-atomic: an actor slept, or took a lock for which one may sleep, while it held a spinlock.
//!
//! As `might_sleep()`: taking such a lock counts even when it was free. A wait for one is told by the engine, once.
use super::words::{doing, locks};
use super::{Shadow, Tally};
use crate::locks::held::HeldTable;
use crate::seam::{Event, Object, Stamp};

/// The actor took `object`, for which one may sleep, without having to wait; `held` does not know of it yet.
pub(super) fn took(tally: &mut Tally, held: &HeldTable, shadow: &Shadow, stamp: Stamp, object: Object) {
    tally.examine();
    if held.of(stamp.actor).iter().any(|hold| hold.object.class.spins()) {
        tally.broken(|| words(held, shadow, stamp, "took", object));
    }
}

/// Looks at one event that is not a lock's.
pub(super) fn observe(tally: &mut Tally, held: &HeldTable, shadow: &Shadow, stamp: Stamp, event: &Event) {
    if let Event::SleptInAtomic { on } = *event {
        tally.examine();
        tally.broken(|| words(held, shadow, stamp, "slept for", on));
    }
}

#[cold]
fn words(held: &HeldTable, shadow: &Shadow, stamp: Stamp, did: &str, object: Object) -> String {
    let (at_ns, who) = (stamp.at_ns, doing(shadow, held, stamp.actor));
    let spins: Vec<_> =
        held.of(stamp.actor).iter().filter(|hold| hold.object.class.spins()).copied().collect();
    format!("at {at_ns} ns {who} {did} {object} while it held {}", locks(&spins))
}
