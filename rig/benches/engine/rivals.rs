//! Rivals of our engine: the same actors on a bare heap with corosensei, and on nexosim.
use super::STEPS;
use corosensei::{Coroutine, CoroutineResult};
use nexosim::model::{Context, Model, schedulable};
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

/// Returns the time that an actor waits, in virtual ns. The times differ, so that the order keeps changing.
pub(crate) fn delay_ns(actor: u64, step: u64) -> u64 {
    100 + (actor * 7 + step * 13) % 97
}

/// Runs the least that does it: times in a heap, FIFO among equals, and coroutines.
pub(crate) fn bare(actors: u64, rounds: u64) -> Duration {
    let mut heap = BinaryHeap::new();
    let mut coroutines: Vec<_> = (0..actors)
        .map(|actor| {
            Coroutine::<(), u64, ()>::new(move |yielder, ()| {
                for step in 0..rounds * STEPS {
                    yielder.suspend(delay_ns(actor, step));
                }
            })
        })
        .collect();
    (0..actors).for_each(|actor| heap.push(Reverse((0, actor, actor as usize))));
    let (mut sequence, mut dispatches) = (actors, 0);
    let began = Instant::now();
    while let Some(Reverse((now, _, who))) = heap.pop() {
        if let CoroutineResult::Yield(delay_ns) = coroutines[who].resume(()) {
            sequence += 1;
            dispatches += 1;
            heap.push(Reverse((now + delay_ns, sequence, who)));
        }
    }
    assert_eq!(dispatches, actors * rounds * STEPS);
    began.elapsed()
}

/// A model that schedules itself.
#[derive(Serialize, Deserialize)]
struct Waiter {
    actor: u64,
    step: u64,
    steps: u64,
}

#[Model]
impl Waiter {
    #[nexosim(init)]
    async fn init(&mut self, context: &Context<Self>, _: &mut ()) {
        self.wait(context);
    }

    #[nexosim(schedulable)]
    async fn wake(&mut self, _: (), context: &Context<Self>) {
        self.wait(context);
    }

    fn wait(&mut self, context: &Context<Self>) {
        if self.step < self.steps {
            let delay = Duration::from_nanos(delay_ns(self.actor, self.step));
            self.step += 1;
            context.schedule_event(delay, schedulable!(Self::wake), ()).expect("a time in the future");
        }
    }
}

/// Runs nexosim on one thread; building the models is not measured.
pub(crate) fn nexosim(actors: u64, rounds: u64) -> Duration {
    let mut init = SimInit::with_num_threads(1);
    for actor in 0..actors {
        let waiter = Waiter { actor, step: 0, steps: rounds * STEPS };
        init = init.add_model(waiter, Mailbox::new(), "waiter");
    }
    let mut simulation = init.init(MonotonicTime::EPOCH).expect("it starts");
    let began = Instant::now();
    simulation.run().expect("it runs to the end");
    began.elapsed()
}
