//! An engine: one OS thread per actor, plain waiting, no statistics but a count of waits.
//!
//! An access is nothing, an event is nobody's business, nothing fails. Whoever waits sleeps on a condition variable
//! until its token comes; for longer than [`PATIENCE`] nobody waits in these tests, so that a deadlock is a failure that
//! names what was waited for.
use faults::{Fault, Site};
use rig::engine::{Access, ActorId, Current, Event, Object, Wait, Work};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);
/// After about one piece of work in so many an actor lets others run, whatever it holds: so they meet on one CPU too.
const YIELD_ONE_IN: u32 = 4;

/// A token that somebody has left for an actor.
#[derive(Default)]
struct Token {
    left: Mutex<bool>,
    came: Condvar,
}

/// What the actors of a run share.
struct Shared {
    began: Instant,
    waits: AtomicU64,
    tokens: Mutex<Vec<Arc<Token>>>,
    handles: Mutex<Vec<JoinHandle<()>>>,
}

/// The actor that an OS thread is.
pub(crate) struct ThreadCurrent {
    shared: Arc<Shared>,
    id: ActorId,
    token: Arc<Token>,
    works: Cell<u32>,
    /// Spinlocks held.
    depth: Cell<u32>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `body`, and whatever it spawns, until all have ended; returns how often one waited for another.
///
/// # Panics
/// When one of them panicked.
pub(crate) fn run(body: impl FnOnce(&ThreadCurrent) + Send + 'static) -> u64 {
    let (waits, tokens, handles) = (AtomicU64::new(0), Mutex::default(), Mutex::default());
    let shared = Arc::new(Shared { began: Instant::now(), waits, tokens, handles });
    Shared::spawn(&shared, body);
    loop {
        let Some(handle) = locked(&shared.handles).pop() else { break };
        handle.join().expect("an actor panicked; see above");
    }
    shared.waits.load(Ordering::SeqCst)
}

impl Shared {
    fn spawn(shared: &Arc<Self>, body: impl FnOnce(&ThreadCurrent) + Send + 'static) -> ActorId {
        let token = Arc::<Token>::default();
        let id = {
            let mut tokens = locked(&shared.tokens);
            tokens.push(Arc::clone(&token));
            ActorId(tokens.len() as u32 - 1)
        };
        let theirs = Arc::clone(shared);
        let actor = move || {
            body(&ThreadCurrent {
                shared: theirs,
                id,
                token,
                works: Cell::default(),
                depth: Cell::default(),
            });
        };
        let handle = std::thread::Builder::new().name(id.to_string()).spawn(actor).expect("a thread");
        locked(&shared.handles).push(handle);
        id
    }
}

impl Current for ThreadCurrent {
    fn now(&self) -> u64 {
        self.shared.began.elapsed().as_nanos() as u64
    }

    fn actor(&self) -> ActorId {
        self.id
    }

    fn work(&self, _: Work, _: u64) {
        // Weyl's sequence: irregular enough not to fall into step with what the actor does.
        self.works.set(self.works.get().wrapping_add(0x9e37_79b9));
        if self.works.get() < u32::MAX / YIELD_ONE_IN {
            std::thread::yield_now();
        }
    }

    fn access(&self, _: Object, _: Access) {}

    fn fault(&self, _: Site) -> Option<Fault> {
        None
    }

    fn emit(&self, _: Event) {}

    fn wait(&self, on: Object, how: Wait) {
        assert!(
            how == Wait::Spin || self.depth.get() == 0,
            "{} sleeps on {on} with a spinlock held",
            self.id
        );
        self.shared.waits.fetch_add(1, Ordering::SeqCst);
        let left = locked(&self.token.left);
        let waited = self.token.came.wait_timeout_while(left, PATIENCE, |left| !*left);
        let (mut left, _) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(std::mem::take(&mut *left), "{} has waited too long for {on}: a deadlock", self.id);
    }

    fn wake(&self, actor: ActorId) {
        let token = Arc::clone(&locked(&self.shared.tokens)[actor.index()]);
        *locked(&token.left) = true;
        token.came.notify_one();
    }

    fn sleep_until(&self, at_ns: u64) {
        std::thread::sleep(Duration::from_nanos(at_ns.saturating_sub(self.now())));
    }

    fn spawn<F: FnOnce(&Self) + Send + 'static>(&self, body: F) -> ActorId {
        Shared::spawn(&self.shared, body)
    }

    fn preempt_disable(&self) {
        self.depth.set(self.depth.get() + 1);
    }

    fn preempt_enable(&self) {
        self.depth.set(self.depth.get() - 1);
    }

    fn abandoned(&self) -> bool {
        false
    }
}
