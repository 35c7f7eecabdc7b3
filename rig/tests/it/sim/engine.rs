//! The simulator itself: CPUs, time slices, order among equals, spinning, many CPUs, abandonment.
use super::support::{Setup, actor, run};
use model::kernel::TaskId;
use model::seam::event::Who;
use model::seam::{Current as _, Event, Work};
use std::sync::{Arc, Mutex};

type Log = Arc<Mutex<Vec<(u32, u64)>>>;

/// Runs `count` actors that each work for `work_ns`, `rounds` times. Returns the order and the times of their ends.
fn workers(cpus: u32, count: u32, rounds: u32, work_ns: u64) -> (Vec<(u32, u64)>, u64) {
    let log: Log = Arc::default();
    let bodies = (0..count).map(|number| {
        let log = Arc::clone(&log);
        actor(Who::Mover(number), move |cur, _| {
            (0..rounds).for_each(|_| cur.work(Work::Delay, work_ns));
            log.lock().expect("one thread").push((number, cur.now()));
        })
    });
    let ran = run(&Setup { cpus, ..Setup::default() }, bodies.collect());
    let order = log.lock().expect("one thread").clone();
    (order, ran.now)
}

#[test]
fn as_many_as_there_are_cpus_run_at_once() {
    let (_, one) = workers(1, 4, 1, 1_000_000);
    let (_, four) = workers(4, 4, 1, 1_000_000);
    assert!(one > 4_000_000 && one < 4_100_000, "one CPU takes four times as long: {one}");
    assert!(four > 1_000_000 && four < 1_100_000, "four run at once: {four}");
}

#[test]
fn equals_run_in_the_order_in_which_they_came() {
    let (order, _) = workers(8, 8, 1, 1000);
    assert_eq!(order.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn a_time_slice_ends_for_the_benefit_of_those_who_wait() {
    let (order, _) = workers(1, 2, 100, 100_000);
    let (first, second) = (order[0].1, order[1].1);
    assert!(
        second - first < 4_000_000,
        "10 ms of work each, in slices of 3 ms, end within a slice: {order:?}"
    );
}

#[test]
fn a_thousand_cpus_run_a_thousand_threads() {
    let (order, now) = workers(1024, 1024, 3, 10_000);
    assert_eq!(order.len(), 1024);
    assert!(now < 100_000, "all at once: {now}");
}

#[test]
fn a_spinning_waiter_burns_its_cpu() {
    let spinner = |number: u32, hold_ns: u64| {
        actor(Who::Task(TaskId(number)), move |cur: &super::support::Cur, world| {
            let _list = world.tasklist_lock.lock(cur);
            cur.work(Work::Delay, hold_ns);
        })
    };
    let bystander = actor(Who::Mover(9), |cur, _| cur.work(Work::Delay, 1000));
    let ran = run(&Setup::default(), vec![spinner(0, 500_000), spinner(1, 1), bystander]);
    assert!(ran.now > 500_000, "the third actor waits for a CPU while one holds and one spins: {}", ran.now);
    assert_eq!(ran.policy.counts().context_switches, 3);
}

#[test]
fn sleeping_under_a_spinlock_is_reported() {
    #[derive(Default)]
    struct Ear(bool);
    impl model::seam::Observer for Ear {
        fn observe(&mut self, _: model::seam::Stamp, event: &Event) {
            self.0 |= matches!(event, Event::SleptInAtomic { .. });
        }
    }
    let world = super::support::world(&Setup::default());
    let time = engines::sim::time::Time::new(2, model::seam::Costs::default(), 1_000_000_000);
    let injector = faults::Injector::new(faults::FaultPlan::default(), 1);
    let mut sim = engines::sim::Sim::new(time, Ear::default(), injector);
    let holder = Arc::clone(&world);
    sim.spawn(move |cur| {
        let _held = holder.cgroup_mutex.lock(cur);
        cur.work(Work::Delay, 100_000);
    });
    sim.spawn(move |cur| {
        cur.sleep_until(10_000);
        let _spin = world.tasklist_lock.lock(cur);
        let _sleeps = world.cgroup_mutex.lock(cur);
    });
    assert!(sim.run().observer.0);
}
