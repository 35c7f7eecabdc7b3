//! Violations of the rules about locks, runs without end, cgroups that no attach named, incomplete aborts; and runs
//! with only some checks on.
use super::support::{
    A, B, Body, Cur, LEADER, Setup, actor, first, give, leader, observed, run, take, violated, world,
};
use model::checks::{Check, CheckSet, Checks};
use model::kernel::{CgroupId, Controller, MaskId, MmId, TaskId};
use model::locks::held::HeldTable;
use model::paths::net;
use model::seam::event::Mode::{Exclusive, Write};
use model::seam::event::{OpKind, Who};
use model::seam::{ActorId, Class, Current as _, Event, Object, Stamp, Wait, Work};
use model::world::World;
use std::sync::Arc;

/// Returns the body of a mover of that number that begins at `at_ns`.
fn at(number: u32, at_ns: u64, body: impl FnOnce(&Cur, &World) + 'static) -> Body {
    actor(Who::Mover(number), move |cur, world| {
        cur.sleep_until(at_ns);
        body(cur, world);
    })
}

fn tell(events: &[Event]) -> Checks {
    let events: Vec<_> = events.iter().map(|event| (0, *event)).collect();
    observed(&Setup::default(), &events).0
}

#[test]
fn sleep_in_atomic_finds_a_mutex_under_a_spinlock_although_it_was_free() {
    let ran = run(
        &Setup::default(),
        vec![at(0, 0, |cur, world| {
            let _spins = world.tasklist_lock.lock(cur);
            let _may_sleep = world.callback_mutex.lock(cur);
        })],
    );
    assert_eq!(ran.violated(), ["sleep-in-atomic"]);
    let words = ran.check("sleep-in-atomic").first.clone().expect("words");
    assert!(words.ends_with("mover 0 took callback_mutex while it held tasklist_lock"), "{words}");
}

#[test]
fn sleep_in_atomic_finds_a_semaphore_in_an_interrupt_although_it_was_free() {
    let interrupt = |body: fn(&Cur, &World)| {
        let begin = move |cur: &Cur, world: &Arc<World>| {
            let done = net::interrupt(cur, (OpKind::Receive, MmId(0)), || {
                body(cur, world);
                Ok(())
            });
            assert_eq!(done, Ok(()));
        };
        run(&Setup::default(), vec![actor(Who::Interrupt(0), begin)])
    };
    let sleeps = interrupt(|cur, world| drop(world.mm(MmId(0)).mmap_sem.read(cur)));
    assert_eq!(sleeps.violated(), ["sleep-in-atomic"]);
    let words = sleeps.check("sleep-in-atomic").first.clone().expect("words");
    assert!(words.ends_with("interrupt 0 in receive took mmap_sem(mm 0) in an interrupt"), "{words}");
    let spins = interrupt(|cur, world| drop(world.net_lock.lock(cur)));
    assert!(spins.violated().is_empty(), "a spinlock may be taken there");
}

#[test]
fn sleep_in_atomic_finds_a_wait_in_an_interrupt_once() {
    let ran = run(
        &Setup::default(),
        vec![
            at(0, 0, |cur, world| {
                let _held = world.cgroup_mutex.lock(cur);
                cur.work(Work::Delay, 100_000);
            }),
            actor(Who::Interrupt(0), |cur, world| {
                cur.sleep_until(10_000);
                let _ = net::interrupt(cur, (OpKind::Drain, MmId(0)), || {
                    let _sleeps = world.cgroup_mutex.lock(cur);
                    Ok(())
                });
            }),
        ],
    );
    assert_eq!(ran.violated(), ["sleep-in-atomic"]);
    assert_eq!(ran.check("sleep-in-atomic").violated, 1);
}

#[test]
fn sleep_in_atomic_finds_a_wait_under_a_spinlock_once() {
    let ran = run(
        &Setup::default(),
        vec![
            at(0, 0, |cur, world| {
                let _held = world.callback_mutex.lock(cur);
                cur.work(Work::Delay, 100_000);
            }),
            at(1, 10_000, |cur, world| {
                let _spins = world.tasklist_lock.lock(cur);
                let _sleeps = world.callback_mutex.lock(cur);
            }),
        ],
    );
    assert_eq!(ran.violated(), ["sleep-in-atomic"]);
    let tally = ran.check("sleep-in-atomic");
    assert_eq!(tally.violated, 1);
    let words = tally.first.clone().expect("words");
    assert!(words.contains("mover 1 slept for callback_mutex while it held tasklist_lock"), "{words}");
}

