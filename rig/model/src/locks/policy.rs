//! Lock policies: pure state machines, `step(state, ask) -> (state, granted, woken)`.
//!
//! Both policies hand the lock over: a woken waiter already owns the lock. So a waiter never tries again, and a wake is
//! never spurious.
use crate::seam::ActorId;
use crate::seam::event::Mode;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// Actors to wake, in order.
pub type Woken = SmallVec<[ActorId; 8]>;

/// A request to a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "`who` is the asking actor, `mode` the mode it asks for")]
pub enum LockOp {
    /// `who` wants the lock.
    Take { who: ActorId, mode: Mode },
    /// `who` wants to read, ignoring queued writers (`down_read_unfair`).
    TakeUnfair { who: ActorId },
    /// The holder releases the lock.
    Give { mode: Mode },
}

/// The answer to a [`LockOp`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// True if the asker has the lock; otherwise it is queued.
    pub granted: bool,
    /// The actors that now have the lock and must be woken.
    pub woken: Woken,
}

impl Step {
    fn granted() -> Self {
        Self { granted: true, woken: Woken::new() }
    }
}

/// A lock's policy.
pub trait Policy: Default {
    /// Takes one step.
    fn step(&mut self, ask: LockOp) -> Step;
    /// Returns the number of waiters.
    fn waiters(&self) -> usize;
    /// Reports whether the lock is neither held nor waited for.
    fn is_free(&self) -> bool;

    /// Returns the encoding of the state as a word: 0 if the lock is free. Only while there are no waiters.
    fn word(&self) -> u32;
    /// Sets the state that `word` encodes, which has no waiters.
    fn restore(&mut self, word: u32);
    /// Returns the word after a fast step: the new encoding, if `ask` can be granted from the state encoded in `word`
    /// without queueing. Returns `None` otherwise, and always for `u32::MAX`, which encodes no state. A test compares
    /// it with [`Policy::step`].
    fn fast_path(word: u32, ask: LockOp) -> Option<u32>;
}

/// One holder, with a queue of waiters in order of arrival. For spinlocks and mutexes.
///
/// | state | take | give |
/// |---|---|---|
/// | free | held, granted | – |
/// | held, no waiters | queued | free |
/// | held, waiters | queued | held by the first of the queue, which is woken |
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exclusive {
    held: bool,
    queue: VecDeque<ActorId>,
}

impl Policy for Exclusive {
    fn step(&mut self, ask: LockOp) -> Step {
        match ask {
            LockOp::Take { who, .. } | LockOp::TakeUnfair { who } if self.held => {
                self.queue.push_back(who);
                Step::default()
            }
            LockOp::Take { .. } | LockOp::TakeUnfair { .. } => {
                self.held = true;
                Step::granted()
            }
            LockOp::Give { .. } => {
                let next = self.queue.pop_front();
                self.held = next.is_some();
                Step { granted: true, woken: next.into_iter().collect() }
            }
        }
    }

    fn waiters(&self) -> usize {
        self.queue.len()
    }

    fn is_free(&self) -> bool {
        !self.held && self.queue.is_empty()
    }

    fn word(&self) -> u32 {
        u32::from(self.held)
    }

    fn restore(&mut self, word: u32) {
        self.held = word != 0;
        self.queue.clear();
    }

    fn fast_path(word: u32, ask: LockOp) -> Option<u32> {
        match (word, ask) {
            (0, LockOp::Take { .. } | LockOp::TakeUnfair { .. }) => Some(1),
            (1, LockOp::Give { .. }) => Some(0),
            _ => None,
        }
    }
}

/// Readers or one writer, fair: a reader queues behind a waiting writer, as in lib/rwsem-spinlock.c.
///
/// | state | read | write | unfair read |
/// |---|---|---|---|
/// | free | granted | granted | granted |
/// | readers, no waiters | granted | queued | granted |
/// | readers, waiters | queued at the tail | queued at the tail | granted |
/// | writer | queued at the tail | queued at the tail | queued at the head |
///
/// A release wakes the writer at the head of the queue, or all readers up to the first writer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fair {
    readers: u32,
    writer: bool,
    queue: VecDeque<(ActorId, bool)>,
}

/// The word of a semaphore that a writer holds. Smaller words are numbers of readers.
const WRITER: u32 = 1 << 30;

impl Fair {
    fn admit(&mut self) -> Woken {
        let mut woken = Woken::new();
        while let Some(&(who, writes)) = self.queue.front() {
            let free = !self.writer && (!writes || self.readers == 0);
            if !free {
                break;
            }
            self.queue.pop_front();
            self.enter(writes);
            woken.push(who);
        }
        woken
    }

    fn enter(&mut self, writes: bool) {
        if writes {
            self.writer = true;
        } else {
            self.readers += 1;
        }
    }
}

impl Policy for Fair {
    fn step(&mut self, ask: LockOp) -> Step {
        match ask {
            LockOp::Take { who, mode } => {
                let writes = mode != Mode::Read;
                let free = !self.writer && self.queue.is_empty() && (!writes || self.readers == 0);
                if !free {
                    self.queue.push_back((who, writes));
                    return Step::default();
                }
                self.enter(writes);
                Step::granted()
            }
            LockOp::TakeUnfair { who } if self.writer => {
                self.queue.push_front((who, false));
                Step::default()
            }
            LockOp::TakeUnfair { .. } => {
                self.enter(false);
                Step::granted()
            }
            LockOp::Give { mode } => {
                if mode == Mode::Read {
                    self.readers -= 1;
                } else {
                    self.writer = false;
                }
                Step { granted: true, woken: self.admit() }
            }
        }
    }

