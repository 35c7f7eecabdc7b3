//! Who gets a lock: pure state machines, `step(state, ask) -> (state, granted, woken)`.
//!
//! Both hand the lock over: who is woken owns it already. So a waiter never tries again, and a wake is never spurious.
use crate::engine::ActorId;
use crate::engine::event::Mode;
use smallvec::SmallVec;
use std::collections::VecDeque;

/// Actors to wake, in order.
pub type Woken = SmallVec<[ActorId; 8]>;

/// What is asked of a lock, by whom and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "`who` asks for `mode`")]
pub enum Ask {
    /// `who` wants it.
    Take { who: ActorId, mode: Mode },
    /// `who` wants to read, ignoring queued writers (`down_read_unfair`).
    TakeUnfair { who: ActorId },
    /// `who` gives it back.
    Give { mode: Mode },
}

/// Answer to an [`Ask`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Whether the asker has it; otherwise it is queued.
    pub granted: bool,
    /// Who has it now and is to be woken.
    pub woken: Woken,
}

impl Step {
    fn granted() -> Self {
        Self { granted: true, woken: Woken::new() }
    }
}

/// A lock's policy.
pub trait Policy: Default {
    /// One step.
    fn step(&mut self, ask: Ask) -> Step;
    /// How many wait.
    fn waiters(&self) -> usize;
    /// Whether nobody holds it and nobody waits.
    fn is_free(&self) -> bool;
}

/// One holder, the others in order. For spinlocks and mutexes.
///
/// | state | take | give |
/// |---|---|---|
/// | free | held, granted | – |
/// | held, nobody waits | queued | free |
/// | held, some wait | queued | held by the first of the queue, which is woken |
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exclusive {
    held: bool,
    queue: VecDeque<ActorId>,
}

impl Policy for Exclusive {
    fn step(&mut self, ask: Ask) -> Step {
        match ask {
            Ask::Take { who, .. } | Ask::TakeUnfair { who } if self.held => {
                self.queue.push_back(who);
                Step::default()
            }
            Ask::Take { .. } | Ask::TakeUnfair { .. } => {
                self.held = true;
                Step::granted()
            }
            Ask::Give { .. } => {
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
}

/// Readers or one writer, fair: a reader queues behind a waiting writer. As lib/rwsem-spinlock.c.
///
/// | state | read | write | unfair read |
/// |---|---|---|---|
/// | free | granted | granted | granted |
/// | readers, nobody waits | granted | queued | granted |
/// | readers, some wait | queued at the tail | queued at the tail | granted |
/// | writer | queued at the tail | queued at the tail | queued at the head |
///
/// Giving it back wakes the writer at the head of the queue, or all readers up to the first writer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fair {
    readers: u32,
    writer: bool,
    queue: VecDeque<(ActorId, bool)>,
}

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
    fn step(&mut self, ask: Ask) -> Step {
        match ask {
            Ask::Take { who, mode } => {
                let writes = mode != Mode::Read;
                let free = !self.writer && self.queue.is_empty() && (!writes || self.readers == 0);
                if !free {
                    self.queue.push_back((who, writes));
                    return Step::default();
                }
                self.enter(writes);
                Step::granted()
            }
            Ask::TakeUnfair { who } if self.writer => {
                self.queue.push_front((who, false));
                Step::default()
            }
            Ask::TakeUnfair { .. } => {
                self.enter(false);
                Step::granted()
            }
            Ask::Give { mode } => {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ActorId = ActorId(0);
    const B: ActorId = ActorId(1);
    const C: ActorId = ActorId(2);
    const D: ActorId = ActorId(3);

    fn take(lock: &mut impl Policy, who: ActorId, mode: Mode) -> bool {
        lock.step(Ask::Take { who, mode }).granted
    }

    fn give(lock: &mut impl Policy, mode: Mode) -> Vec<ActorId> {
        lock.step(Ask::Give { mode }).woken.to_vec()
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
        assert!(lock.step(Ask::TakeUnfair { who: A }).granted);
        assert_eq!(give(&mut lock, Mode::Read), []);
        assert_eq!(give(&mut lock, Mode::Read), [B]);
        assert!(!take(&mut lock, C, Mode::Write));
        assert!(!lock.step(Ask::TakeUnfair { who: D }).granted);
        assert_eq!(give(&mut lock, Mode::Write), [D], "the unfair reader waits at the head");
    }
}
