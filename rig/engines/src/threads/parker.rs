//! The token by which one actor wakes another. It is kept in a word on which the kernel can wait (futex).
//!
//! A wake that comes first is not lost, and none is spurious. Locks are handed over, so an actor that has the token
//! owns the lock that it waited for.
use model::seam::Wait;
use rustix::thread::futex;
use std::sync::atomic::{AtomicU32, Ordering};

/// The number of times a spinner looks before it yields: about a microsecond.
const LOOKS: u32 = 200;
/// The number of yields before it sleeps, as a guest's spinlock does. With fewer CPUs than threads, the thread that
/// holds the lock may need this CPU.
const YIELDS: u32 = 4;

const NONE: u32 = 0;
const LEFT: u32 = 1;
const ASLEEP: u32 = 2;

/// | state | [`Parker::leave`] | [`Parker::take`] |
/// |---|---|---|
/// | `NONE` | `LEFT` | `ASLEEP`, sleeps |
/// | `LEFT` | `LEFT` | `NONE`, goes on |
/// | `ASLEEP` | `LEFT`, wakes | never: its own actor sleeps |
#[derive(Debug, Default)]
pub(super) struct Parker {
    state: AtomicU32,
}

impl Parker {
    /// Leaves the token, and wakes its actor if that is asleep.
    pub(super) fn leave(&self) {
        // Release: pairs with the Acquire in `try_take`; what was done before the wake is seen after the wait.
        if self.state.swap(LEFT, Ordering::Release) == ASLEEP {
            // This fails only for invalid addresses, and this one is valid.
            let _ = futex::wake(&self.state, futex::Flags::PRIVATE, 1);
        }
    }

    fn try_take(&self) -> bool {
        // Acquire: pairs with the Release in `leave`. Relaxed on failure: nothing was handed over.
        self.state.compare_exchange(LEFT, NONE, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Waits for the token and takes it.
    pub(super) fn take(&self, how: Wait) {
        if how == Wait::Spin && self.spin() {
            return;
        }
        // Relaxed: it only records that the actor sleeps. If the token is here already, `try_take` acquires it.
        let _ = self.state.compare_exchange(NONE, ASLEEP, Ordering::Relaxed, Ordering::Relaxed);
        while !self.try_take() {
            // Returns when woken, when the state has changed already, and on signals. The loop looks again.
            let _ = futex::wait(&self.state, futex::Flags::PRIVATE, ASLEEP, None);
        }
    }

    fn spin(&self) -> bool {
        for _ in 0..YIELDS {
            for _ in 0..LOOKS {
                // Relaxed: `try_take` acquires.
                if self.state.load(Ordering::Relaxed) == LEFT && self.try_take() {
                    return true;
                }
                std::hint::spin_loop();
            }
            std::thread::yield_now();
        }
        false
    }

    /// Reports whether the token is there.
    pub(super) fn is_left(&self) -> bool {
        // Acquire: pairs with the Release in `leave`, for the watchdog.
        self.state.load(Ordering::Acquire) == LEFT
    }

    /// Takes the token back: the slot gets another actor.
    pub(super) fn forget(&self) {
        // Relaxed: the slot is handed over under a lock.
        self.state.store(NONE, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_that_comes_first_is_not_lost() {
        let token = Parker::default();
        token.leave();
        token.take(Wait::Sleep);
        token.leave();
        token.take(Wait::Spin);
        assert!(!token.is_left());
    }

    #[test]
    fn a_sleeper_and_a_spinner_are_woken() {
        for how in [Wait::Sleep, Wait::Spin] {
            let (to, from) = (Parker::default(), Parker::default());
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        to.take(how);
                        from.leave();
                    }
                });
                for _ in 0..2_000 {
                    to.leave();
                    from.take(how);
                }
            });
            assert!(!to.is_left() && !from.is_left());
        }
    }
}
