//! Timelines of single attaches that moved, step by step: one per eighth of an octave of latency, and the longest.
//!
//! [`super::Recorder`] keeps only sums. The attach at the median or at p99 is known only when all have ended. So the
//! first of each latency class is kept until then, and those nearest to the figures are picked from these. Buffers are
//! reused: in the steady state nothing is allocated.
pub(super) mod export;
pub mod per_thread;
mod steps;

use model::seam::event::{Mode, Outcome, Who};
use model::seam::{ActorId, Event, Object, Stamp};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use steps::{Steps, Waited};

/// Latency classes per octave, as a power of two.
const CLASSES_BITS: u32 = 3;

/// The number of an actor in its own timelines.
const ME: ActorId = ActorId(0);

/// A wait under way: for which lock, in which mode, since when.
type Waiting = Option<(Object, Mode, u64)>;

/// The timelines of one run, or of one actor.
#[derive(Debug, Default)]
pub struct Timelines {
    /// Attaches that began earlier are not kept.
    from_ns: u64,
    /// The role of each actor, by actor.
    who: Vec<Option<Who>>,
    /// The wait of each actor.
    waiting: Vec<Waiting>,
    /// Attaches under way.
    open: Vec<Steps>,
    /// The actors that make them.
    movers: SmallVec<[ActorId; 4]>,
    /// The bits of these actors ([`bit`]): most events come from other actors, and this mask recognises those at once.
    mask: u64,
    /// The first attach of each latency class.
    kept: BTreeMap<u32, Steps>,
    /// The longest, unless it is the first of its class.
    longest: Option<Steps>,
    longest_ns: u64,
    /// Buffers for further attaches.
    spare: Vec<Steps>,
}

/// Returns the latency class of `ns`: its octave and the eighth of it.
fn class(ns: u64) -> u32 {
    let ns = ns.max(1 << CLASSES_BITS);
    let octave = ns.ilog2();
    (octave << CLASSES_BITS) + ((ns >> (octave - CLASSES_BITS)) as u32 & ((1 << CLASSES_BITS) - 1))
}

/// Returns the bit of an actor, which it shares with every 64th.
fn bit(actor: ActorId) -> u64 {
    1 << (actor.0 % 64)
}

fn at<T: Clone + Default>(list: &mut Vec<T>, actor: ActorId) -> &mut T {
    if actor.index() >= list.len() {
        list.resize(actor.index() + 1, T::default());
    }
    &mut list[actor.index()]
}

impl Timelines {
    /// Returns timelines of attaches that begin at `from_ns` or later.
    #[must_use]
    pub fn new(from_ns: u64) -> Self {
        Self { from_ns, ..Self::default() }
    }

    fn opened(&mut self, actor: ActorId) -> Option<&mut Steps> {
        let place = self.movers.iter().position(|mover| *mover == actor)?;
        self.open.get_mut(place)
    }

    /// Reports whether a lock that `actor` takes or releases matters here. Most do not: they are taken at once, by an
    /// actor that moves nothing.
    #[inline]
    #[must_use]
    pub fn follows(&self, actor: ActorId, event: &Event) -> bool {
        self.mask & bit(actor) != 0 || matches!(event, Event::LockAcquired { waited_ns: Some(_), .. })
    }

    /// Records an event about a lock that it follows.
    #[inline(never)]
    pub fn lock(&mut self, stamp: Stamp, event: &Event) {
        match *event {
            Event::LockAcquired { object, mode, waited_ns } => self.acquired(stamp, object, mode, waited_ns),
            Event::LockReleased { object, mode, .. } => {
                if let Some(open) = self.opened(stamp.actor) {
                    open.releases(object, mode, stamp.at_ns);
                }
            }
            _ => {}
        }
    }

    /// Records that an actor has to wait for a lock.
    #[inline(never)]
    pub fn contended(&mut self, stamp: Stamp, object: Object, mode: Mode) {
        *at(&mut self.waiting, stamp.actor) = Some((object, mode, stamp.at_ns));
    }