    fn waiters(&self) -> usize {
        self.queue.len()
    }

    fn is_free(&self) -> bool {
        self.readers == 0 && !self.writer && self.queue.is_empty()
    }

    fn word(&self) -> u32 {
        if self.writer { WRITER } else { self.readers }
    }

    fn restore(&mut self, word: u32) {
        self.writer = word == WRITER;
        self.readers = if self.writer { 0 } else { word };
        self.queue.clear();
    }

    fn fast_path(word: u32, ask: LockOp) -> Option<u32> {
        match ask {
            LockOp::Take { mode: Mode::Read, .. } | LockOp::TakeUnfair { .. } => {
                (word < WRITER - 1).then(|| word + 1)
            }
            LockOp::Take { .. } => (word == 0).then_some(WRITER),
            LockOp::Give { mode: Mode::Read } => (1..WRITER).contains(&word).then(|| word - 1),
            LockOp::Give { .. } => (word == WRITER).then_some(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ActorId = ActorId(0);
    const B: ActorId = ActorId(1);
    const C: ActorId = ActorId(2);
    const D: ActorId = ActorId(3);

    fn take(lock: &mut impl Policy, who: ActorId, mode: Mode) -> bool {
        lock.step(LockOp::Take { who, mode }).granted
    }

    fn give(lock: &mut impl Policy, mode: Mode) -> Vec<ActorId> {
        lock.step(LockOp::Give { mode }).woken.to_vec()
    }

    /// Checks for every step from every state without waiters that the fast path agrees with the policy and is taken
    /// whenever it can be.
    fn short_ways<P: Policy>(words: &[u32], modes: &[Mode]) {
        for word in words {
            let takes = modes.iter().map(|mode| LockOp::Take { who: A, mode: *mode });
            let gives = modes.iter().filter(|mode| match (*word, **mode) {
                (0, _) => false,
                (1.., Mode::Exclusive) => true,
                (word, mode) => (word == WRITER) == (mode == Mode::Write),
            });
            let gives = gives.map(|mode| LockOp::Give { mode: *mode });
            for ask in takes.chain(gives).chain([LockOp::TakeUnfair { who: A }]) {
                let mut lock = P::default();
                lock.restore(*word);
                assert_eq!(lock.word(), *word, "{ask:?}");
                let step = lock.step(ask);
                let expected = (step.granted && lock.waiters() == 0).then(|| lock.word());
                assert_eq!(P::fast_path(*word, ask), expected, "{ask:?} at {word}");
            }
        }
    }

    #[test]
    fn the_short_way_agrees_with_the_policy() {
        for ask in [
            LockOp::Take { who: A, mode: Mode::Read },
            LockOp::TakeUnfair { who: A },
            LockOp::Give { mode: Mode::Read },
        ] {
            assert_eq!((Exclusive::fast_path(u32::MAX, ask), Fair::fast_path(u32::MAX, ask)), (None, None));
        }
        short_ways::<Exclusive>(&[0, 1], &[Mode::Exclusive]);
        short_ways::<Fair>(&[0, 1, 2, 100, WRITER], &[Mode::Read, Mode::Write]);
    }

    #[test]
    fn exclusive_is_handed_over_in_order() {
        let mut lock = Exclusive::default();
        assert!(take(&mut lock, A, Mode::Exclusive));
        assert!(!take(&mut lock, B, Mode::Exclusive));
        assert!(!take(&mut lock, C, Mode::Exclusive));
        assert_eq!(give(&mut lock, Mode::Exclusive), [B]);
        assert_eq!(give(&mut lock, Mode::Exclusive), [C]);
        assert_eq!(give(&mut lock, Mode::Exclusive), []);
        assert!(lock.is_free());
    }

    #[test]
    fn a_reader_queues_behind_a_waiting_writer() {
        let mut lock = Fair::default();
        assert!(take(&mut lock, A, Mode::Read));
        assert!(!take(&mut lock, B, Mode::Write));
        assert!(!take(&mut lock, C, Mode::Read));
        assert!(!take(&mut lock, D, Mode::Read));
        assert_eq!(give(&mut lock, Mode::Read), [B]);
        assert_eq!(give(&mut lock, Mode::Write), [C, D]);
    }

    #[test]
    fn an_unfair_read_passes_waiting_writers_but_not_an_active_one() {
        let mut lock = Fair::default();
        assert!(take(&mut lock, A, Mode::Read));
        assert!(!take(&mut lock, B, Mode::Write));
        assert!(lock.step(LockOp::TakeUnfair { who: A }).granted);
        assert_eq!(give(&mut lock, Mode::Read), []);
        assert_eq!(give(&mut lock, Mode::Read), [B]);
        assert!(!take(&mut lock, C, Mode::Write));
        assert!(!lock.step(LockOp::TakeUnfair { who: D }).granted);
        assert_eq!(give(&mut lock, Mode::Write), [D], "the unfair reader waits at the head");
    }
}
