//! Attaches of every scope, under every protocol, with every controller; admins; events thrown into the middle.
use super::support::{A, B, LEADER, P, Ran, Setup, X, leader, mover, process_to, run, three_phase};
use faults::{Errno, Site};
use model::kernel::{CgroupId, Controller, CpuMask, HierarchyId, TaskId, Threadgroup};
use model::paths::attach::Request;
use model::paths::{admin, fork, mm};
use model::protocols::{Protocol, attach};
use model::seam::event::{Outcome, Target};
use model::world::{Scope, WorldOptions};
use std::sync::{Arc, Mutex};

const ALL: fn() -> Vec<Controller> = || Controller::ALL.to_vec();

fn request(target: Target, dest: CgroupId) -> Request {
    Request { target, dest, due_ns: None }
}

fn sound(ran: &Ran, what: &str) {
    let first = |name: &str| ran.check(name).first.clone();
    assert_eq!(
        ran.violated(),
        [""; 0],
        "{what}: {:?}",
        ran.violated().into_iter().map(first).collect::<Vec<_>>()
    );
    assert!(ran.watch.judge.world.locks_free(), "{what}");
}

/// Runs one attach without other actors, and returns its outcome.
fn alone(setup: &Setup, protocol: Protocol, request: Request) -> (Ran, Outcome) {
    let outcome = Arc::new(Mutex::new(None));
    let stored = Arc::clone(&outcome);
    let ran = run(
        setup,
        vec![mover(move |cur, world| {
            *stored.lock().expect("one thread") = Some(attach(protocol, cur, world, &request));
        })],
    );
    let outcome = outcome.lock().expect("one thread").expect("it ended");
    (ran, outcome)
}

/// Returns every protocol that fits an ordinary world, except those that demonstrate a fault: they read `mmap_sem` twice,
/// or keep spinlocks.
pub(crate) fn sound_protocols() -> impl Iterator<Item = Protocol> {
    Protocol::every().into_iter().filter(|protocol| {
        let name = protocol.to_string();
        let faulty = name.contains("mmap-sem=plain") || name.contains("spin=keep");
        !faulty && protocol.threadgroup() == Threadgroup::default()
    })
}

fn busy() -> Setup {
    Setup { controllers: ALL(), threads: vec![A, B, A], rss: 6, processes: 3, ..Setup::default() }
}

#[test]
fn all_tasks_go_to_one_destination() {
    for protocol in sound_protocols() {
        let (ran, outcome) = alone(&busy(), protocol, request(Target::All, B));
        assert_eq!(outcome, Outcome::Moved, "{protocol}");
        if protocol != three_phase() {
            sound(&ran, &protocol.to_string());
        }
        assert_eq!(ran.usage(Controller::Numtasks), [0, 9], "{protocol}");
        assert_eq!(ran.usage(Controller::Memrlimit), [0, 30], "{protocol}");
        assert_eq!(ran.usage(Controller::Memory), [0, 18], "{protocol}");
    }
}

#[test]
fn a_controller_that_joins_charges_all_tasks_where_they_are() {
    for protocol in sound_protocols() {
        for controller in Controller::ALL {
            let setup = Setup { late: vec![controller], ..busy() };
            let what = format!("{protocol} {controller}");
            let (ran, outcome) = alone(&setup, protocol, request(Target::Adopt(controller), A));
            assert_eq!(outcome, Outcome::Moved, "{what}");
            sound(&ran, &what);
            assert_eq!(ran.usage(Controller::Numtasks), [6, 3], "{what}");
            assert_eq!(ran.usage(Controller::Memrlimit), [30, 0], "{what}");
            assert_eq!(ran.usage(Controller::Memory), [18, 0], "{what}");
        }
    }
}

#[test]
fn a_controller_joins_once() {
    for protocol in sound_protocols() {
        let ran = run(
            &Setup { late: vec![Controller::Numtasks], ..busy() },
            vec![mover(move |cur, world| {
                let adopt = request(Target::Adopt(Controller::Numtasks), A);
                assert_eq!(attach(protocol, cur, world, &adopt), Outcome::Moved, "{protocol}");
                assert_eq!(attach(protocol, cur, world, &adopt), Outcome::Noop, "{protocol}");
            })],
        );
        sound(&ran, &protocol.to_string());
        assert_eq!(ran.usage(Controller::Numtasks), [6, 3], "{protocol}");
    }
}

