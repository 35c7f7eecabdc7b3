//! An engine: the simulator under a policy that tries every interleaving, depth first, without any reduction.
//!
//! The search is stateless: a schedule is a list of choices, and the next one repeats a prefix of it and then chooses
//! differently. A step runs from one access up to the next. The part of an actor before its first access touches
//! nothing and is not a step.
use super::example;
use engines::sim::current::SimCurrent;
use engines::sim::{End, Finished, Next, Policy, Sim};
use faults::{FaultPlan, Injector};
use model::protocols::Protocol;
use model::seam::event::NoopObserver;
use model::seam::{Access, ActorId, Object, Wait, Work};
use model::world::World;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An actor under [`DepthFirst`].
pub(crate) type Here = SimCurrent<DepthFirst, NoopObserver>;

/// A choice of one of the actors that could run.
#[derive(Clone, Copy, Debug)]
struct Choice {
    taken: usize,
    of: usize,
}

/// The policy.
#[derive(Debug, Default)]
pub(crate) struct DepthFirst {
    path: Vec<Choice>,
    /// Choices made in this schedule.
    depth: usize,
    /// Steps run in this schedule.
    pub(crate) steps: u64,
    /// The number of steps after which the schedule is given up.
    pub(crate) abandon_at: Option<u64>,
    fresh: Vec<ActorId>,
    ready: Vec<ActorId>,
}

impl DepthFirst {
    /// Goes back to the start of the same schedule.
    pub(crate) fn rewind(&mut self) {
        (self.depth, self.steps) = (0, 0);
        self.fresh.clear();
        self.ready.clear();
    }

    /// Goes on to the next schedule. Returns `false` when that was the last.
    pub(crate) fn advance(&mut self) -> bool {
        self.rewind();
        while self.path.pop_if(|choice| choice.taken + 1 == choice.of).is_some() {}
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
        if self.abandon_at == Some(self.steps) {
            return Next::Abandon;
        }
        self.steps += 1;
        match self.ready[..] {
            [] => Next::Idle,
            [only] => Next::Run(only),
            _ => Next::Run(self.choose()),
        }
    }
}

/// Returns a simulation at the first schedule.
pub(crate) fn first() -> Sim<DepthFirst, NoopObserver> {
    Sim::new(DepthFirst::default(), NoopObserver, Injector::new(FaultPlan::default(), 0))
}

/// Returns a simulation that goes on with the policy of a finished one.
pub(crate) fn again(finished: Finished<DepthFirst, NoopObserver>) -> Sim<DepthFirst, NoopObserver> {
    finished.again()
}

/// The final states, each with the number of schedules that end in it.
pub(crate) type States = BTreeMap<String, u64>;

/// Runs every schedule of `once`, which returns the simulation and the state in which the run ended.
pub(crate) fn every_schedule(
    once: impl Fn(Sim<DepthFirst, NoopObserver>) -> (Finished<DepthFirst, NoopObserver>, String),
) -> States {
    let mut states = States::new();
    let mut sim = first();
    loop {
        let (mut finished, state) = once(sim);
        *states.entry(state).or_default() += 1;
        if !finished.policy.advance() {
            return states;
        }
        sim = again(finished);
    }
}

/// Runs the example, or as much of it as the policy wants, in a world that is put back to the start.
pub(crate) fn run(
    mut sim: Sim<DepthFirst, NoopObserver>,
    world: &Arc<World>,
    protocol: Protocol,
) -> Finished<DepthFirst, NoopObserver> {
    world.reset();
    let (moved, mapped) = (Arc::clone(world), Arc::clone(world));
    sim.spawn(move |cur: &Here| example::mover(cur, &moved, protocol, example::B));
    sim.spawn(move |cur: &Here| example::mapper(cur, &mapped));
    sim.run()
}

/// Returns the end of a run, as the explorer is to print it.
pub(crate) fn state(world: &World, end: &End) -> String {
    match end {
        End::Done => {
            assert!(world.locks_free(), "all actors have ended and a lock is held");
            example::state(world)
        }
        End::Deadlock(waiting) => {
            let waits = |(who, on): &(ActorId, Object)| format!("{who} waits for {on}");
            format!("deadlock: {}", waiting.iter().map(waits).collect::<Vec<_>>().join(", "))
        }
        End::Abandoned => "abandoned".to_owned(),
    }
}

/// Runs every schedule of the example, all in this world.
pub(crate) fn explore(world: &Arc<World>, protocol: Protocol) -> States {
    every_schedule(|sim| {
        let finished = run(sim, world, protocol);
        let state = state(world, &finished.end);
        (finished, state)
    })
}
