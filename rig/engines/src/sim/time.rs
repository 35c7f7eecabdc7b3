//! Policy `time`: virtual ns on modelled CPUs, in event order, FIFO among equals.
//!
//! A running actor has exactly one entry in the event queue: the moment of its next step. Each CPU has a run queue.
//! An actor queues where it ran last, and an idle CPU takes from the longest queue. A spinning waiter keeps its CPU
//! and has no entry until the lock is handed to it. When an actor's next step is the earliest of all, it goes on in
//! place: the order is the same, and two switches of stacks are saved.
use super::bits::Bits;
use super::{Next, Policy};
use crate::interrupt::Interrupt;
use model::seam::{Access, ActorId, Costs, Object, Wait, Work};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// The longest time that a run may take before it is given up, in virtual ns.
pub type LimitNs = u64;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// On its CPU, with an entry in the event queue.
    Running,
    /// On its CPU, polling a lock.
    Spinning,
    /// In the run queue of its CPU; it still owes `owed_ns` of what it was doing.
    Queued,
    /// Off the CPU until woken.
    Asleep,
    /// Off the CPU until its entry in the event queue comes up.
    Timer,
    #[default]
    Ended,
}

#[derive(Clone, Copy, Debug, Default)]
struct Actor {
    place: Place,
    cpu: u32,
    slice_end: u64,
    owed_ns: u64,
    depth: u32,
}

#[derive(Clone, Debug, Default)]
struct Cpu {
    queue: VecDeque<ActorId>,
}

/// Virtual time.
#[derive(Clone, Debug)]
pub struct Time {
    costs: Costs,
    cpus: Vec<Cpu>,
    idle: Bits,
    /// Actors in all run queues.
    queued: usize,
    actors: Vec<Actor>,
    /// (time, sequence, actor) packed into one integer, so that one comparison orders them and equals stay FIFO.
    events: BinaryHeap<Reverse<u128>>,
    sequence: u64,
    now: u64,
    limit_ns: LimitNs,
    counts: Counts,
    interrupt: Interrupt,
    is_interrupted: bool,
}

/// Counts of the policy. They are exact, and the same for the same seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries taken from the event queue.
    pub dispatches: u64,
    /// Steps that went on in place because they were the earliest anyway.
    pub in_place: u64,
    /// Modelled context switches.
    pub context_switches: u64,
}

/// Steps in place between two looks at the interrupt, a power of two: some 100 µs.
const LOOK_EVERY: u64 = 4096;
const ACTOR_BITS: u32 = 24;
const SEQUENCE_BITS: u32 = 40;

impl Time {
    /// Returns virtual time on `cpus` CPUs. The run is given up after `limit_ns`.
    #[must_use]
    pub fn new(cpus: u32, costs: Costs, limit_ns: LimitNs) -> Self {
        Self {
            costs,
            cpus: vec![Cpu::default(); cpus as usize],
            idle: Bits::full(cpus),
            queued: 0,
            actors: Vec::new(),
            events: BinaryHeap::new(),
            sequence: 0,
            now: 0,
            limit_ns,
            counts: Counts::default(),
            interrupt: Interrupt::never(),
            is_interrupted: false,
        }
    }

    /// Also gives the run up when `interrupt` is set.
    #[must_use]
    pub fn until(self, interrupt: Interrupt) -> Self {
        Self { interrupt, ..self }
    }

