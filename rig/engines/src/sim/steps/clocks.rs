//! The order in which the steps of a schedule happen, and the pairs of steps whose order could be reversed.
use super::Touch;
use model::seam::{ActorId, Object};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// The parts of a step that the clocks need.
pub(super) struct Happened<'a> {
    pub(super) who: ActorId,
    pub(super) touch: Touch,
    /// The actors that it woke or started.
    pub(super) woken: &'a [ActorId],
}

/// A vector clock for every step: for each actor, the position of the last of its steps that happened before, plus
/// one.
pub(super) struct Clocks {
    actors: usize,
    of_steps: Vec<u32>,
    /// Steps that depend on each other with nothing in between.
    pub(super) races: Vec<(usize, usize)>,
}

/// Steps on one object since it was last written, the write first.
#[derive(Default)]
struct Last {
    write: Option<usize>,
    reads: SmallVec<[usize; 4]>,
}

impl Clocks {
    /// Returns the clocks of a whole schedule of `actors` actors, with the races whose second step is at `from` or
    /// later.
    pub(super) fn of<'a>(
        actors: usize,
        from: usize,
        steps: impl ExactSizeIterator<Item = Happened<'a>>,
    ) -> Self {
        let of_steps = Vec::with_capacity(steps.len() * actors);
        let mut clocks = Self { actors, of_steps, races: Vec::new() };
        let mut now = vec![0_u32; actors * actors];
        let mut objects: BTreeMap<Object, Last> = BTreeMap::new();
        let mut whose: Vec<ActorId> = Vec::with_capacity(steps.len());
        for (at, Happened { who, touch, woken }) in steps.enumerate() {
            whose.push(who);
            let own = who.index() * actors;
            let last = objects.entry(touch.object).or_default();
            let before: SmallVec<[usize; 4]> = match (touch.reads(), last.reads.is_empty()) {
                (true, _) | (false, true) => last.write.into_iter().collect(),
                (false, false) => last.reads.clone(),
            };
            if at >= from {
                clocks.race(&whose, &before, at, &now[own..own + actors]);
            }
            for step in before {
                join(&mut now[own..own + actors], clocks.of_step(step));
            }
            now[own + who.index()] = at as u32 + 1;
            clocks.of_steps.extend_from_slice(&now[own..own + actors]);
            for woken in woken {
                let theirs = woken.index() * actors;
                join(&mut now[theirs..theirs + actors], clocks.of_step(at));
            }
            if touch.reads() {
                last.reads.push(at);
            } else {
                *last = Last { write: Some(at), reads: SmallVec::new() };
            }
        }
        clocks
    }

    fn of_step(&self, at: usize) -> &[u32] {
        &self.of_steps[at * self.actors..(at + 1) * self.actors]
    }

    /// Records which steps of `before` race with the step at `at`. `clock` is the clock of its actor before that
    /// step.
    fn race(&mut self, whose: &[ActorId], before: &[usize], at: usize, clock: &[u32]) {
        for step in before.iter().copied() {
            let who = whose[step];
            let known = who == whose[at] || clock[who.index()] > step as u32;
            let through = before.iter().any(|other| *other != step && self.covers(*other, step, who));
            if !known && !through {
                self.races.push((step, at));
            }
        }
    }

    /// Reports whether the step at `at` happens after the step at `before`, which is a step of `who`.
    pub(super) fn covers(&self, at: usize, before: usize, who: ActorId) -> bool {
        self.of_step(at)[who.index()] > before as u32
    }
}

fn join(clock: &mut [u32], other: &[u32]) {
    for (mine, theirs) in clock.iter_mut().zip(other) {
        *mine = (*mine).max(*theirs);
    }
}
