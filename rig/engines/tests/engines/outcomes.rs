//! Outcomes of attaches and their times, in virtual time: what completes an earlier move is not a move, and only an attach
//! that has moved something waits for a grace period.
use super::example::{A, B, protocol, request, roomy, spec};
use engines::sim::Sim;
use engines::sim::time::Time;
use faults::{FaultPlan, Injector};
use model::kernel::Controller;
use model::protocols::attach;
use model::seam::event::{NoopObserver, Outcome};
use model::seam::{Costs, Current, End};
use model::world::{Grace, World, WorldSpec};
use std::sync::{Arc, Mutex};

const NAMES: [&str; 5] = [
    "three-phase:threadgroup=process",
    "transactional",
    "prepare-undo",
    "prepare-undo:hold=none",
    "prepare-undo:hold=locks",
];

/// Attaches the process to `b` that many times, and returns the outcome of each with its time in ns.
fn attaches(name: &str, spec: WorldSpec, times: usize) -> Vec<(Outcome, u64)> {
    let protocol = protocol(name);
    let world = World::new(protocol.fit(spec)).expect("the example is valid");
    let ended = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&ended);
    let time = Time::new(2, Costs::default(), 10_000_000_000);
    let mut sim = Sim::new(time, NoopObserver, Injector::new(FaultPlan::default(), 0));
    sim.spawn(move |cur| {
        for _ in 0..times {
            let began_ns = cur.now();
            let outcome = attach(protocol, cur, &world, &request(B));
            theirs.lock().expect("one thread").push((outcome, cur.now() - began_ns));
        }
    });
    assert_eq!(sim.run().end, End::Done, "{name}");
    ended.lock().expect("one thread").clone()
}

/// Returns the example with the threads of the process in those cgroups.
fn threads(cgroups: &[model::kernel::CgroupId]) -> WorldSpec {
    let mut spec = roomy(&[Controller::Memrlimit, Controller::Numtasks]);
    spec.processes[0].cgroups = cgroups.to_vec();
    spec
}

#[test]
fn a_move_of_the_rest_of_a_process_is_completed() {
    for name in NAMES {
        let outcomes =
            |cgroups: &[_]| attaches(name, threads(cgroups), 2).into_iter().map(|(outcome, _)| outcome);
        assert_eq!(outcomes(&[A, A]).collect::<Vec<_>>(), [Outcome::Moved, Outcome::Noop], "{name}");
        for torn in [[A, B], [B, A]] {
            assert_eq!(outcomes(&torn).collect::<Vec<_>>(), [Outcome::Completed, Outcome::Noop], "{name}");
        }
    }
}

#[test]
fn only_an_attach_that_has_moved_waits_for_a_grace_period() {
    const GRACE_NS: u64 = 20_000_000;
    for (name, grace) in NAMES.into_iter().flat_map(|name| [(name, Grace::Inside), (name, Grace::After)]) {
        let waiting = |mut spec: WorldSpec| {
            (spec.options.grace, spec.options.grace_ns) = (grace, GRACE_NS);
            spec
        };
        let moved = attaches(name, waiting(threads(&[A, A])), 2);
        // three-phase waits once for each of the two threads.
        let periods = if name == "three-phase:threadgroup=process" { 2 } else { 1 };
        assert_eq!((moved[0].0, moved[0].1 / GRACE_NS), (Outcome::Moved, periods), "{name} {grace:?}");
        assert_eq!((moved[1].0, moved[1].1 / GRACE_NS), (Outcome::Noop, 0), "{name} {grace:?}");
        let mut full = waiting(spec());
        full.cgroups[B.index()].limits = vec![(Controller::Memrlimit, 9)];
        let refused = attaches(name, full, 1)[0];
        assert!(matches!(refused.0, Outcome::Refused { .. }), "{name} {grace:?}: {refused:?}");
        assert!(refused.1 < GRACE_NS, "{name} {grace:?}: {refused:?}");
    }
}

#[test]
fn three_phase_costs_a_system_call_for_each_thread_and_each_list() {
    let syscall_ns = Costs::default().work_ns(model::seam::Work::Syscall);
    let ns = |name: &str, cgroups: &[_]| attaches(name, threads(cgroups), 2)[1].1;
    // Noops: one call to attach, against one for each thread and two for the list.
    let [one, two] =
        [ns("three-phase:threadgroup=process", &[B]), ns("three-phase:threadgroup=process", &[B, B])];
    assert!(two - one >= syscall_ns, "another thread, another call: {one} ns and {two} ns");
    let once = ns("three-phase:loop=once", &[B, B]);
    assert!(two - once >= syscall_ns, "the second list: {once} ns and {two} ns");
    assert!(once - ns("transactional", &[B, B]) >= 2 * syscall_ns, "a list and two calls, against one");
}
