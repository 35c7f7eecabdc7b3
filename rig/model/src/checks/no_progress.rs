//! no-progress: a run that came to no end and was given up, with what everybody was doing then.
use super::unit::Kind;
use super::words::{doing, locks};
use super::{Shadow, Tally};
use crate::locks::held::HeldTable;

/// Actors that are named.
const NAMED: usize = 8;

/// The run was given up at `at_ns`.
pub(super) fn gave_up(tally: &mut Tally, shadow: &Shadow, held: &HeldTable, at_ns: u64) {
    tally.broken(|| {
        let busy = |actor: &_| {
            shadow.unit(*actor).is_some_and(|unit| unit.kind != Kind::None) || !held.of(*actor).is_empty()
        };
        let actors: Vec<_> = shadow.actors().filter(busy).collect();
        let mut words: Vec<_> = actors
            .iter()
            .take(NAMED)
            .map(|actor| {
                let holds = held.of(*actor);
                let holds = if holds.is_empty() { "nothing".to_owned() } else { locks(holds) };
                format!("{} holds {holds}", doing(shadow, held, *actor))
            })
            .collect();
        if actors.len() > NAMED {
            words.push(format!("and {} more", actors.len() - NAMED));
        }
        if words.is_empty() {
            words.push("nobody was in the middle of anything".to_owned());
        }
        format!("given up after {at_ns} ns: {}", words.join("; "))
    });
}