#[test]
fn lock_order_finds_a_circle_that_did_not_deadlock_and_names_both_paths() {
    let ran = run(
        &Setup::default(),
        vec![
            leader(|cur, world| {
                cur.emit(Event::OpBegin { kind: OpKind::Mmap, mm: Some(MmId(0)) });
                {
                    let _first = world.mm(MmId(0)).mmap_sem.write(cur);
                    let _second = world.callback_mutex.lock(cur);
                }
                cur.emit(Event::OpEnd { result: Ok(()) });
            }),
            at(0, 1_000_000, |cur, world| {
                for _ in 0..2 {
                    let _first = world.callback_mutex.lock(cur);
                    let _second = world.mm(MmId(0)).mmap_sem.read(cur);
                }
            }),
        ],
    );
    assert_eq!(ran.violated(), ["lock-order"]);
    let tally = ran.check("lock-order");
    assert_eq!(tally.violated, 1, "each edge once");
    let words = tally.first.clone().expect("words");
    let circle =
        "a circle: mmap_sem -> callback_mutex by task 0 in mmap; callback_mutex -> mmap_sem by mover 0";
    assert!(words.ends_with(circle), "{words}");
}

#[test]
fn lock_order_finds_a_circle_of_three() {
    let pair = |first: Class, second| {
        let mode = |class: Class| if class.has_readers() { Write } else { Exclusive };
        let both = [first, second];
        let takes = both.map(|class| take(class, 0, mode(class)));
        let gives = both.map(|class| give(class, 0, mode(class)));
        [takes, gives].concat()
    };
    let (a, b, c) = (Class::MmapSem, Class::MoveLock, Class::CallbackMutex);
    assert_eq!(violated(&tell(&[pair(a, b), pair(b, c), pair(a, c)].concat())), [""; 0]);
    let checks = tell(&[pair(a, b), pair(b, c), pair(c, a)].concat());
    assert_eq!(violated(&checks), ["lock-order"]);
    let words = first(&checks, "lock-order");
    let order =
        ["mmap_sem -> memory.move_lock", "memory.move_lock -> callback", "callback_mutex -> mmap_sem"];
    let found: Vec<_> = order.iter().map(|edge| words.find(edge)).collect();
    assert!(found.is_sorted() && found.iter().all(Option::is_some), "{words}");
}

#[test]
fn lock_order_finds_a_second_fair_read_but_lets_an_unfair_one_pass() {
    let read = |unfair: bool| {
        let ran = run(
            &Setup::default(),
            vec![at(0, 0, move |cur, world| {
                let mmap_sem = &world.mm(MmId(0)).mmap_sem;
                let _first = mmap_sem.read(cur);
                let _second = if unfair { mmap_sem.read_unfair(cur) } else { mmap_sem.read(cur) };
            })],
        );
        (ran.violated(), ran.check("lock-order").first.clone().unwrap_or_default())
    };
    assert_eq!(read(true).0, [""; 0]);
    let (found, words) = read(false);
    assert_eq!(found, ["lock-order"]);
    assert!(words.contains("asked for mmap_sem(mm 0) for reading while it held mmap_sem(mm 0)"), "{words}");
    assert!(words.contains("recursive read"), "{words}");
}

#[test]
fn lock_order_finds_locks_of_one_class_out_of_order_unless_under_cgroup_mutex() {
    let nest = |owners: [u32; 2]| owners.map(|owner| take(Class::MmapSem, owner, Write));
    assert_eq!(violated(&tell(&nest([1, 2]))), [""; 0]);
    let checks = tell(&nest([2, 1]));
    assert_eq!(violated(&checks), ["lock-order"]);
    let words = first(&checks, "lock-order");
    assert!(words.contains("asked for mmap_sem(mm 1) while it held mmap_sem(mm 2)"), "{words}");
    let under: Vec<_> = [take(Class::CgroupMutex, 0, Exclusive)].into_iter().chain(nest([2, 1])).collect();
    assert_eq!(violated(&tell(&under)), [""; 0]);
    let itself = first(&tell(&nest([1, 1])), "lock-order");
    assert!(itself.contains("it waits for itself"), "{itself}");
}

#[test]
fn a_deadlock_of_two_locks_is_one_and_no_lost_wakeup() {
    let ran = run(
        &Setup::default(),
        vec![
            at(0, 0, |cur, world| {
                let _first = world.cgroup_mutex.lock(cur);
                cur.work(Work::Delay, 50_000);
                let _second = world.callback_mutex.lock(cur);
            }),
            at(1, 10_000, |cur, world| {
                let _first = world.callback_mutex.lock(cur);
                let _second = world.cgroup_mutex.lock(cur);
            }),
        ],
    );
    assert_eq!(ran.violated(), ["lock-order", "deadlock"]);
    assert_eq!(ran.check("lost-wakeup").examined, 1);
}

