//! Rest: moments at which every actor stands between two operations and holds nothing, so that the world can be looked at.
//!
//! There is no such moment by itself on real threads. One is asked for: from then on nobody begins an operation, and when
//! everybody has come to the end of his everybody is at rest. Who sleeps between operations is at rest anyway.
use parking_lot::{Condvar, Mutex};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(Debug, Default)]
struct Count {
    /// Actors that have begun and not ended.
    alive: usize,
    /// Those of them that are not at rest.
    running: usize,
    asked: bool,
}

/// See the module's text.
#[derive(Debug, Default)]
pub(super) struct Quiescence {
    /// The same as [`Count::asked`], for a look without the lock.
    asked: AtomicBool,
    count: Mutex<Count>,
    /// Nobody runs, or everybody has ended.
    still: Condvar,
    go_on: Condvar,
}

impl Quiescence {
    /// An actor has come into being, and runs.
    pub(super) fn born(&self) {
        let mut count = self.count.lock();
        count.alive += 1;
        count.running += 1;
    }

    /// An actor has ended.
    pub(super) fn died(&self) {
        let mut count = self.count.lock();
        count.alive -= 1;
        self.leave(&mut count);
    }

    /// Between two operations: rests, if everybody is asked to.
    pub(super) fn pause(&self) {
        // Relaxed: whoever misses it comes by again; the lock orders the rest itself.
        if self.asked.load(Ordering::Relaxed) {
            self.out();
            self.back();
        }
    }

    /// Is at rest from now on.
    pub(super) fn out(&self) {
        self.leave(&mut self.count.lock());
    }

    /// Runs again, as soon as nobody asks for rest.
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

    /// How many have begun and not ended.
    pub(super) fn alive(&self) -> usize {
        self.count.lock().alive
    }

    /// Waits until everybody has ended, for at most `at_most`; returns whether they have.
    pub(super) fn all_ended(&self, at_most: Duration) -> bool {
        let mut count = self.count.lock();
        self.still.wait_while_for(&mut count, |count| count.alive > 0, at_most);
        count.alive == 0
    }

    /// Asks everybody to rest, and waits for it for at most `patience`. Somebody may wait for one who rests already; then
    /// it comes to nothing. Returns whether everybody rests; if so, [`Quiescence::end`] has to follow.
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

    /// Lets everybody go on.
    pub(super) fn end(&self) {
        self.count.lock().asked = false;
        // Relaxed: as in `pause`; `back` looks under the lock.
        self.asked.store(false, Ordering::Relaxed);
        self.go_on.notify_all();
    }
}
