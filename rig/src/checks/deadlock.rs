//! deadlock: nobody can go on. Says who waits for what, and who holds it in which phase.
use super::{Shadow, Tally};
use crate::engine::{ActorId, Object};
use crate::locks::held::HeldTable;

/// Writes the wait graph down.
pub(super) fn explain(tally: &mut Tally, shadow: &Shadow, held: &HeldTable, waiting: &[(ActorId, Object)]) {
    tally.examine();
    tally.broken(|| {
        waiting.iter().map(|(who, on)| wait(shadow, held, *who, *on)).collect::<Vec<_>>().join("; ")
    });
}

fn wait(shadow: &Shadow, held: &HeldTable, who: ActorId, on: Object) -> String {
    let phase =
        |actor| held.phase(actor).map_or(String::new(), |phase| format!(" in phase {}", phase.name()));
    let holders: Vec<_> = held
        .holders_of(on)
        .map(|(holder, mode)| format!("{} ({mode:?}{})", shadow.who(holder), phase(holder)))
        .collect();
    let by = if holders.is_empty() { "nobody".to_owned() } else { holders.join(", ") };
    format!("{}{} waits for {on}, held by {by}", shadow.who(who), phase(who))
}