#[test]
fn lost_wakeup_finds_a_waiter_that_was_not_woken() {
    let queue = Object { class: Class::ExecWait, owner: 0 };
    let ran = run(&Setup::default(), vec![leader(move |cur, _| cur.wait(queue, Wait::Sleep))]);
    assert_eq!(ran.violated(), ["lost-wakeup"]);
    let words = ran.check("lost-wakeup").first.clone().expect("words");
    assert_eq!(words, "task 0 waits for exec wait(process 0), which no actor can wake");

    let (mut checks, held) = observed(&Setup::default(), &[]);
    let mutex = Object { class: Class::CgroupMutex, owner: 0 };
    checks.stuck(&held, &[(ActorId(0), mutex)]);
    assert_eq!(violated(&checks), ["lost-wakeup"], "a lock that was given back and not handed on");
}

#[test]
fn a_queue_whose_wakers_are_stuck_is_a_deadlock() {
    let setup = Setup { threads: vec![A, A], ..Setup::default() };
    let [waker, waiter] = [0, 1];
    let start = |actor| (actor, Event::Start(Who::Task(TaskId(actor))));
    let mutex = Object { class: Class::CgroupMutex, owner: 0 };
    let (mut checks, held) =
        observed(&setup, &[start(waker), start(waiter), (waiter, take(Class::CgroupMutex, 0, Exclusive))]);
    let queue = Object { class: Class::ExecWait, owner: 0 };
    checks.stuck(&held, &[(ActorId(waker), mutex), (ActorId(waiter), queue)]);
    assert_eq!(violated(&checks), ["deadlock"], "task 0 would wake task 1, and waits for its mutex");
}

#[test]
fn no_progress_finds_a_run_without_end_and_says_who_holds_what() {
    let ran = run(
        &Setup::default(),
        vec![leader(|cur, world| {
            cur.emit(Event::OpBegin { kind: OpKind::Mmap, mm: Some(MmId(0)) });
            let _held = world.mm(MmId(0)).mmap_sem.write(cur);
            loop {
                cur.work(Work::Delay, 10_000_000);
            }
        })],
    );
    assert_eq!(ran.violated(), ["no-progress"]);
    let words = ran.check("no-progress").first.clone().expect("words");
    assert!(words.starts_with("given up after 10"), "{words}");
    assert!(words.ends_with("task 0 in mmap holds mmap_sem(mm 0) for writing"), "{words}");
}

const MMAP: Event = Event::OpBegin { kind: OpKind::Mmap, mm: Some(MmId(0)) };
const DONE: Event = Event::OpEnd { result: Ok(()) };

fn charge(controller: Controller, cgroup: model::kernel::CgroupId) -> Event {
    Event::Ledger { controller, cgroup, until: CgroupId::NONE, pages: 3, reserve: false }
}

fn found_wrong(setup: &Setup, events: &[(u32, Event)]) -> u64 {
    let (checks, _) = observed(setup, events);
    checks.findings().iter().find(|(name, _)| *name == Check::WrongGroup).expect("known").1.violated
}

#[test]
fn wrong_group_finds_a_charge_where_the_owner_has_never_been() {
    let memrlimit = |cgroup| charge(Controller::Memrlimit, cgroup);
    let one = |events: &[Event]| {
        let events: Vec<_> = events.iter().map(|event| (0, *event)).collect();
        found_wrong(&Setup::default(), &events)
    };
    let placed = Event::Place { task: LEADER, from: A, to: B };
    assert_eq!(one(&[MMAP, memrlimit(A), DONE]), 0);
    assert_eq!(one(&[MMAP, memrlimit(B), DONE]), 1);
    assert_eq!(
        found_wrong(&Setup::default(), &[(0, MMAP), (1, placed), (0, memrlimit(B))]),
        0,
        "moved there"
    );
    assert_eq!(one(&[placed, MMAP, memrlimit(A), DONE]), 1, "has left it before");
    let record = Event::Record { mm: MmId(0), cgroup: B, pages: 1 };
    assert_eq!(one(&[MMAP, record, charge(Controller::Memory, B), DONE]), 0, "its pages are charged there");
    let (checks, _) = observed(&Setup::default(), &[(0, MMAP), (0, memrlimit(B))]);
    let words = first(&checks, "wrong-group");
    assert!(words.contains("changed b.memrlimit by +3, where neither the owner of the address"), "{words}");
}

#[test]
fn wrong_group_tells_the_owner_from_the_task_that_acts() {
    let setup = Setup { threads: vec![A, B], ..Setup::default() };
    let other = |events: &[Event]| {
        let start = (1, Event::Start(Who::Task(TaskId(1))));
        let events: Vec<_> = [start].into_iter().chain(events.iter().map(|event| (1, *event))).collect();
        found_wrong(&setup, &events)
    };
    assert_eq!(other(&[MMAP, charge(Controller::Memrlimit, B), DONE]), 1, "the owner sits in a");
    assert_eq!(other(&[MMAP, charge(Controller::Numtasks, B), DONE]), 0, "the task sits in b");
    assert_eq!(other(&[MMAP, charge(Controller::Numtasks, A), DONE]), 1);
    let owner = Event::Owner { mm: MmId(0), task: TaskId(1) };
    assert_eq!(other(&[MMAP, owner, charge(Controller::Memrlimit, B), DONE]), 0, "it owns the mm now");
    let child = Event::Place { task: TaskId(2), from: A, to: A };
    assert_eq!(other(&[MMAP, child, charge(Controller::Numtasks, A), DONE]), 0, "a child of its own");
}

