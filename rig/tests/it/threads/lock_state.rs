//! The state of a lock under every schedule, and every order of memory, that loom distinguishes. The test includes
//! the file of the locks itself, with loom's atomics and loom's mutex in place of ours.
//!
//! The data that the lock guards is accessed without an order of its own, so a missing order in the lock shows.
use loom::sync::atomic::AtomicU64;
use loom::sync::{Arc, Condvar};
use model::seam::ActorId;
use model::seam::event::Mode;
use policy::{Exclusive, Fair, LockOp, Policy};
use state::State;
use sync::Ordering;

#[path = "../../../model/src/locks/state.rs"]
mod state;

mod policy {
    pub(super) use model::locks::policy::*;
}

mod sync {
    use loom::sync::MutexGuard;
    pub(super) use loom::sync::atomic::{AtomicU32, Ordering};

    #[derive(Debug, Default)]
    pub(super) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(super) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().expect("no thread panics")
        }
    }
}

/// A lock, the data that it guards, and a token for each actor that may wait.
struct Lock<P> {
    state: State<P>,
    guarded: [AtomicU64; 2],
    tokens: Vec<(sync::Mutex<bool>, Condvar)>,
}

impl<P: Policy> Lock<P> {
    fn new(actors: usize) -> Arc<Self> {
        let tokens = (0..actors).map(|_| Default::default()).collect();
        Arc::new(Self { state: State::default(), guarded: [AtomicU64::new(0), AtomicU64::new(0)], tokens })
    }

    fn take(&self, ask: LockOp) {
        let (LockOp::Take { who, .. } | LockOp::TakeUnfair { who }) = ask else {
            unreachable!("only takes wait")
        };
        if !self.state.step(ask).0.granted {
            let (token, came) = &self.tokens[who.index()];
            let mut token = token.lock();
            while !*token {
                token = came.wait(token).expect("no thread panics");
            }
            *token = false;
        }
    }

    fn give(&self, mode: Mode) {
        for who in self.state.step(LockOp::Give { mode }).0.woken {
            let (token, came) = &self.tokens[who.index()];
            *token.lock() = true;
            came.notify_one();
        }
    }

    /// Adds one to both values, which only one actor at a time may do.
    fn write(&self) {
        for guarded in &self.guarded {
            guarded.store(guarded.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
    }

    /// Reads both values, which are equal as long as no actor writes.
    fn read(&self) {
        let [one, other] = self.guarded.each_ref().map(|guarded| guarded.load(Ordering::Relaxed));
        assert_eq!(one, other, "no actor writes while another reads");
    }

    fn use_it(&self, ask: LockOp) {
        self.take(ask);
        let mode = if let LockOp::Take { mode, .. } = ask { mode } else { Mode::Read };
        if mode == Mode::Read {
            self.read();
        } else {
            self.write();
        }
        self.give(mode);
    }
}

/// Runs the programs of all actors at once, each in its order. At the end all writes must be there.
fn explore<P: Policy + Send + 'static>(programs: &'static [&'static [LockOp]]) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let lock = Lock::<P>::new(programs.len());
        let others: Vec<_> = programs[1..]
            .iter()
            .map(|asks| {
                let lock = Arc::clone(&lock);
                loom::thread::spawn(move || asks.iter().for_each(|ask| lock.use_it(*ask)))
            })
            .collect();
        programs[0].iter().for_each(|ask| lock.use_it(*ask));
        others.into_iter().for_each(|other| other.join().expect("no panic"));
        assert!(lock.state.is_free());
        let writes = programs.iter().copied().flatten().filter(|ask| match ask {
            LockOp::Take { mode, .. } => *mode != Mode::Read,
            _ => false,
        });
        let expected = writes.count() as u64;
        assert_eq!(lock.guarded[0].load(Ordering::Relaxed), expected, "no write is lost");
        lock.state.reset();
        assert!(lock.state.is_free());
    });
}

const fn take(who: u32, mode: Mode) -> LockOp {
    LockOp::Take { who: ActorId(who), mode }
}

#[test]
fn one_at_a_time_and_no_waiter_is_forgotten() {
    const PROGRAMS: &[&[LockOp]] =
        &[&[take(0, Mode::Exclusive), take(0, Mode::Exclusive)], &[take(1, Mode::Exclusive)]];
    explore::<Exclusive>(PROGRAMS);
}

#[test]
fn three_at_once_are_served_one_by_one() {
    const PROGRAMS: &[&[LockOp]] =
        &[&[take(0, Mode::Exclusive)], &[take(1, Mode::Exclusive)], &[take(2, Mode::Exclusive)]];
    explore::<Exclusive>(PROGRAMS);
}

#[test]
fn readers_and_a_writer_keep_apart() {
    const PROGRAMS: &[&[LockOp]] = &[&[take(0, Mode::Write)], &[take(1, Mode::Read)], &[take(2, Mode::Read)]];
    explore::<Fair>(PROGRAMS);
}

#[test]
fn an_unfair_reader_and_two_writers_keep_apart() {
    const PROGRAMS: &[&[LockOp]] =
        &[&[take(0, Mode::Write)], &[LockOp::TakeUnfair { who: ActorId(1) }], &[take(2, Mode::Write)]];
    explore::<Fair>(PROGRAMS);
}
