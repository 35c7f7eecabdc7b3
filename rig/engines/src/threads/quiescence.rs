//! Quiescence: moments at which every actor is between two operations and holds nothing, so that the world can be
//! inspected.
//!
//! On real threads no such moment comes by itself, so it is requested: from then on no thread begins an operation.
//! Once every thread has finished its current operation, all are quiescent. A thread that sleeps between operations
//! counts as quiescent.
use parking_lot::{Condvar, Mutex};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(Debug, Default)]
struct Count {
    /// Actors that have begun and not ended.
    alive: usize,
    /// Those actors that are not at rest.
    running: usize,
    asked: bool,
}

/// The counts of actors, and the requests for rest.
#[derive(Debug, Default)]
pub(super) struct Quiescence {
    /// A copy of [`Count::asked`] that can be read without the lock.
    asked: AtomicBool,
    count: Mutex<Count>,
    /// Signalled when no actor runs, or when all have ended.
    still: Condvar,
    go_on: Condvar,
}

impl Quiescence {
    /// Notes that an actor has begun and runs.
    pub(super) fn born(&self) {
        let mut count = self.count.lock();
        count.alive += 1;
        count.running += 1;
    }

    /// Notes that an actor has ended.
    pub(super) fn died(&self) {
        let mut count = self.count.lock();
        count.alive -= 1;
        self.leave(&mut count);
    }

    /// Rests if a rest is requested. Called between two operations.
    pub(super) fn pause(&self) {
        // Relaxed: an actor that misses it comes by again; the lock orders everything else.
        if self.asked.load(Ordering::Relaxed) {
            self.out();
            self.back();
        }
    }

    /// Marks the actor as at rest from now on.
    pub(super) fn out(&self) {
        self.leave(&mut self.count.lock());
    }

    /// Marks the actor as running, as soon as no rest is requested.
    pub(super) fn back(&self) {
        let mut count = self.count.lock();
        while count.asked {
            self.go_on.wait(&mut count);
        }
        count.running += 1;
    }

    fn leave(&self, count: &mut Count) {
        count.running -= 1;
        if count.running == 0 && (count.asked || count.alive == 0) {
            self.still.notify_all();
        }
    }

    /// Returns the number of actors that have begun and not ended.
    pub(super) fn alive(&self) -> usize {
        self.count.lock().alive
    }

    /// Waits until all actors have ended, for at most `at_most`. Returns whether they have.
    pub(super) fn all_ended(&self, at_most: Duration) -> bool {
        let mut count = self.count.lock();
        self.still.wait_while_for(&mut count, |count| count.alive > 0, at_most);
        count.alive == 0
    }

    /// Requests a rest, and waits for it for at most `patience`. It fails when an actor waits for one that is already
    /// at rest. Returns whether all actors are at rest; if so, [`Quiescence::end`] has to follow.
    pub(super) fn ask(&self, patience: Duration) -> bool {
        let mut count = self.count.lock();
        count.asked = true;
        // Relaxed: as in `pause`.
        self.asked.store(true, Ordering::Relaxed);
        self.still.wait_while_for(&mut count, |count| count.running > 0, patience);
        let still = count.running == 0;
        drop(count);
        if !still {
            self.end();
        }
        still
    }

    /// Ends the rest: all actors go on.
    pub(super) fn end(&self) {
        self.count.lock().asked = false;
        // Relaxed: as in `pause`; `back` looks under the lock.
        self.asked.store(false, Ordering::Relaxed);
        self.go_on.notify_all();
    }
}
