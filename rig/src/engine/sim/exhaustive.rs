//! Policy `exhaustive`: one schedule for every trace, by dynamic partial-order reduction with source sets and sleep sets
//! (Abdulla, Aronis, Jonsson, Sagonas, POPL 2014).
//!
//! Stateless: a schedule is a list of choices, and the next one repeats a prefix of it. A step runs from one access up to
//! the next; two steps depend on each other when they touch the same object and one of them does more than read a Word.
//! What an actor does before its first access, and once a lock has been handed to it, touches nothing and is no step: it
//! is run at once, and happens after whoever woke it.
use super::{Next, Policy};
use crate::engine::{Access, ActorId, Object, Wait, Work};
use smallvec::SmallVec;
use std::collections::{BTreeMap, VecDeque};

/// Most actors of a run: sets of them are bits of one integer.
pub const ACTORS_MAX: usize = 64;

/// A set of actors.
type Set = u64;

fn bit(who: ActorId) -> Set {
    1 << who.0
}

/// What an actor is about to touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Touch {
    object: Object,
    reads: bool,
}

impl Touch {
    fn depends(self, other: Self) -> bool {
        self.object == other.object && !(self.reads && other.reads)
    }
}

/// A choice, and what is known of the others.
#[derive(Clone, Debug)]
struct Node {
    chosen: ActorId,
    touch: Touch,
    /// Who could run, and what each is about to touch.
    enabled: SmallVec<[(ActorId, Touch); 8]>,
    /// Who is to be tried here.
    backtrack: Set,
    /// Who has been tried.
    done: Set,
    /// Whose step would lead to a trace that has been seen.
    sleep: Set,
    /// Who was woken or started by the step.
    woken: SmallVec<[ActorId; 2]>,
}

/// How many schedules were run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Explored {
    /// To their end.
    pub whole: u64,
    /// Cut short, for every way on was seen before.
    pub cut: u64,
    /// Steps of all of them.
    pub steps: u64,
}

/// The policy.
#[derive(Clone, Debug, Default)]
pub struct Exhaustive {
    nodes: Vec<Node>,
    depth: usize,
    /// By actor.
    pending: Vec<Option<Touch>>,
    ready: Set,
    /// Who goes on at once.
    at_once: VecDeque<ActorId>,
    cut: bool,
    explored: Explored,
}

impl Exhaustive {
    /// How many schedules were run.
    #[must_use]
    pub fn explored(&self) -> Explored {
        self.explored
    }

    /// Whether the schedule was cut short.
    #[must_use]
    pub fn was_cut(&self) -> bool {
        self.cut
    }

    /// The choices of the schedule, for whoever wants to repeat it.
    #[must_use]
    pub fn choices(&self) -> Vec<u32> {
        self.nodes[..self.depth].iter().map(|node| node.chosen.0).collect()
    }

    /// A number that is the same for two schedules exactly if they are one trace: all steps that depend on each other
    /// come in the same order. (128 bits of a hash.)
    #[must_use]
    pub fn trace(&self) -> u128 {
        let mut of_objects: BTreeMap<Object, Vec<(ActorId, u32, bool)>> = BTreeMap::new();
        let mut steps = [0_u32; ACTORS_MAX];
        for node in &self.nodes[..self.depth] {
            let step = &mut steps[node.chosen.0 as usize];
            *step += 1;
            of_objects.entry(node.touch.object).or_default().push((node.chosen, *step, node.touch.reads));
        }
        let mut hash = Hash::default();
        for (object, mut order) in of_objects {
            order.chunk_by_mut(|a, b| a.2 && b.2).for_each(<[_]>::sort_unstable);
            hash.add(object.class as u64);
            hash.add(u64::from(object.owner));
            for (actor, step, _) in order {
                hash.add(u64::from(actor.0) << 32 | u64::from(step));
            }
        }
        hash.0
    }

