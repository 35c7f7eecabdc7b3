//! Timelines for engines where each actor sees only its own events. Each mover keeps its attaches and each actor its
//! waits. When all have ended, the waits for locks that a mover held are matched with its attaches.
use super::steps::{Steps, Waited};
use super::{ME, Timelines, class};
use model::seam::event::Who;
use model::seam::{ActorId, Event, Stamp};

/// Waits of one actor that are kept; more are counted.
const MAX_WAITS: usize = 1 << 16;

/// Attaches and waits of one actor.
#[derive(Debug, Default)]
pub struct ThreadTimelines {
    from_ns: u64,
    who: Option<Who>,
    waits: Vec<Waited>,
    left_out: u64,
    /// Absent until this actor begins an attach, which most never do.
    attaches: Option<Box<Timelines>>,
}

impl ThreadTimelines {
    /// Returns timelines of attaches that begin at `from_ns` or later.
    #[must_use]
    pub fn new(from_ns: u64) -> Self {
        Self { from_ns, ..Self::default() }
    }

    /// Records one event of the actor.
    #[inline]
    pub fn observe(&mut self, stamp: Stamp, event: &Event) {
        match *event {
            Event::LockAcquired { waited_ns: None, .. } | Event::LockReleased { .. } => {
                if let Some(attaches) = &mut self.attaches
                    && attaches.follows(ME, event)
                {
                    attaches.lock(stamp, event);
                }
            }
            _ => self.rare(stamp, event),
        }
    }

    fn rare(&mut self, stamp: Stamp, event: &Event) {
        match *event {
            Event::LockAcquired { object, mode, waited_ns: Some(waited_ns) } => {
                let (from_ns, to_ns) = (stamp.at_ns.saturating_sub(waited_ns), stamp.at_ns);
                if self.waits.len() < MAX_WAITS {
                    self.waits.push(Waited { who: self.who, object, mode, from_ns, to_ns });
                } else {
                    self.left_out += 1;
                }
                self.attaches.iter_mut().for_each(|attaches| attaches.lock(stamp, event));
            }
            Event::Start(who) => {
                self.who = Some(who);
                self.attaches.iter_mut().for_each(|attaches| attaches.attach(stamp, event));
            }
            Event::AttachBegin { .. } => {
                let (who, from_ns) = (self.who, self.from_ns);
                let attaches = self.attaches.get_or_insert_with(|| {
                    let mut new = Box::new(Timelines::new(from_ns));
                    who.iter().for_each(|who| new.attach(stamp, &Event::Start(*who)));
                    new
                });
                attaches.attach(stamp, event);
            }
            Event::AttachEnd { .. } | Event::TxMember { .. } | Event::Phase(_) | Event::Injected { .. } => {
                self.attaches.iter_mut().for_each(|attaches| attaches.attach(stamp, event));
            }
            _ => {}
        }
    }
}

impl Timelines {
    /// Merges the timelines of all actors: for each latency class the attach that began first, the longest attach, and
    /// the waits for locks that their movers held.
    #[must_use]
    pub fn of_all(all: &[(ActorId, &ThreadTimelines)]) -> Self {
        let mut together = Self::default();
        let mut steps: Vec<_> = all.iter().flat_map(|(actor, thread)| thread.kept(*actor)).collect();
        steps.sort_by_key(|steps| (steps.began_ns, steps.actor));
        for mut steps in steps {
            if together.kept.contains_key(&class(steps.latency_ns)) && steps.latency_ns <= together.longest_ns
            {
                continue;
            }
            let mover = steps.actor;
            for (_, thread) in all.iter().filter(|(actor, _)| *actor != mover) {
                thread.add_waits(&mut steps);
            }
            steps.in_order();
            together.keep(steps);
        }
        together
    }
}