    /// Reports whether the run was given up for an interrupt.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.is_interrupted
    }

    /// Returns the counts so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn schedule(&mut self, at: u64, who: ActorId) {
        self.sequence += 1;
        let order = (self.sequence << ACTOR_BITS) | u64::from(who.0);
        debug_assert!(self.sequence >> SEQUENCE_BITS == 0 && who.0 >> ACTOR_BITS == 0);
        self.events.push(Reverse((u128::from(at) << 64) | u128::from(order)));
    }

    /// Lets the running actor go on after `cost_ns`: at once if no event comes before.
    fn advance(&mut self, who: ActorId, cost_ns: u64) -> bool {
        let actor = self.actors[who.index()];
        if self.queued > 0 && actor.depth == 0 && self.now >= actor.slice_end {
            let cpu = actor.cpu as usize;
            if !self.cpus[cpu].queue.is_empty() {
                self.enqueue(who, cost_ns);
                self.vacate(actor.cpu);
                return false;
            }
        }
        let at = self.now + cost_ns;
        let earliest = self.events.peek().is_none_or(|Reverse(key)| (key >> 64) as u64 > at);
        if earliest && at <= self.limit_ns && !self.must_leave() {
            self.now = at;
            self.counts.in_place += 1;
            return true;
        }
        self.schedule(at, who);
        false
    }

    /// Reports whether the running actor has to suspend although it could go on, so that [`Policy::next`] ends the run.
    fn must_leave(&self) -> bool {
        self.counts.in_place.is_multiple_of(LOOK_EVERY) && self.interrupt.is_set()
    }

    fn enqueue(&mut self, who: ActorId, owed_ns: u64) {
        let actor = &mut self.actors[who.index()];
        actor.place = Place::Queued;
        actor.owed_ns = owed_ns;
        self.cpus[actor.cpu as usize].queue.push_back(who);
        self.queued += 1;
    }

    /// Gives `who` a CPU after `delay_ns`.
    fn start(&mut self, who: ActorId, cpu: u32, delay_ns: u64) {
        self.counts.context_switches += 1;
        let at = self.now + delay_ns + self.costs.context_switch_ns;
        let actor = &mut self.actors[who.index()];
        actor.place = Place::Running;
        actor.cpu = cpu;
        actor.slice_end = at + self.costs.time_slice_ns;
        let owed_ns = std::mem::take(&mut actor.owed_ns);
        self.schedule(at + owed_ns, who);
    }

    /// Makes `who` runnable: on the CPU where it last ran if that is idle, else on another idle one. Without an idle
    /// CPU it queues.
    fn make_runnable(&mut self, who: ActorId) {
        let last = self.actors[who.index()].cpu;
        let cpu = if self.idle.contains(last) { Some(last) } else { self.idle.lowest() };
        match cpu {
            Some(cpu) => {
                self.idle.remove(cpu);
                self.start(who, cpu, self.costs.wakeup_ns);
            }
            None => self.enqueue(who, 0),
        }
    }

    /// Gives `cpu`, which has no actor to run, the next actor of its queue, else of the longest queue. Without any,
    /// `cpu` becomes idle.
    fn vacate(&mut self, cpu: u32) {
        let from = if self.queued == 0 {
            None
        } else if self.cpus[cpu as usize].queue.is_empty() {
            let longest = |i: &usize| (self.cpus[*i].queue.len(), Reverse(*i));
            (0..self.cpus.len()).max_by_key(longest)
        } else {
            Some(cpu as usize)
        };
        match from.and_then(|from| self.cpus[from].queue.pop_front()) {
            Some(next) => {
                self.queued -= 1;
                self.start(next, cpu, 0);
            }
            None => self.idle.insert(cpu),
        }
    }

    fn leave(&mut self, who: ActorId, place: Place) {
        self.actors[who.index()].place = place;
        self.vacate(self.actors[who.index()].cpu);
    }
}

impl Policy for Time {
    fn now(&self) -> u64 {
        self.now
    }

    fn access(&mut self, who: ActorId, _: Object, access: Access, _: bool) -> bool {
        self.advance(who, self.costs.access_ns(access))
    }

    fn work(&mut self, who: ActorId, work: Work, times: u64) -> bool {
        self.advance(who, self.costs.work_ns(work).saturating_mul(times))
    }

    fn sleep_until(&mut self, who: ActorId, at_ns: u64) -> bool {
        if at_ns <= self.now {
            return true;
        }
        self.leave(who, Place::Timer);
        self.schedule(at_ns, who);
        false
    }

    fn block(&mut self, who: ActorId, how: Wait) {
        match how {
            Wait::Spin => self.actors[who.index()].place = Place::Spinning,
            Wait::Sleep => self.leave(who, Place::Asleep),
        }
    }

    fn ready(&mut self, who: ActorId) {
        if self.actors[who.index()].place == Place::Spinning {
            self.actors[who.index()].place = Place::Running;
            self.schedule(self.now + self.costs.spin_handoff_ns, who);
        } else {
            self.make_runnable(who);
        }
    }

    fn spawned(&mut self, who: ActorId) {
        if who.index() == self.actors.len() {
            self.actors.push(Actor::default());
        }
        let cpu = who.0 % self.cpus.len() as u32;
        self.actors[who.index()] = Actor { cpu, ..Actor::default() };
        self.make_runnable(who);
    }

    fn ended(&mut self, who: ActorId) {
        self.leave(who, Place::Ended);
    }

    fn atomic(&mut self, who: ActorId, depth: u32) {
        self.actors[who.index()].depth = depth;
    }

    fn next(&mut self) -> Next {
        if self.interrupt.is_set() {
            self.is_interrupted = true;
            return Next::Abandon;
        }
        while let Some(Reverse(key)) = self.events.pop() {
            let at = (key >> 64) as u64;
            let who = ActorId((key as u64 & ((1 << ACTOR_BITS) - 1)) as u32);
            self.now = at;
            if at > self.limit_ns {
                return Next::Abandon;
            }
            self.counts.dispatches += 1;
            match self.actors[who.index()].place {
                Place::Timer => self.make_runnable(who),
                _ => return Next::Run(who),
            }
        }
        Next::Idle
    }
}
