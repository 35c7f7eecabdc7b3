//! lock-order: locks are taken in one order of classes over the whole run, and no actor asks for a lock that it holds.
//!
//! - The graph of classes has an edge held → asked for, with the actor that made it first. An edge that closes a cycle
//!   is reported with all edges of the cycle, each edge once.
//! - Two edges that were only ever made under `cgroup_mutex` cannot occur at once, so a cycle with two such edges is
//!   not reported: hierarchies may mount controllers in any order.
//! - Locks of one class may nest in the order of their owners, or in any order under `cgroup_mutex`.
//! - A second read of a semaphore by its reader deadlocks with a writer that queues in between. It is reported unless
//!   it passes waiting writers.
use super::check::{About, Checker, Excuse, Needs, RARE, Request, Seen};
use super::describe::{doing, lock};
use super::{Shadow, Tally};
use crate::locks::held::{HeldTable, Hold};
use crate::seam::event::Mode;
use crate::seam::{ActorId, Class, Event, Object, Stamp};
use smallvec::SmallVec;

const CLASSES: usize = Class::LOCKS.len();

/// The check.
#[derive(Debug, Default)]
pub(super) struct LockOrder {
    /// By class that was held: the classes asked for, a bit each.
    after: [u16; CLASSES],
    /// The part of `after` that was asked for without holding `cgroup_mutex`, or is an edge of `cgroup_mutex`.
    free: [u16; CLASSES],
    /// The edges (held, asked for), each with the actor that made it first.
    edges: Vec<((usize, usize), String)>,
    /// Actors whose next request passes waiting writers.
    unfair: SmallVec<[ActorId; 4]>,
    pub(super) tally: Tally,
}

/// A request for a lock.
#[derive(Clone, Copy, Debug)]
struct Ask {
    stamp: Stamp,
    object: Object,
    mode: Mode,
    unfair: bool,
}

impl Checker for LockOrder {
    const ABOUT: About = About {
        name: "lock-order",
        needs: Needs::OwnEvents,
        by_final_state: false,
        excuse: Excuse::None,
        events: RARE,
    };

    fn asked(&mut self, Seen { held, shadow, stamp }: Seen<'_>, request: Request, _: bool) {
        self.tally.examine();
        let unfair = !self.unfair.is_empty() && self.passes(stamp.actor);
        if unfair && held.of(stamp.actor).iter().any(|hold| hold.object == request.object) {
            // Granted at once, since it is held for reading. A read that cannot wait has no place in the order.
            return;
        }
        let to = request.object.class as usize;
        for hold in held.of(stamp.actor) {
            let from = hold.object.class as usize;
            if from == to || self.free[from] & (1 << to) == 0 {
                let Request { object, mode } = request;
                self.judge(held, shadow, Ask { stamp, object, mode, unfair }, hold);
            }
        }
    }

    fn observe(&mut self, seen: Seen<'_>, event: &Event) {
        if matches!(event, Event::AsksUnfairly { .. }) {
            self.unfair.push(seen.stamp.actor);
        }
    }

    /// Adds the edges of another actor's check. Each cycle that they close is a violation.
    fn join(&mut self, other: &Self) {
        let found = other.tally.violated > 0;
        for ((from, to), who) in &other.edges {
            let gated = other.free[*from] & (1 << to) == 0;
            let known = if gated { self.after[*from] } else { self.free[*from] };
            if known & (1 << to) == 0
                && let Some(circle) = self.insert((*from, *to), who.clone(), gated)
                && !found
            {
                self.tally.violated(|| format!("a cycle of edges made by several actors: {circle}"));
            }
        }
    }
}

impl LockOrder {
    fn passes(&mut self, actor: ActorId) -> bool {
        let at = self.unfair.iter().position(|asker| *asker == actor);
        at.map(|at| self.unfair.swap_remove(at)).is_some()
    }