    /// Records an event about an attach, or about the role of an actor.
    #[cold]
    pub fn attach(&mut self, stamp: Stamp, event: &Event) {
        let Stamp { at_ns, actor } = stamp;
        match *event {
            Event::Start(who) => *at(&mut self.who, actor) = Some(who),
            Event::AttachBegin { target, dest, .. } => {
                let mut steps = self.spare.pop().unwrap_or_default();
                steps.begin(at_ns, actor, *at(&mut self.who, actor), target, dest);
                self.open.push(steps);
                self.movers.push(actor);
                self.mask |= bit(actor);
            }
            Event::TxMember { from: Some(from), .. } => {
                if let Some(open) = self.opened(actor) {
                    open.comes_from(from);
                }
            }
            Event::Phase(phase) => {
                if let Some(open) = self.opened(actor) {
                    open.enter(phase, at_ns);
                }
            }
            Event::Injected { site, fault } => {
                if let Some(open) = self.opened(actor) {
                    open.fires(site, fault, at_ns);
                }
            }
            Event::AttachEnd { outcome } => self.end(stamp, outcome),
            _ => {}
        }
    }

    fn acquired(&mut self, stamp: Stamp, object: Object, mode: Mode, waited_ns: Option<u64>) {
        let Stamp { at_ns, actor } = stamp;
        if let Some(open) = self.opened(actor) {
            open.takes(object, mode, at_ns, waited_ns);
        }
        let Some(waited_ns) = waited_ns else { return };
        *at(&mut self.waiting, actor) = None;
        let from_ns = at_ns.saturating_sub(waited_ns);
        let who = self.who.get(actor.index()).copied().flatten();
        let others = self.open.iter_mut().filter(|open| open.actor != actor);
        for open in others.filter(|open| open.held(object, (from_ns, at_ns))) {
            open.met(Waited { who, object, mode, from_ns, to_ns: at_ns });
        }
    }

    fn end(&mut self, stamp: Stamp, outcome: Outcome) {
        let Stamp { at_ns, actor } = stamp;
        let Some(place) = self.movers.iter().position(|mover| *mover == actor) else { return };
        self.movers.swap_remove(place);
        self.mask = self.movers.iter().fold(0, |mask, mover| mask | bit(*mover));
        let mut steps = self.open.swap_remove(place);
        let (new, latency_ns) = (steps.began_ns >= self.from_ns, at_ns.saturating_sub(steps.began_ns));
        let first = !self.kept.contains_key(&class(latency_ns));
        if outcome != Outcome::Moved || !new || (!first && latency_ns <= self.longest_ns) {
            self.spare.push(steps);
            return;
        }
        // Actors that the mover blocked may not have run yet since it released the lock.
        for (other, waiting) in self.waiting.iter().enumerate() {
            if let Some((object, mode, from_ns)) = waiting.filter(|_| other != actor.index())
                && steps.held(object, (from_ns, at_ns))
            {
                let who = self.who.get(other).copied().flatten();
                steps.met(Waited { who, object, mode, from_ns, to_ns: at_ns });
            }
        }
        steps.end(at_ns);
        self.keep(steps);
    }

    fn keep(&mut self, steps: Steps) {
        let latency_ns = steps.latency_ns;
        let former = if latency_ns > self.longest_ns { self.longest.take() } else { None };
        self.spare.extend(former);
        if let std::collections::btree_map::Entry::Vacant(place) = self.kept.entry(class(latency_ns)) {
            place.insert(steps);
        } else {
            self.longest = Some(steps);
        }
        self.longest_ns = self.longest_ns.max(latency_ns);
    }

    /// Returns the kept attaches nearest to each of `figures` in ns, and the longest; each once, shortest first.
    fn picked(&self, figures: &[u64]) -> Vec<&Steps> {
        let all = || self.kept.values().chain(&self.longest);
        let order = |steps: &&Steps| (steps.latency_ns, steps.began_ns);
        let near =
            |figure: &u64| all().min_by_key(|steps| (steps.latency_ns.abs_diff(*figure), order(steps)));
        let mut picked: Vec<&Steps> = figures.iter().filter_map(near).collect();
        picked.extend(all().max_by_key(|steps| (steps.latency_ns, std::cmp::Reverse(steps.began_ns))));
        picked.sort_by_key(order);
        picked.dedup_by(|a, b| std::ptr::eq(*a, *b));
        picked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_an_eighth_of_an_octave() {
        let width = |ns: u64| (ns..).take_while(|other| class(*other) == class(ns)).count() as u64;
        assert_eq!([width(1024), width(1024 + 128), width(2048)], [128, 128, 256]);
        assert_eq!((class(0), class(1), class(9)), (class(8), class(8), class(8) + 1));
        assert!((0..100_000_u64).all(|ns| class(ns) <= class(ns + 1)));
        assert!(class(u64::MAX) < 64 << CLASSES_BITS);
    }
}
