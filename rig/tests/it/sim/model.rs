//! The effect of single operations on counters, places and masks.
use super::scopes::sound_protocols;
use super::support::{A, B, LEADER, Ran, Setup, leader, mover, process_to, run, three_phase};
use faults::Errno;
use model::kernel::{Controller, TaskId};
use model::paths::attach::Request;
use model::paths::{exec, exit, fork, mm};
use model::protocols::attach;
use model::seam::event::{Outcome, Target};
use model::world::{OwnerChange, WorldOptions};

fn all() -> Vec<Controller> {
    Controller::ALL.to_vec()
}

fn sound(ran: &Ran) {
    assert_eq!(ran.violated(), [""; 0]);
    assert!(ran.watch.judge.world.locks_free());
}

#[test]
fn mapping_charges_and_a_refusal_changes_nothing() {
    let setup = Setup { threads: vec![B], limit_b: Some(12), ..Setup::default() };
    let ran = run(
        &setup,
        vec![leader(|cur, world| {
            assert_eq!(mm::mmap(cur, world, LEADER, 3), Err(Errno::ENOMEM));
            assert_eq!(mm::mmap(cur, world, LEADER, 2), Ok(()));
            assert_eq!(mm::munmap(cur, world, LEADER, 5), Ok(()));
        })],
    );
    sound(&ran);
    assert_eq!(ran.usage(Controller::Memrlimit), [0, 7]);
    assert_eq!(
        ran.watch.judge.world.counter(Controller::Memrlimit, B).quiet(|c| (c.failcnt, c.max_usage)),
        (1, 12)
    );
}

#[test]
fn touch_takes_what_is_mapped_and_munmap_gives_touched_pages_back() {
    let setup = Setup { controllers: all(), ..Setup::default() };
    let ran = run(
        &setup,
        vec![leader(|cur, world| {
            mm::touch(cur, world, LEADER, 100).expect("as many as are mapped");
            mm::munmap(cur, world, LEADER, 4).expect("takes what is there");
            mm::release(cur, world, LEADER, 1).expect("takes what is there");
        })],
    );
    sound(&ran);
    assert_eq!(ran.usage(Controller::Memrlimit), [6, 0]);
    assert_eq!(ran.usage(Controller::Memory), [5, 0]);
}

#[test]
fn every_protocol_moves_a_quiet_process_whole() {
    for protocol in sound_protocols() {
        let setup = Setup { controllers: all(), threads: vec![A, A, A], rss: 6, ..Setup::default() };
        let ran = run(
            &setup,
            vec![mover(move |cur, world| {
                assert_eq!(attach(protocol, cur, world, &process_to(B)), Outcome::Moved, "{protocol}");
                assert_eq!(attach(protocol, cur, world, &process_to(B)), Outcome::Noop, "{protocol}");
            })],
        );
        sound(&ran);
        assert_eq!(ran.usage(Controller::Memrlimit), [0, 10], "{protocol}");
        assert_eq!(ran.usage(Controller::Memory), [0, 6], "{protocol}");
    }
}

#[test]
fn a_single_thread_takes_the_charges_along_only_if_it_owns_the_mm() {
    for protocol in sound_protocols() {
        let thread_to_b = |task| Request { target: Target::Thread(TaskId(task)), dest: B, due_ns: None };
        let setup = || Setup { threads: vec![A, A], ..Setup::default() };
        let other = run(
            &setup(),
            vec![mover(move |cur, world| {
                attach(protocol, cur, world, &thread_to_b(1));
            })],
        );
        sound(&other);
        assert_eq!(other.usage(Controller::Memrlimit), [10, 0], "{protocol}");
        let owner = run(
            &setup(),
            vec![mover(move |cur, world| {
                attach(protocol, cur, world, &thread_to_b(0));
            })],
        );
        sound(&owner);
        assert_eq!(owner.usage(Controller::Memrlimit), [0, 10], "{protocol}");
    }
}