#[test]
fn wrong_group_finds_a_transaction_that_charges_somewhere_else() {
    let begin = Event::TxBegin { dest: B };
    let member = Event::TxMember { task: LEADER, from: Some(A), to: B };
    let end = Event::TxEnd { moved: true };
    let one = |events: &[Event]| {
        let events: Vec<_> = events.iter().map(|event| (0, *event)).collect();
        found_wrong(&Setup::default(), &events)
    };
    assert_eq!(one(&[begin, charge(Controller::Memrlimit, B), end]), 0);
    assert_eq!(one(&[begin, charge(Controller::Memrlimit, A), end]), 1, "no task comes from there");
    assert_eq!(one(&[begin, member, charge(Controller::Memrlimit, A), end]), 0);
}

#[test]
fn rollback_finds_what_was_set_and_not_set_back() {
    let tx = |events: &[Event]| {
        let all = [&[Event::TxBegin { dest: B }], events, &[Event::TxEnd { moved: false }]].concat();
        let checks = tell(&all);
        (violated(&checks), first(&checks, "rollback"))
    };
    let mask = |mask| Event::Mask { task: LEADER, mask: MaskId(mask) };
    let limit = |limit| Event::Limit { controller: Controller::Memrlimit, cgroup: B, limit, forced: false };
    let frozen = |frozen| Event::Frozen { cgroup: B, frozen };
    let (found, words) = tx(&[mask(7)]);
    assert_eq!(found, ["rollback"]);
    assert!(words.ends_with("left a trace: task 0 keeps another CPU mask"), "{words}");
    let (found, words) = tx(&[limit(5)]);
    assert_eq!(found, ["rollback"]);
    assert!(words.contains("the limit of b.memrlimit is 5, and was 18446744073709551615"), "{words}");
    let (found, words) = tx(&[frozen(true)]);
    assert_eq!(found, ["rollback"]);
    assert!(words.ends_with("b stays frozen"), "{words}");
    let back = [mask(7), limit(5), limit(u64::MAX), frozen(true), frozen(false), mask(0)];
    assert_eq!(tx(&back).0, [""; 0], "set back");
}

#[test]
fn rollback_excuses_what_others_set_during_the_attach() {
    let mask = |mask| Event::Mask { task: LEADER, mask: MaskId(mask) };
    let begin = Event::TxBegin { dest: B };
    let end = Event::TxEnd { moved: false };
    let (checks, _) =
        observed(&Setup::default(), &[(0, begin), (0, mask(7)), (0, mask(0)), (1, mask(8)), (0, end)]);
    assert_eq!(violated(&checks), [""; 0]);
}

#[test]
fn only_the_checks_that_are_asked_for_are_on() {
    let all = |mut checks: Checks| {
        let held = HeldTable::default();
        let stamp = Stamp { at_ns: 0, actor: ActorId(0) };
        for event in world(&Setup::default()).opening() {
            checks.observe(&held, stamp, &event);
        }
        let member = Event::TxMember { task: LEADER, from: Some(A), to: B };
        let prepare = (Controller::Memory, model::seam::event::Callback::PrepareAttachSleep);
        let enter = Event::Enter { controller: prepare.0, callback: prepare.1 };
        let leave = Event::Leave { controller: prepare.0, callback: prepare.1, result: Ok(()) };
        let charged = Event::Ledger {
            controller: Controller::Memrlimit,
            cgroup: B,
            until: CgroupId::NONE,
            pages: 5,
            reserve: true,
        };
        for event in
            [Event::TxBegin { dest: B }, member, enter, charged, leave, Event::TxEnd { moved: false }]
        {
            checks.observe(&held, stamp, &event);
        }
        checks
    };
    let layout = world(&Setup::default()).layout();
    let everything = all(Checks::with(layout.clone(), CheckSet::ALL));
    assert_eq!(everything.findings().len(), Check::ALL.len());
    assert_eq!(violated(&everything), ["drift", "rollback", "leaked-reservation", "contract"]);
    for check in Check::ALL {
        let only = all(Checks::with(layout.clone(), CheckSet::of(&[*check])));
        assert_eq!(only.findings().iter().map(|(check, _)| check).collect::<Vec<_>>(), [check]);
        let found = violated(&everything).contains(&check.name());
        assert_eq!(violated(&only).contains(&check.name()), found, "{check} finds the same alone");
    }
}