#[test]
fn what_happens_before_a_controller_joins_is_charged_when_it_does() {
    for name in ["transactional", "prepare-undo:hold=locks"] {
        let protocol = Protocol::parse(name).expect("known");
        let late = vec![Controller::Memrlimit, Controller::Memory, Controller::Numtasks];
        let setup = Setup { late: late.clone(), rss: 0, processes: 1, threads: vec![A], ..busy() };
        let ran = run(
            &setup,
            vec![leader(move |cur, world| {
                mm::mmap(cur, world, LEADER, 5).expect("no controller counts");
                mm::touch(cur, world, LEADER, 8).expect("no controller counts");
                fork::fork_thread(cur, world, LEADER).expect("no controller counts");
                for controller in late {
                    let adopt = request(Target::Adopt(controller), A);
                    assert_eq!(attach(protocol, cur, world, &adopt), Outcome::Moved);
                }
                mm::munmap(cur, world, LEADER, 2).expect("takes what is there");
            })],
        );
        sound(&ran, name);
        assert_eq!(ran.usage(Controller::Memrlimit), [13, 0]);
        assert_eq!(ran.usage(Controller::Memory), [8, 0]);
        assert_eq!(ran.usage(Controller::Numtasks), [2, 0]);
    }
}

#[test]
fn a_frozen_cgroup_admits_and_releases_no_task() {
    for protocol in sound_protocols() {
        for frozen in [A, B] {
            let ran = run(
                &Setup { controllers: ALL(), ..Setup::default() },
                vec![mover(move |cur, world| {
                    admin::freeze(cur, world, frozen, true).expect("always");
                    let outcome = attach(protocol, cur, world, &process_to(B));
                    assert!(
                        matches!(outcome, Outcome::Refused { errno: Errno::EBUSY, .. }),
                        "{protocol} {outcome:?}"
                    );
                    admin::freeze(cur, world, frozen, false).expect("always");
                    assert_eq!(attach(protocol, cur, world, &process_to(B)), Outcome::Moved, "{protocol}");
                })],
            );
            sound(&ran, &protocol.to_string());
        }
    }
}

#[test]
fn a_controller_that_cannot_take_part_says_so_and_the_rest_roll_back() {
    let scopes = [
        (Scope::Thread, Target::Thread(TaskId(0))),
        (Scope::Process, Target::Process(P)),
        (Scope::All, Target::All),
    ];
    for protocol in sound_protocols().filter(|p| !p.to_string().starts_with("three-phase")) {
        for (scope, target) in scopes {
            let options =
                WorldOptions { unsupported: vec![(Controller::Freezer, scope)], ..WorldOptions::default() };
            let (ran, outcome) = alone(&Setup { options, ..busy() }, protocol, request(target, B));
            assert!(matches!(outcome, Outcome::Refused { errno: Errno::EOPNOTSUPP, .. }), "{protocol}");
            sound(&ran, &protocol.to_string());
            assert_eq!(ran.usage(Controller::Numtasks), [6, 3], "{protocol} leaves every task where it is");
        }
    }
}

#[test]
fn numtasks_refuses_what_does_not_fit_and_leaves_no_trace() {
    for name in ["transactional", "prepare-undo", "prepare-undo:hold=locks"] {
        let protocol = Protocol::parse(name).expect("known");
        let ran = run(
            &busy(),
            vec![mover(move |cur, world| {
                let b = (Controller::Numtasks, B);
                assert_eq!(admin::set_limit(cur, world, b, 2, false), Err(Errno::EBUSY));
                admin::set_limit(cur, world, b, 4, false).expect("one above the usage");
                let outcome = attach(protocol, cur, world, &process_to(B));
                let Outcome::Refused { site, errno } = outcome else { panic!("{name} {outcome:?}") };
                assert_eq!((site.owner(), errno), ("numtasks", Errno::EAGAIN), "{name}");
            })],
        );
        sound(&ran, name);
        assert_eq!(ran.usage(Controller::Numtasks), [6, 3]);
    }
}

#[test]
fn a_removed_destination_is_no_device_and_a_used_one_is_busy() {
    for protocol in sound_protocols() {
        let ran = run(
            &Setup { controllers: ALL(), ..Setup::default() },
            vec![mover(move |cur, world| {
                assert_eq!(admin::rmdir(cur, world, A), Err(Errno::EBUSY));
                admin::rmdir(cur, world, B).expect("empty");
                let outcome = attach(protocol, cur, world, &process_to(B));
                assert_eq!(outcome, Outcome::Refused { site: Site::CoreFind, errno: Errno::ENODEV });
                admin::mkdir(cur, world, B).expect("removed");
                assert_eq!(attach(protocol, cur, world, &process_to(B)), Outcome::Moved, "{protocol}");
            })],
        );
        sound(&ran, &protocol.to_string());
    }
}