impl ThreadTimelines {
    fn kept(&self, actor: ActorId) -> impl Iterator<Item = Steps> + '_ {
        let kept = self.attaches.iter().flat_map(|attaches| attaches.kept.values().chain(&attaches.longest));
        kept.cloned().map(move |mut steps| {
            steps.actor = actor;
            steps
        })
    }

    /// Adds to the attach of another actor the waits of this actor for locks that its mover held.
    fn add_waits(&self, steps: &mut Steps) {
        let (from_ns, until_ns) = (steps.began_ns, steps.began_ns + steps.latency_ns);
        for wait in &self.waits {
            let overlaps = wait.to_ns > from_ns && wait.from_ns < until_ns;
            if overlaps && steps.held(wait.object, (wait.from_ns, wait.to_ns)) {
                steps.met(*wait);
            }
        }
        // The waits that were not kept came last; whether any was for this mover is unknown.
        if self.waits.last().is_some_and(|last| last.to_ns < until_ns) {
            steps.left_out += self.left_out;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::kernel::{CgroupId, ProcessId, TaskId};
    use model::seam::event::{Mode, Outcome, Phase, Target};
    use model::seam::{Class, Object};

    const LOCK: Object = Object { class: Class::MmapSem, owner: 3 };
    const OTHER: Object = Object { class: Class::MmapSem, owner: 4 };

    fn observed(events: &[(u64, Event)]) -> ThreadTimelines {
        let mut timelines = ThreadTimelines::new(0);
        for (at_ns, event) in events {
            timelines.observe(Stamp { at_ns: *at_ns, actor: ME }, event);
        }
        timelines
    }

    fn acquired(object: Object, waited_ns: Option<u64>) -> Event {
        Event::LockAcquired { object, mode: Mode::Write, waited_ns }
    }

    fn attach(from_ns: u64, for_ns: u64) -> Vec<(u64, Event)> {
        let (target, dest) = (Target::Process(ProcessId(0)), CgroupId(1));
        let released = Event::LockReleased { object: LOCK, mode: Mode::Write, waiters: 1 };
        vec![
            (from_ns, Event::AttachBegin { target, dest, due_ns: None }),
            (from_ns, Event::Phase(Phase::Lock)),
            (from_ns + 1, acquired(LOCK, None)),
            (from_ns + for_ns, released),
            (from_ns + for_ns, Event::AttachEnd { outcome: Outcome::Moved }),
        ]
    }

    #[test]
    fn waits_of_others_for_what_the_mover_held_are_found_afterwards() {
        let mover =
            observed(&[vec![(0, Event::Start(Who::Mover(7)))], attach(100, 50), attach(1000, 900)].concat());
        let task = observed(&[
            (0, Event::Start(Who::Task(TaskId(2)))),
            (90, acquired(LOCK, Some(20))),
            (150, acquired(LOCK, Some(40))),
            (160, acquired(OTHER, Some(40))),
            (1900, acquired(LOCK, Some(300))),
        ]);
        let all = [(ActorId(0), &mover), (ActorId(1), &task)];
        let together = Timelines::of_all(&all);
        let seen: Vec<_> = together
            .kept
            .values()
            .map(|steps| (steps.who, steps.latency_ns, steps.waits.iter().map(|wait| wait.from_ns).collect()))
            .collect();
        let mover = Some(Who::Mover(7));
        assert_eq!(seen, [(mover, 50, vec![110]), (mover, 900, vec![1600])]);
    }

    #[test]
    fn of_attaches_alike_the_first_is_kept_and_of_all_the_longest() {
        let (early, late) =
            (observed(&attach(100, 1000)), observed(&[attach(50, 1024), attach(3000, 1010)].concat()));
        let together = Timelines::of_all(&[(ActorId(0), &early), (ActorId(1), &late)]);
        let kept: Vec<_> = together.kept.values().map(|steps| (steps.actor.0, steps.latency_ns)).collect();
        assert_eq!(kept, [(0, 1000), (1, 1024)]);
        assert_eq!(together.longest_ns, 1024);
    }
}
