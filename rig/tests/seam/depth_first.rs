//! An engine: the simulator under a policy that tries every interleaving, depth first, without any reduction.
//!
//! Stateless: a schedule is a list of choices; the next one repeats a prefix of it and then chooses differently. A step
//! runs from one access up to the next; what an actor does before its first access touches nothing and is no step.
use rig::engine::sim::current::SimCurrent;
use rig::engine::sim::{End, Finished, Next, Policy, Sim};
use rig::engine::{Access, ActorId, Object, Wait, Work, event::Blind};
use rig::world::World;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Actors of a simulation under [`DepthFirst`].
pub(crate) type Here = SimCurrent<DepthFirst, Blind>;
/// What an actor does.
pub(crate) type Body = fn(&Here, &World);

/// A choice: which of the actors that could run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Choice {
    taken: usize,
    of: usize,
}

/// The policy.
#[derive(Debug, Default)]
pub(crate) struct DepthFirst {
    path: Vec<Choice>,
    /// Choices of this schedule so far.
    depth: usize,
    /// Steps of this schedule so far.
    pub(crate) steps: u64,
    /// Gives the schedule up after so many steps.
    pub(crate) abandon_after: Option<u64>,
    fresh: Vec<ActorId>,
    ready: Vec<ActorId>,
}

impl DepthFirst {
    /// Goes on to the next schedule; `false` when that was the last.
    fn advance(&mut self) -> bool {
        self.path.truncate(self.depth);
        while self.path.pop_if(|choice| choice.taken + 1 == choice.of).is_some() {}
        (self.depth, self.steps) = (0, 0);
        self.fresh.clear();
        self.ready.clear();
        self.path.last_mut().map(|choice| choice.taken += 1).is_some()
    }

    fn choose(&mut self) -> ActorId {
        if self.depth == self.path.len() {
            self.path.push(Choice { taken: 0, of: self.ready.len() });
        }
        let Choice { taken, of } = self.path[self.depth];
        assert_eq!(of, self.ready.len(), "the same choices lead to the same place");
        self.depth += 1;
        self.ready[taken]
    }
}

impl Policy for DepthFirst {
    fn now(&self) -> u64 {
        self.steps
    }

    fn access(&mut self, _: ActorId, _: Object, _: Access, folded: bool) -> bool {
        folded
    }

    fn work(&mut self, _: ActorId, _: Work, _: u64) -> bool {
        true
    }

    fn sleep_until(&mut self, _: ActorId, _: u64) -> bool {
        true
    }

    fn block(&mut self, who: ActorId, _: Wait) {
        self.ready.retain(|ready| *ready != who);
    }

    fn ready(&mut self, who: ActorId) {
        let at = self.ready.partition_point(|ready| *ready < who);
        self.ready.insert(at, who);
    }

    fn spawned(&mut self, who: ActorId) {
        self.fresh.push(who);
        self.ready(who);
    }

    fn ended(&mut self, who: ActorId) {
        self.block(who, Wait::Sleep);
    }

    fn next(&mut self) -> Next {
        if let Some(who) = self.fresh.pop() {
            return Next::Run(who);
        }
        if self.abandon_after == Some(self.steps) {
            return Next::Abandon;
        }
        self.steps += 1;
        match self.ready[..] {
            [] => Next::Nobody,
            [only] => Next::Run(only),
            _ => Next::Run(self.choose()),
        }
    }
}

/// One schedule of those actors, from the start of the world.
pub(crate) fn run(world: &Arc<World>, actors: &[Body], policy: DepthFirst) -> Finished<DepthFirst, Blind> {
    world.reset();
    let mut sim = Sim::new(policy, Blind, faults::Injector::new(faults::Plan::default(), 0));
    for body in actors.iter().copied() {
        let world = Arc::clone(world);
        sim.spawn(move |cur: &Here| body(cur, &world));
    }
    sim.run()
}

/// Every schedule, in one world that is reset in between: how many end in which state.
pub(crate) fn explore(
    world: &Arc<World>,
    actors: &[Body],
    state: impl Fn(&World) -> String,
) -> BTreeMap<String, u64> {
    let mut states = BTreeMap::new();
    let mut policy = DepthFirst::default();
    loop {
        let finished = run(world, actors, policy);
        let state = match finished.end {
            End::Done => {
                assert!(world.locks_free(), "everybody ended and a lock is held");
                state(world)
            }
            End::Deadlock(waiting) => {
                let line = |(who, on): &(ActorId, Object)| format!("{who} waits for {on}");
                format!("deadlock: {}", waiting.iter().map(line).collect::<Vec<_>>().join(", "))
            }
            End::Abandoned => unreachable!("nobody asked for that"),
        };
        *states.entry(state).or_default() += 1;
        policy = finished.policy;
        if !policy.advance() {
            return states;
        }
    }
}