    /// Judges a request made during a hold, unless the edge is known.
    #[cold]
    fn judge(&mut self, held: &HeldTable, shadow: &Shadow, ask: Ask, hold: &Hold) {
        if hold.object.class != ask.object.class {
            let gate = Class::CgroupMutex;
            let of_gate = hold.object.class == gate || ask.object.class == gate;
            let gated = !of_gate && held.of(ask.stamp.actor).iter().any(|hold| hold.object.class == gate);
            let pair = (hold.object.class as usize, ask.object.class as usize);
            if !gated || self.after[pair.0] & (1 << pair.1) == 0 {
                self.edge(held, shadow, ask, pair, gated);
            }
        } else if hold.object == ask.object {
            self.again(held, shadow, ask, hold);
        } else if hold.object.owner > ask.object.owner {
            let holds = held.of(ask.stamp.actor);
            if !holds.iter().any(|hold| hold.object.class == Class::CgroupMutex) {
                self.tally.violated(|| {
                    let (at_ns, who) = (ask.stamp.at_ns, doing(shadow, held, ask.stamp.actor));
                    let (first, second) = (hold.object, ask.object);
                    format!("at {at_ns} ns {who} asked for {second} while it held {first}: locks of one class nest in the order of their owners, or under cgroup_mutex")
                });
            }
        }
    }

    /// Judges a request for a lock that the asker holds.
    fn again(&mut self, held: &HeldTable, shadow: &Shadow, ask: Ask, hold: &Hold) {
        let reads = hold.mode == Mode::Read && ask.mode == Mode::Read;
        if reads && ask.unfair {
            return;
        }
        self.tally.violated(|| {
            let (at_ns, who) = (ask.stamp.at_ns, doing(shadow, held, ask.stamp.actor));
            let why = if reads {
                "recursive read of a fair semaphore, which deadlocks with a writer that queues in between"
            } else {
                "it waits for itself"
            };
            let (asked, object) = (lock(ask.object, ask.mode), lock(hold.object, hold.mode));
            format!("at {at_ns} ns {who} asked for {asked} while it held {object}: {why}")
        });
    }

    /// Adds a pair of classes that was not seen before, or not without `cgroup_mutex`.
    #[cold]
    fn edge(&mut self, held: &HeldTable, shadow: &Shadow, ask: Ask, pair: (usize, usize), gated: bool) {
        let who = doing(shadow, held, ask.stamp.actor);
        if let Some(circle) = self.insert(pair, who, gated) {
            self.tally.violated(|| format!("at {} ns a circle: {circle}", ask.stamp.at_ns));
        }
    }

    /// Adds an edge and returns the cycle that it closes, if any.
    fn insert(&mut self, pair: (usize, usize), who: String, gated: bool) -> Option<String> {
        self.edges.retain(|(known, _)| *known != pair);
        self.edges.push((pair, who));
        self.after[pair.0] |= 1 << pair.1;
        if !gated {
            self.free[pair.0] |= 1 << pair.1;
        }
        let path = self.path(pair.1, pair.0, gated)?;
        let around = path.windows(2).map(|step| (step[0], step[1])).chain([pair]);
        Some(around.map(|pair| self.words(pair)).collect::<Vec<_>>().join("; "))
    }

    /// Returns the words for an edge: `mmap_sem -> callback_mutex by task 3 in mmap`.
    fn words(&self, pair: (usize, usize)) -> String {
        let [held, asked] = [pair.0, pair.1].map(|class| Class::LOCKS[class].name());
        let who = self.edges.iter().find(|(known, _)| *known == pair).map_or("", |(_, who)| who.as_str());
        format!("{held} -> {asked} by {who}")
    }

    /// Returns a shortest chain of edges between two classes. At most one edge of the whole cycle may be gated, because
    /// two gated edges cannot occur at once. `gated`: the edge that closes the cycle is gated.
    fn path(&self, from: usize, to: usize, gated: bool) -> Option<Vec<usize>> {
        let mut paths = vec![(vec![from], gated)];
        let mut seen = [0_u16; 2];
        seen[usize::from(gated)] |= 1 << from;
        while !paths.is_empty() {
            let mut longer = Vec::new();
            for (path, gated) in paths {
                let last = path[path.len() - 1];
                if last == to {
                    return Some(path);
                }
                for next in (0..CLASSES).filter(|next| self.after[last] & (1 << next) != 0) {
                    let step = self.free[last] & (1 << next) == 0;
                    let both = gated || step;
                    if !(gated && step) && seen[usize::from(both)] & (1 << next) == 0 {
                        seen[usize::from(both)] |= 1 << next;
                        longer.push((path.iter().copied().chain([next]).collect(), both));
                    }
                }
            }
            paths = longer;
        }
        None
    }
}
