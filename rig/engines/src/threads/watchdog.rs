//! The watchdog of a run: waits for its end, requests rests, and finds actors that can never go on.
use super::{Counts, End, LOOK_EVERY, PATIENCE, Shared};
use crate::interrupt::Interrupt;
use model::seam::{ActorId, Object, Observer};
use std::sync::atomic::Ordering;
use std::time::Duration;

/// An actor, the object for which it waits, and the number of its waits so far.
type Stuck = (ActorId, Object, u64);

/// The end of a run, as seen from outside.
pub(super) struct Watched {
    pub(super) end: End,
    pub(super) counts: Counts,
    pub(super) is_interrupted: bool,
}

/// Waits until every actor has ended. Abandons the run when no actor can go on, at `give_up_ns`, on an interrupt or
/// on trouble.
pub(super) fn watch<L: Observer + Send + 'static>(
    shared: &Shared<L>,
    (give_up_ns, interrupt): (u64, &Interrupt),
    rest_every_ns: u64,
    mut at_rest: impl FnMut(u64),
) -> Watched {
    let ended = |end, counts| Watched { end, counts, is_interrupted: false };
    let mut counts = Counts::default();
    let mut rest_at_ns = rest_every_ns;
    let mut before: Vec<Stuck> = Vec::new();
    while !shared.rest.all_ended(until(shared.clock.now(), rest_at_ns, rest_every_ns)) {
        if interrupt.is_set() {
            return Watched { is_interrupted: true, ..ended(unwound(shared, End::Abandoned), counts) };
        }
        if shared.abandoned.load(Ordering::SeqCst) != 0 {
            return ended(unwound(shared, End::Abandoned), counts);
        }
        let now_ns = shared.clock.now();
        if now_ns >= give_up_ns {
            return ended(unwound(shared, End::Abandoned), counts);
        }
        let stuck = all_stuck(shared);
        if !stuck.is_empty() && stuck == before {
            let waiting = stuck.into_iter().map(|(actor, object, _)| (actor, object)).collect();
            return ended(unwound(shared, End::Deadlock(waiting)), counts);
        }
        before = stuck;
        if rest_every_ns > 0 && now_ns >= rest_at_ns {
            rest_at_ns = now_ns + rest_every_ns;
            if shared.rest.ask(PATIENCE) {
                let still_ns = shared.clock.now();
                at_rest(still_ns);
                shared.clock.put_back(still_ns);
                shared.rest.end();
                counts.rests += 1;
            } else {
                counts.missed_rests += 1;
            }
        }
    }
    ended(End::Done, counts)
}

/// Returns the time to wait before the next look.
fn until(now_ns: u64, rest_at_ns: u64, rest_every_ns: u64) -> Duration {
    if rest_every_ns == 0 {
        return LOOK_EVERY;
    }
    Duration::from_nanos(rest_at_ns.saturating_sub(now_ns).max(100_000)).min(LOOK_EVERY)
}

/// Unwinds every actor.
fn unwound<L: Observer + Send + 'static>(shared: &Shared<L>, end: End) -> End {
    shared.abandon();
    while !shared.rest.all_ended(LOOK_EVERY) {
        // An actor that has begun to wait since has not seen it. A token that is there already changes nothing.
        shared.abandon();
    }
    end
}

/// Returns every actor with the object for which it waits, if all wait and no token is on its way; else nothing. An
/// actor may go on during this look. But if two looks find the same, no actor has gone on in between, and none ever
/// will.
fn all_stuck<L>(shared: &Shared<L>) -> Vec<Stuck> {
    let mut stuck = Vec::new();
    for (at, slot) in &shared.slots {
        let waits_on = *slot.waits_on.lock();
        if let Some(on) = waits_on.filter(|_| !slot.token.is_left()) {
            // Relaxed: see `ThreadCurrent::wait`, which counts it.
            stuck.push((ActorId(at as u32), on, slot.waits.load(Ordering::Relaxed)));
        }
    }
    if stuck.len() == shared.rest.alive() { stuck } else { Vec::new() }
}