    /// Goes on to the next schedule; `false` when that was the last.
    pub fn advance(&mut self) -> bool {
        if self.cut {
            self.explored.cut += 1;
        } else {
            self.explored.whole += 1;
        }
        self.explored.steps += self.depth as u64;
        self.nodes.truncate(self.depth);
        self.races();
        while let Some(node) = self.nodes.last_mut() {
            node.done |= bit(node.chosen);
            let left = node.backtrack & !node.done & !node.sleep;
            if left != 0 {
                let next = ActorId(left.trailing_zeros());
                let touch = node.enabled.iter().find(|(who, _)| *who == next).map(|(_, touch)| *touch);
                node.chosen = next;
                node.touch = touch.expect("who is to be tried could run");
                node.woken.clear();
                self.rewind();
                return true;
            }
            self.nodes.pop();
        }
        false
    }

    fn rewind(&mut self) {
        self.depth = 0;
        self.pending.clear();
        self.ready = 0;
        self.at_once.clear();
        self.cut = false;
    }

    /// Finds steps that could come in the other order, and notes where that has to be tried.
    fn races(&mut self) {
        let clocks = Clocks::of(&self.nodes);
        for (first, second) in clocks.races.iter().copied() {
            let after = |at: usize| clocks.covers(at, first, self.nodes[first].chosen);
            let mut others: Vec<usize> = (first + 1..second).filter(|at| !after(*at)).collect();
            others.push(second);
            let mut initials: Set = 0;
            let mut seen: Set = 0;
            for (n, at) in others.iter().copied().enumerate() {
                let who = self.nodes[at].chosen;
                let comes_after = |before: &usize| clocks.covers(at, *before, self.nodes[*before].chosen);
                if seen & bit(who) == 0 && !others[..n].iter().any(comes_after) {
                    initials |= bit(who);
                }
                seen |= bit(who);
            }
            let last = bit(self.nodes[second].chosen);
            let node = &mut self.nodes[first];
            if node.backtrack & initials == 0 {
                node.backtrack |=
                    if initials & last != 0 { last } else { initials & initials.wrapping_neg() };
            }
        }
    }

    fn touches(&self, who: ActorId) -> Touch {
        self.pending[who.index()].expect("who is ready is about to touch something")
    }

    fn choose(&mut self) -> Next {
        if self.depth == self.nodes.len() {
            let sleep = self.sleepers();
            let awake = self.ready & !sleep;
            if awake == 0 {
                self.cut = true;
                return Next::Abandon;
            }
            let chosen = ActorId(awake.trailing_zeros());
            let enabled = members(self.ready).map(|who| (who, self.touches(who))).collect();
            let (touch, backtrack) = (self.touches(chosen), bit(chosen));
            let woken = SmallVec::new();
            self.nodes.push(Node { chosen, touch, enabled, backtrack, done: 0, sleep, woken });
        }
        let chosen = self.nodes[self.depth].chosen;
        debug_assert_eq!(
            self.touches(chosen),
            self.nodes[self.depth].touch,
            "the same choices lead to the same place"
        );
        self.depth += 1;
        self.pending[chosen.index()] = None;
        Next::Run(chosen)
    }

    /// Who sleeps at the next node: who slept or has been tried at this one, unless its step depends on the one just run.
    fn sleepers(&self) -> Set {
        let Some(last) = self.nodes[..self.depth].last() else { return 0 };
        let independent = |who: &ActorId| {
            let touch = last.enabled.iter().find(|(other, _)| other == who).map(|(_, touch)| *touch);
            touch.is_some_and(|touch| !touch.depends(last.touch))
        };
        members((last.sleep | last.done) & self.ready & !bit(last.chosen)).filter(independent).map(bit).sum()
    }

    fn starts(&mut self, who: ActorId) {
        assert!((who.index()) < ACTORS_MAX, "more than {ACTORS_MAX} actors; use a smaller test");
        if let Some(node) = self.nodes[..self.depth].last_mut() {
            node.woken.push(who);
        }
        self.at_once.push_back(who);
    }
}

fn members(set: Set) -> impl Iterator<Item = ActorId> {
    (0..ACTORS_MAX as u32).filter(move |at| set & (1 << at) != 0).map(ActorId)
}

impl Policy for Exhaustive {
    fn now(&self) -> u64 {
        self.depth as u64
    }

