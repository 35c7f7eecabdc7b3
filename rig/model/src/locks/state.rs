//! The state of one lock: a word that encodes it while there are no waiters, and the policy, which holds it otherwise.
//!
//! It is separate from [`super::raw`] because it knows neither actors nor ways of waiting. It uses atomics and the
//! short raw lock only through [`super::sync`]. A test compiles this file with a model checker's primitives instead and
//! compares it with the policy alone.
use super::policy::{LockOp, Policy, Step, Woken};
use super::sync::{AtomicU32, Mutex, Ordering};

/// There are waiters, or a step is under way: the state is in the policy, under the raw lock.
const QUEUED: u32 = u32::MAX;

/// A word that encodes the state, and the policy behind it.
///
/// | word | means | may be changed by |
/// |---|---|---|
/// | [`QUEUED`] | the policy holds the state | the holder of the raw lock |
/// | else | no waiters; this is [`Policy::word`] of the state | any thread, by one compare-and-swap |
#[derive(Debug, Default)]
pub(super) struct State<P> {
    word: AtomicU32,
    /// Held for one step only.
    policy: Mutex<P>,
}

impl<P: Policy> State<P> {
    /// Takes one step and returns it with the number of waiters before it.
    pub(super) fn step(&self, ask: LockOp) -> (Step, u32) {
        if self.fast_path(ask) { (Step { granted: true, woken: Woken::new() }, 0) } else { self.queued(ask) }
    }

    /// Takes the step by one compare-and-swap, if there are no waiters before and after it.
    fn fast_path(&self, ask: LockOp) -> bool {
        // Relaxed: a guess that the compare-and-swap below confirms or corrects.
        let mut word = self.word.load(Ordering::Relaxed);
        while let Some(next) = P::fast_path(word, ask) {
            // AcqRel: a take acquires what the last give released, here or by the store in `queued`; a give releases to
            // the next take, here or by the swap in `queued`. Relaxed on failure: the value is again only a guess.
            match self.word.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    #[cold]
    fn queued(&self, ask: LockOp) -> (Step, u32) {
        let mut policy = self.policy.lock();
        // Acquire: pairs with the give that left this word, in `fast_path` or by the store below. No Release needed: a
        // thread that reads QUEUED takes the raw lock before reading anything else.
        let word = self.word.swap(QUEUED, Ordering::Acquire);
        if word != QUEUED {
            policy.restore(word);
        }
        let waited = policy.waiters() as u32;
        let step = policy.step(ask);
        if policy.waiters() == 0 {
            // Release: pairs with the compare-and-swap in `fast_path` and the swap above.
            self.word.store(policy.word(), Ordering::Release);
        }
        (step, waited)
    }

    /// Reports whether the lock is neither held nor waited for.
    pub(super) fn is_free(&self) -> bool {
        let policy = self.policy.lock();
        // Acquire: pairs with the give that left this word.
        match self.word.load(Ordering::Acquire) {
            QUEUED => policy.is_free(),
            word => word == 0,
        }
    }

    /// Forgets holder and waiters. No actor may run.
    pub(super) fn reset(&self) {
        let mut policy = self.policy.lock();
        *policy = P::default();
        // Release: pairs with the first take.
        self.word.store(0, Ordering::Release);
    }
}