#[test]
fn every_refusal_leaves_no_trace_where_preparing_reserves() {
    for protocol in sound_protocols().filter(|protocol| *protocol != three_phase()) {
        for site in protocol.sites::<super::support::Cur>(&all()) {
            let rule: &'static str = Box::leak(format!("{}: nth=1", site.name()).into_boxed_str());
            let setup =
                Setup { controllers: all(), threads: vec![A, A], rss: 6, faults: rule, ..Setup::default() };
            let ran = run(
                &setup,
                vec![mover(move |cur, world| {
                    let refused = attach(protocol, cur, world, &process_to(B));
                    assert!(matches!(refused, Outcome::Refused { .. }), "{protocol} {rule} {refused:?}");
                })],
            );
            sound(&ran);
            assert_eq!(ran.usage(Controller::Memrlimit), [10, 0], "{protocol} {rule}");
            assert_eq!(ran.usage(Controller::Memory), [6, 0], "{protocol} {rule}");
        }
    }
}

#[test]
fn a_forked_process_is_charged_where_it_starts_and_its_exit_uncharges() {
    let ran = run(
        &Setup::default(),
        vec![leader(|cur, world| {
            let child = fork::fork_process(cur, world, LEADER).expect("unlimited");
            mm::mmap(cur, world, child, 7).expect("unlimited");
            assert_eq!(world.counter(Controller::Memrlimit, A).lock(cur).usage, 27);
            exit::exit(cur, world, child).expect("always");
        })],
    );
    sound(&ran);
    assert_eq!(ran.usage(Controller::Memrlimit), [10, 0]);
}

#[test]
fn charges_follow_the_new_owner_and_the_limit_does_not_stop_them() {
    let setup = || Setup { threads: vec![A, B], limit_b: Some(5), ..Setup::default() };
    let leader_exits = || vec![leader(|cur, world| exit::exit(cur, world, LEADER).expect("always"))];
    let forced = run(&setup(), leader_exits());
    assert_eq!(forced.usage(Controller::Memrlimit), [0, 10]);
    assert_eq!(forced.violated(), ["over-limit"]);
    let silent = WorldOptions { owner_change: OwnerChange::Silent, ..WorldOptions::default() };
    let as_in_2008 = run(&Setup { options: silent, ..setup() }, leader_exits());
    assert_eq!(as_in_2008.usage(Controller::Memrlimit), [10, 0]);
    assert_eq!(as_in_2008.violated(), ["drift"], "its owner is in b, its charge in a");
}

#[test]
fn exec_ends_the_other_threads_and_empties_the_address_space() {
    let setup = Setup { controllers: all(), threads: vec![A, A, A], rss: 6, ..Setup::default() };
    let ran = run(
        &setup,
        vec![leader(|cur, world| exec::exec(cur, world, LEADER).expect("no other thread execs"))],
    );
    sound(&ran);
    assert_eq!(ran.usage(Controller::Memrlimit), [0, 0]);
    let last = ran.last.expect("quiet");
    assert_eq!(last.tasks.len(), 1);
    assert_eq!(last.mms[0].total_vm, 0);
    assert_eq!(last.mms.len(), 1, "the old address space is gone");
    assert_eq!(last.mms[0].records.total(), 0);
}

#[test]
fn an_empty_cpuset_refuses_under_every_protocol() {
    for protocol in sound_protocols() {
        let ran = run(
            &Setup { controllers: all(), ..Setup::default() },
            vec![mover(move |cur, world| {
                {
                    let mut cpusets = world.callback_mutex.lock(cur);
                    let none = cpusets.intern(&model::kernel::CpuMask::default());
                    cpusets.of_cgroup[B.index()] = none;
                }
                let outcome = attach(protocol, cur, world, &process_to(B));
                assert!(
                    matches!(outcome, Outcome::Refused { errno: Errno::ENOSPC, .. }),
                    "{protocol} {outcome:?}"
                );
            })],
        );
        sound(&ran);
    }
}