    fn access(&mut self, who: ActorId, object: Object, access: Access, folded: bool) -> bool {
        if folded {
            return true;
        }
        if who.index() >= self.pending.len() {
            self.pending.resize(who.index() + 1, None);
        }
        self.pending[who.index()] = Some(Touch { object, reads: access == Access::Load });
        self.ready |= bit(who);
        false
    }

    fn work(&mut self, _: ActorId, _: Work, _: u64) -> bool {
        true
    }

    fn sleep_until(&mut self, _: ActorId, _: u64) -> bool {
        true
    }

    fn block(&mut self, who: ActorId, _: Wait) {
        self.ready &= !bit(who);
    }

    fn ready(&mut self, who: ActorId) {
        self.starts(who);
    }

    fn spawned(&mut self, who: ActorId) {
        self.starts(who);
    }

    fn ended(&mut self, who: ActorId) {
        self.ready &= !bit(who);
    }

    fn next(&mut self) -> Next {
        if let Some(who) = self.at_once.pop_front() {
            self.ready &= !bit(who);
            return Next::Run(who);
        }
        if self.ready == 0 { Next::Nobody } else { self.choose() }
    }
}

/// Which step happens before which: a vector of steps seen, by actor, for every step.
struct Clocks {
    of_steps: Vec<[u32; ACTORS_MAX]>,
    /// Steps that depend on each other with nothing in between.
    races: Vec<(usize, usize)>,
}

/// Steps on one object since it was last written, the write first.
#[derive(Default)]
struct Last {
    write: Option<usize>,
    reads: Vec<usize>,
}

impl Clocks {
    fn of(nodes: &[Node]) -> Self {
        let mut clocks = Self { of_steps: Vec::with_capacity(nodes.len()), races: Vec::new() };
        let mut actors = vec![[0_u32; ACTORS_MAX]; ACTORS_MAX];
        let mut objects: BTreeMap<Object, Last> = BTreeMap::new();
        for (at, node) in nodes.iter().enumerate() {
            let who = node.chosen.index();
            let last = objects.entry(node.touch.object).or_default();
            let before: SmallVec<[usize; 8]> = match (node.touch.reads, last.reads.is_empty()) {
                (true, _) | (false, true) => last.write.into_iter().collect(),
                (false, false) => last.reads.iter().copied().collect(),
            };
            clocks.race(nodes, &before, at, &actors[who]);
            let mut clock = actors[who];
            for step in before {
                join(&mut clock, &clocks.of_steps[step]);
            }
            clock[who] = at as u32 + 1;
            actors[who] = clock;
            for woken in &node.woken {
                let clock = actors[who];
                join(&mut actors[woken.index()], &clock);
            }
            if node.touch.reads {
                last.reads.push(at);
            } else {
                *last = Last { write: Some(at), reads: Vec::new() };
            }
            clocks.of_steps.push(clock);
        }
        clocks
    }

    /// Notes which of `before` race with the step `at` of an actor whose clock is `clock` by then.
    fn race(&mut self, nodes: &[Node], before: &[usize], at: usize, clock: &[u32; ACTORS_MAX]) {
        for step in before.iter().copied() {
            let who = nodes[step].chosen;
            let known = who == nodes[at].chosen || clock[who.index()] > step as u32;
            let through = before.iter().any(|other| *other != step && self.covers(*other, step, who));
            if !known && !through {
                self.races.push((step, at));
            }
        }
    }

    /// Whether the step `at` happens after `before`, a step of `who`.
    fn covers(&self, at: usize, before: usize, who: ActorId) -> bool {
        self.of_steps[at][who.index()] > before as u32
    }
}

fn join(clock: &mut [u32; ACTORS_MAX], other: &[u32; ACTORS_MAX]) {
    for (mine, theirs) in clock.iter_mut().zip(other) {
        *mine = (*mine).max(*theirs);
    }
}

/// FNV-1a of 128 bits.
struct Hash(u128);

impl Default for Hash {
    fn default() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Hash {
    fn add(&mut self, value: u64) {
        for byte in value.to_le_bytes() {
            self.0 = (self.0 ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }
}
