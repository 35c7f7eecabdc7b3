//! Traces and their canonical schedules. Schedules that differ only in the order of independent steps are one trace.
//! Each trace has one canonical schedule: the current actor goes on as long as the trace allows it, then the lowest
//! that can.
use super::Step;
use model::seam::{ActorId, Object};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// A wake or start of an actor by a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Woke {
    /// The position of the step.
    pub step: usize,
    /// The actor that was woken.
    pub who: ActorId,
}

/// Returns the canonical schedule of the trace of a schedule.
#[must_use]
pub fn canonical(steps: &[Step], wakes: &[Woke]) -> Vec<ActorId> {
    let before = predecessors(steps, wakes);
    let mut of_actors: Vec<SmallVec<[usize; 32]>> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        if step.actor.index() >= of_actors.len() {
            of_actors.resize_with(step.actor.index() + 1, SmallVec::new);
        }
        of_actors[step.actor.index()].push(at);
    }
    let mut next = vec![0_usize; of_actors.len()];
    let mut done = vec![false; steps.len()];
    let mut order = Vec::with_capacity(steps.len());
    let mut last = 0;
    while order.len() < steps.len() {
        let can = |actor: &usize| {
            let step = of_actors[*actor].get(next[*actor]);
            step.is_some_and(|at| before[*at].iter().all(|earlier| done[*earlier]))
        };
        let actor = Some(last).filter(|last| can(last)).or_else(|| (0..of_actors.len()).find(can));
        // The schedule itself is one possible continuation.
        let Some(actor) = actor else { unreachable!("some step has nothing left before it") };
        done[of_actors[actor][next[actor]]] = true;
        next[actor] += 1;
        last = actor;
        order.push(ActorId(actor as u32));
    }
    order
}

/// Returns the direct predecessors of each step: the steps on which it depends, and the step that woke its actor.
fn predecessors(steps: &[Step], wakes: &[Woke]) -> Vec<SmallVec<[usize; 4]>> {
    let mut before: Vec<SmallVec<[usize; 4]>> = vec![SmallVec::new(); steps.len()];
    let mut objects: BTreeMap<Object, (Option<usize>, SmallVec<[usize; 4]>)> = BTreeMap::new();
    let mut woken: Vec<(ActorId, usize)> = Vec::new();
    let mut wakes = wakes.iter().peekable();
    for (at, Step { actor, touch }) in steps.iter().enumerate() {
        while let Some(wake) = wakes.next_if(|wake| wake.step < at) {
            woken.push((wake.who, wake.step));
        }
        woken.retain(|(who, step)| {
            if who == actor {
                before[at].push(*step);
            }
            who != actor
        });
        let (write, reads) = objects.entry(touch.object).or_default();
        if touch.reads() {
            before[at].extend(*write);
            reads.push(at);
        } else {
            before[at].extend(reads.drain(..).chain(write.replace(at)));
        }
    }
    before
}

/// Returns the number of switches of a schedule from one actor to another.
#[must_use]
pub fn switches(schedule: &[ActorId]) -> usize {
    schedule.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// Returns a number that is the same for two schedules exactly if they are one trace. (128 bits of a hash, FNV-1a.)
#[must_use]
pub fn trace(canonical: &[ActorId]) -> u128 {
    canonical.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash: u128, actor| {
        (hash ^ u128::from(actor.0)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}
