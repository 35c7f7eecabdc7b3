//! The state of one lock: a word that says everything while nobody waits, and the policy, which does otherwise.
//!
//! Apart from [`super::raw`] because it knows nothing of who runs or how one waits. It names atomics and the short raw lock
//! only through [`super::sync`]; a test compiles this file with a model checker's instead, and holds it against the
//! policy alone.
use super::policy::{LockOp, Policy, Step, Woken};
use super::sync::{AtomicU32, Mutex, Ordering};

/// Some wait, or a step is under way: the policy under the raw lock knows.
const QUEUED: u32 = u32::MAX;

/// | word | means | who may change it |
/// |---|---|---|
/// | [`QUEUED`] | the policy knows | whoever holds the raw lock |
/// | else | nobody waits; this is [`Policy::word`] of the state | anybody, by one compare-and-swap |
#[derive(Debug, Default)]
pub(super) struct State<P> {
    word: AtomicU32,
    /// Held for one step only.
    policy: Mutex<P>,
}

impl<P: Policy> State<P> {
    /// Takes one step; also says how many waited before it.
    pub(super) fn step(&self, ask: LockOp) -> (Step, u32) {
        if self.fast_path(ask) { (Step { granted: true, woken: Woken::new() }, 0) } else { self.queued(ask) }
    }

    /// The step by one compare-and-swap, if nobody waits and nobody has to.
    fn fast_path(&self, ask: LockOp) -> bool {
        // Relaxed: a guess, which the compare-and-swap below confirms or corrects.
        let mut word = self.word.load(Ordering::Relaxed);
        while let Some(next) = P::fast_path(word, ask) {
            // AcqRel: a take acquires what the last give released, here or by the store in `queued`; a give releases to
            // the next take, here or by the swap in `queued`. Relaxed on failure: again a guess.
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
        // Acquire: pairs with the give that left this word, in `fast_path` or by the store below. It releases nothing: who
        // finds QUEUED looks no further but under the raw lock.
        let word = self.word.swap(QUEUED, Ordering::Acquire);
        if word != QUEUED {
            policy.restore(word);
        }
        let waited = policy.waiters() as u32;
        let step = policy.step(ask);
        if policy.waiters() == 0 {
            // Release: to the compare-and-swap in `fast_path` and the swap above.
            self.word.store(policy.word(), Ordering::Release);
        }
        (step, waited)
    }

    /// Whether nobody holds it and nobody waits.
    pub(super) fn is_free(&self) -> bool {
        let policy = self.policy.lock();
        // Acquire: pairs with the give that left this word.
        match self.word.load(Ordering::Acquire) {
            QUEUED => policy.is_free(),
            word => word == 0,
        }
    }

    /// Forgets holder and waiters. Nobody may run.
    pub(super) fn reset(&self) {
        let mut policy = self.policy.lock();
        *policy = P::default();
        // Release: to whoever takes it first.
        self.word.store(0, Ordering::Release);
    }
}
