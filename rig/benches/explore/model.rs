//! A small lock model, written once for both explorers: ours, and shuttle.
#![allow(dead_code, reason = "the bench and the cross-check each use a part")]

/// A mutex with a number, and a word.
pub(crate) trait Machine {
    /// Works on the number under the mutex: two operations, lock and unlock.
    fn locked(&self, body: impl FnOnce(&mut u64));
    /// Adds to the word: one operation.
    fn add(&self, value: u64);
    /// Reads the word: one operation.
    fn load(&self) -> u64;
    /// Writes the word: one operation.
    fn store(&self, value: u64);
}

/// Operations of a round of [`work`].
pub(crate) const OPERATIONS: u64 = 3;

/// Adds to the number under the mutex, and to the word without it.
pub(crate) fn work(machine: &impl Machine, rounds: u64) {
    for _ in 0..rounds {
        machine.locked(|number| *number += 1);
        machine.add(1);
    }
}

/// The planted bug: a read and then a write, between which another task may write.
pub(crate) fn lose_an_update(machine: &impl Machine) {
    let seen = machine.load();
    machine.store(seen + 1);
}

/// The model on our engine.
pub(crate) mod ours {
    use super::Machine;
    use engines::sim::Sim;
    use engines::sim::current::SimCurrent;
    use engines::sim::steps::{Bounds, Steps, Strategy};
    use faults::{FaultPlan, Injector};
    use model::checks::Judge;
    use model::locks::Mutex;
    use model::seam::{Class, Observer, SharedCell};
    use std::sync::Arc;

    /// The state that all actors share.
    pub(crate) struct Shared {
        mutex: Mutex<u64>,
        word: SharedCell,
    }

    impl Shared {
        pub(crate) fn new() -> Arc<Self> {
            Arc::new(Self {
                mutex: Mutex::new(Class::CallbackMutex, 0, 0),
                word: SharedCell::new(Class::Adopted, 0, 0),
            })
        }

        /// Goes back to the start.
        pub(crate) fn reset(&self) {
            self.mutex.reset();
            self.mutex.quiet(|number| *number = 0);
            self.word.init(0);
        }

        /// Returns the word at the end.
        pub(crate) fn word(&self) -> u64 {
            self.word.peek()
        }
    }

    /// An actor of the model.
    pub(crate) struct At<'a, O> {
        pub(crate) cur: &'a SimCurrent<Steps, O>,
        pub(crate) shared: &'a Shared,
    }

    impl<O: Observer + 'static> Machine for At<'_, O> {
        fn locked(&self, body: impl FnOnce(&mut u64)) {
            body(&mut self.shared.mutex.lock(self.cur));
        }
        fn add(&self, value: u64) {
            self.shared.word.add(self.cur, value);
        }
        fn load(&self) -> u64 {
            self.shared.word.load(self.cur)
        }
        fn store(&self, value: u64) {
            self.shared.word.store(self.cur, value);
        }
    }

    /// Runs every schedule of `strategy`, with `actors` actors that run `body`. Calls `ended` after each schedule.
    pub(crate) fn each<O: Observer + 'static>(
        strategy: Box<dyn Strategy>,
        (observer, restart): (O, impl Fn(&mut O)),
        (shared, actors): (&Arc<Shared>, u64),
        body: fn(&At<'_, O>),
        mut ended: impl FnMut(),
    ) {
        let injector = Injector::new(FaultPlan::default(), 0);
        let mut sim = Sim::new(Steps::new(strategy, Bounds::default()), observer, injector);
        loop {
            shared.reset();
            for _ in 0..actors {
                let shared = Arc::clone(shared);
                sim.spawn(move |cur| body(&At { cur, shared: &shared }));
            }
            sim.run_once();
            ended();
            if !sim.policy().advance() {
                return;
            }
            restart(&mut sim.observer());
        }
    }

    /// Returns a judge with every check, on a world unrelated to the model.
    pub(crate) fn judge() -> Box<Judge> {
        let name = "charge-between-switch-and-attach";
        let text = explore::built_in::find(name).expect("built in");
        let litmus = explore::Litmus::parse(name, text).expect("reads");
        let world = model::world::World::new(litmus.spec).expect("a world");
        Box::new(Judge::at_the_end(world, model::checks::CheckSet::ALL))
    }
}

/// The model under shuttle.
pub(crate) mod theirs {
    use super::Machine;
    use shuttle::sync::Mutex;
    use shuttle::sync::atomic::{AtomicU64, Ordering};

    /// The state that all tasks share.
    #[derive(Default)]
    pub(crate) struct Shared {
        mutex: Mutex<u64>,
        word: AtomicU64,
    }

    impl Machine for Shared {
        fn locked(&self, body: impl FnOnce(&mut u64)) {
            body(&mut self.mutex.lock().expect("no task panics"));
        }
        fn add(&self, value: u64) {
            self.word.fetch_add(value, Ordering::SeqCst);
        }
        fn load(&self) -> u64 {
            self.word.load(Ordering::SeqCst)
        }
        fn store(&self, value: u64) {
            self.word.store(value, Ordering::SeqCst);
        }
    }
}
