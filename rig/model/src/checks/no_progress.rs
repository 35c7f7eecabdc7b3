//! no-progress: a run did not end by itself and was given up. The report lists what each actor was doing then.
use super::check::{About, Checker, Excuse, NONE, Needs};
use super::describe::{doing, locks};
use super::unit::UnitKind;
use super::{Shadow, Tally};
use crate::locks::held::HeldTable;

/// The number of actors that are named.
const NAMED: usize = 8;

/// The check.
#[derive(Debug, Default)]
pub(super) struct NoProgress {
    pub(super) tally: Tally,
}

impl Checker for NoProgress {
    const ABOUT: About = About {
        name: "no-progress",
        needs: Needs::End,
        by_final_state: false,
        excuse: Excuse::None,
        events: NONE,
    };

    fn gave_up(&mut self, shadow: &Shadow, held: &HeldTable, at_ns: u64) {
        self.tally.violated(|| {
            let busy = |actor: &_| {
                shadow.unit(*actor).is_some_and(|unit| unit.kind != UnitKind::None)
                    || !held.of(*actor).is_empty()
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
                words.push("no actor was in the middle of an operation".to_owned());
            }
            format!("given up after {at_ns} ns: {}", words.join("; "))
        });
    }

    fn finish(&mut self, _: &Shadow) {
        self.tally.examine();
    }
}
