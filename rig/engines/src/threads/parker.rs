//! How an actor waits for another: a token, which the other leaves, in a word that the kernel can wait for (futex).
//!
//! A wake that comes first is not lost, and none is spurious: the locks hand over, so whoever has the token owns what it
//! waited for.
use model::seam::Wait;
use rustix::thread::futex;
use std::sync::atomic::{AtomicU32, Ordering};

/// How often a spinner looks before it lets others run. About a microsecond.
const LOOKS: u32 = 200;
/// How often it lets others run before it sleeps, as a guest's spinlock does: with fewer CPUs than threads whoever it waits
/// for may need this one.
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
    /// Leaves the token, and wakes its actor if that sleeps.
    pub(super) fn leave(&self) {
        // Release: pairs with the Acquire in `try_take`; what was done before the wake is seen after the wait.
        if self.state.swap(LEFT, Ordering::Release) == ASLEEP {
            // Fails for addresses that are none; this one is.
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
        // Relaxed: says only where the sleeper is; if the token is here already, `try_take` acquires it.
        let _ = self.state.compare_exchange(NONE, ASLEEP, Ordering::Relaxed, Ordering::Relaxed);
        while !self.try_take() {
            // Returns when woken, when the state is another already, and on signals; the loop looks again.
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

    /// Whether it is there.
    pub(super) fn is_left(&self) -> bool {
        // Acquire: pairs with the Release in `leave`, for the watchdog.
        self.state.load(Ordering::Acquire) == LEFT
    }

    /// Takes it back: its actor is somebody else from now on.
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