#[test]
fn hotplug_that_empties_a_cpuset_leaves_it_to_be_emptied_of_tasks() {
    let ran = run(
        &Setup { controllers: ALL(), ..Setup::default() },
        vec![mover(|cur, world| {
            admin::set_cpus(cur, world, A, CpuMask::from_list(&[1])).expect("a CPU that is there");
            assert_eq!(admin::set_cpus(cur, world, A, CpuMask::default()), Err(Errno::ENOSPC));
            admin::offline_cpu(cur, world, 1).expect("there is another");
            assert_eq!(admin::offline_cpu(cur, world, 0), Err(Errno::EBUSY), "the last");
            let root = world.root(HierarchyId(0));
            assert_eq!(admin::take_emptied(cur, world), [(A, root)]);
            let transactional = Protocol::parse("transactional").expect("known");
            assert_eq!(attach(transactional, cur, world, &process_to(root)), Outcome::Moved);
            admin::online_cpu(cur, world, 1).expect("away");
            let full = Outcome::Refused {
                site: faults::Site::of("cpuset", faults::SiteCallback::PrepareSleep).expect("known"),
                errno: Errno::ENOSPC,
            };
            assert_eq!(attach(transactional, cur, world, &process_to(A)), full, "it lost the CPU for good");
            admin::set_cpus(cur, world, A, CpuMask::from_list(&[1])).expect("it is there");
            assert_eq!(attach(transactional, cur, world, &process_to(A)), Outcome::Moved);
        })],
    );
    sound(&ran, "hotplug");
}

#[test]
fn events_thrown_into_the_middle_happen_and_break_nothing() {
    let sites =
        ["memrlimit.prepare_sleep", "numtasks.prepare_nosleep", "core.css_set_alloc", "core.switched"];
    for (site, event) in sites.iter().flat_map(|site| faults::Thrown::ALL.map(|event| (site, event))) {
        let rule: &'static str = format!("{site}: nth=1 {event}").leak();
        let setup = Setup { faults: rule, threads: vec![A, A], processes: 1, ..busy() };
        let protocol = Protocol::parse("transactional").expect("known");
        let (ran, outcome) = alone(&setup, protocol, process_to(B));
        assert_eq!(outcome, Outcome::Moved, "{rule}");
        sound(&ran, rule);
        let tasks = if event == faults::Thrown::Exit { 1 } else { 2 };
        assert_eq!(ran.usage(Controller::Numtasks), [0, tasks], "{rule}");
    }
}

#[test]
fn a_child_charges_its_parent_and_the_level_that_is_full_counts_the_failure() {
    let ran = run(
        &Setup { nested: true, threads: vec![X], ..Setup::default() },
        vec![leader(|cur, world| {
            let books = |at: CgroupId| {
                let counter = world.counter(Controller::Memrlimit, at).lock(cur);
                (counter.usage, counter.max_usage, counter.failcnt)
            };
            assert_eq!(
                (books(A), books(X)),
                ((10, 10, 0), (10, 10, 0)),
                "the start is charged up to the root"
            );
            admin::set_limit(cur, world, (Controller::Memrlimit, A), 12, false).expect("above");
            assert_eq!(mm::mmap(cur, world, LEADER, 3), Err(Errno::ENOMEM));
            assert_eq!(books(A), (10, 10, 1), "the parent is full, and counts it");
            assert_eq!(books(X), (10, 13, 0), "the child was charged for a moment, which max_usage keeps");
            let transactional = Protocol::parse("transactional").expect("known");
            assert_eq!(attach(transactional, cur, world, &process_to(B)), Outcome::Moved);
            assert_eq!((books(A).0, books(X).0, books(B).0), (0, 0, 10));
        })],
    );
    sound(&ran, "nested");
}

#[test]
fn charges_go_up_to_the_root_and_the_full_level_counts_the_failure() {
    let ran = run(
        &Setup { controllers: ALL(), ..Setup::default() },
        vec![leader(|cur, world| {
            admin::set_limit(cur, world, (Controller::Memrlimit, A), 12, false).expect("above");
            assert_eq!(mm::mmap(cur, world, LEADER, 3), Err(Errno::ENOMEM));
            admin::set_limit(cur, world, (Controller::Memrlimit, A), 5, true).expect("forced");
            assert_eq!(mm::munmap(cur, world, LEADER, 1), Ok(()));
        })],
    );
    sound(&ran, "limits");
    assert_eq!(
        ran.watch.judge.world.counter(Controller::Memrlimit, A).quiet(|c| (c.usage, c.limit, c.failcnt)),
        (9, 5, 1)
    );
}
