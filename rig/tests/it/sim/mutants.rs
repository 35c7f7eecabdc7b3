//! Every check reports a violation: of a planted bug where a few lines make one, else of made-up events.
use super::support::{A, B, P, Ran, Setup, first, leader, mover, process_to, run, three_phase, world};
use faults::{Errno, Site};
use model::checks::{CheckSet, Checks};
use model::kernel::{CgroupId, Controller, TaskId};
use model::locks::held::HeldTable;
use model::paths::charge::{Charge, charge, uncharge};
use model::paths::mm;
use model::protocols::{Protocol, attach};
use model::seam::Current as _;
use model::seam::event::{OpKind, Outcome, Target};
use model::seam::{ActorId, Event, Stamp};

const MEMRLIMIT: Controller = Controller::Memrlimit;

/// Returns checks that have seen the opening of the default world and then `events` of one actor.
fn observed(events: &[Event]) -> Checks {
    observed_by(events.iter().map(|event| (0, *event)))
}

/// Returns checks that have seen the opening of the default world and then events, each with its actor.
fn observed_by(events: impl IntoIterator<Item = (u32, Event)>) -> Checks {
    let world = world(&Setup::default());
    let mut checks = Checks::with(world.layout(), CheckSet::ALL);
    let held = HeldTable::default();
    let opening = world.opening();
    let all = opening.into_iter().map(|event| (0, event)).chain(events);
    for (at_ns, (actor, event)) in (0..).zip(all) {
        checks.observe(&held, Stamp { at_ns, actor: ActorId(actor) }, &event);
    }
    checks
}

fn violated(checks: &Checks) -> Vec<&'static str> {
    checks
        .findings()
        .into_iter()
        .filter(|(_, tally)| tally.violated > 0)
        .map(|(check, _)| check.name())
        .collect()
}

fn ledger(pages: i64, reserve: bool) -> Event {
    Event::Ledger { controller: MEMRLIMIT, cgroup: B, until: CgroupId::NONE, pages, reserve }
}

/// Runs one operation that does `wrong` to the books, in an otherwise sound run.
fn with_bug(wrong: impl FnOnce(&super::support::Cur, &model::world::World) + 'static) -> Ran {
    run(
        &Setup::default(),
        vec![leader(move |cur, world| {
            wrong(cur, world);
            mm::mmap(cur, world, TaskId(0), 5).expect("unlimited");
        })],
    )
}

#[test]
fn the_same_run_without_a_bug_is_green() {
    assert_eq!(with_bug(|_, _| {}).violated(), [""; 0]);
}

#[test]
fn ledger_finds_a_charge_without_an_event() {
    let ran = with_bug(|cur, world| world.counter(MEMRLIMIT, A).lock(cur).force(3));
    assert_eq!(ran.violated(), ["ledger"]);
    assert_eq!(
        ran.check("ledger").first.as_deref(),
        Some("a.memrlimit reads 18, but the ledger adds up to 15")
    );
}

#[test]
fn drift_finds_a_charge_without_a_change_of_truth() {
    let ran = run(
        &Setup::default(),
        vec![leader(|cur, world| {
            cur.emit(Event::OpBegin {
                kind: model::seam::event::OpKind::Mmap,
                mm: Some(model::kernel::MmId(0)),
            });
            charge(cur, world, Charge::new(MEMRLIMIT, A, 3)).expect("unlimited");
            cur.emit(Event::OpEnd { result: Ok(()) });
        })],
    );
    assert_eq!(ran.violated(), ["drift"]);
    let words = ran.check("drift").first.clone().expect("words");
    assert!(words.ends_with("ns a.memrlimit has drifted by +3 pages"), "{words}");
}

#[test]
fn ledger_finds_a_charge_outside_of_every_operation() {
    let ran = with_bug(|cur, world| charge(cur, world, Charge::new(MEMRLIMIT, A, 3)).expect("unlimited"));
    assert_eq!(ran.violated(), ["ledger"], "operations add up to less than the counter reads");
}

#[test]
fn ledger_finds_a_change_of_truth_without_an_event() {
    let ran = with_bug(|cur, world| {
        world.mm(model::kernel::MmId(0)).total_vm.add(cur, 4);
    });
    assert_eq!(ran.violated(), ["ledger"]);
}

#[test]
fn underflow_finds_a_clamp() {
    let ran = run(
        &Setup::default(),
        vec![leader(|cur, world| {
            cur.emit(Event::OpBegin {
                kind: model::seam::event::OpKind::Munmap,
                mm: Some(model::kernel::MmId(0)),
            });
            uncharge(cur, world, Charge::new(MEMRLIMIT, B, 2));
            cur.emit(Event::OpEnd { result: Ok(()) });
        })],
    );
    assert_eq!(ran.violated(), ["underflow", "wrong-group"], "the clamp hides what would be drift");
}

#[test]
fn over_limit_finds_usage_lifted_above_the_limit() {
    let above = Event::AboveLimit { controller: MEMRLIMIT, cgroup: B, usage: 11, limit: 10 };
    assert_eq!(violated(&observed(&[above])), ["over-limit"]);
}

#[test]
fn rollback_and_leaked_reservation_find_what_an_abort_forgot() {
    let tx = |events: &[Event]| {
        let begin = [Event::TxBegin { dest: B }];
        let all: Vec<_> =
            begin.iter().chain(events).copied().chain([Event::TxEnd { moved: false }]).collect();
        observed(&all)
    };
    assert_eq!(violated(&tx(&[ledger(5, true), ledger(-5, true)])), [""; 0], "given back");
    let forgotten = tx(&[ledger(5, true)]);
    assert_eq!(violated(&forgotten), ["drift", "rollback", "leaked-reservation"]);
    assert!(first(&forgotten, "rollback").ends_with("changed by +5 and its truth by +0"));
    let moved = Event::Place { task: TaskId(0), from: A, to: B };
    assert!(violated(&tx(&[moved])).contains(&"rollback"), "a task that stayed behind the switch");
    let clamp = Event::Clamp { controller: MEMRLIMIT, cgroup: B, missing: 3 };
    let short = tx(&[ledger(5, true), ledger(-5, true), clamp]);
    assert!(violated(&short).contains(&"rollback"));
    let why = "by +3 and its truth by +0: 3 that it should have uncharged were no longer there";
    assert!(first(&short, "rollback").ends_with(why), "{}", first(&short, "rollback"));
}

#[test]
fn spurious_refusal_finds_a_charge_that_only_a_failed_attach_left_no_room_for() {
    let reserved = |pages| Event::Reserved { controller: MEMRLIMIT, cgroup: B, pages };
    let refused =
        |pages| Event::ChargeRefused { controller: MEMRLIMIT, cgroup: B, pages, usage: 9, limit: 10 };
    // An attach by actor 0 reserves 5 pages, gives back those of `undone`, and ends. Actor 1 is refused before that.
    let tx = |pages, undone: &[Event], moved| {
        let kind = OpKind::Mmap;
        let mine = [Event::TxBegin { dest: B }, reserved(5)].map(|event| (0, event));
        let theirs = [Event::OpBegin { kind, mm: None }, refused(pages)].map(|event| (1, event));
        let end = undone.iter().copied().chain([Event::TxEnd { moved }]).map(|event| (0, event));
        violated(&observed_by(mine.into_iter().chain(theirs).chain(end)))
    };
    assert_eq!(tx(2, &[reserved(-5)], false), ["spurious-refusal"]);
    assert_eq!(tx(6, &[reserved(-5)], false), ["spurious-refusal"], "6 pages fit next to the other 4");
    assert_eq!(tx(7, &[reserved(-5)], false), [""; 0], "7 do not, whatever was reserved");
    assert_eq!(tx(2, &[], true), [""; 0], "the room was needed");
}

#[test]
fn rollback_finds_a_lock_that_is_still_held() {
    let world = world(&Setup::default());
    let mut checks = Checks::with(world.layout(), CheckSet::ALL);
    let mut held = HeldTable::default();
    let stamp = Stamp { at_ns: 0, actor: ActorId(0) };
    let object = model::seam::Object { class: model::seam::Class::CallbackMutex, owner: 0 };
    let mode = model::seam::event::Mode::Exclusive;
    held.observe(stamp, &Event::LockAcquired { object, mode, waited_ns: None }, |_| {});
    checks.observe(&held, stamp, &Event::TxBegin { dest: B });
    checks.observe(&held, stamp, &Event::TxEnd { moved: false });
    assert_eq!(violated(&checks), ["rollback"]);
}

#[test]
fn partial_move_finds_a_stray_thread_and_a_refusal_in_the_middle() {
    let begin = Event::AttachBegin { target: Target::Process(P), dest: B, due_ns: None };
    let end = |outcome| Event::AttachEnd { outcome };
    assert_eq!(
        violated(&observed(&[begin, end(Outcome::Moved)])),
        ["partial-move"],
        "its thread is still in a"
    );
    let partial = Outcome::Partial { site: Site::MemrlimitCanAttach, errno: Errno::ENOMEM };
    assert_eq!(violated(&observed(&[begin, end(partial)])), ["partial-move"]);
    assert_eq!(violated(&observed(&[begin, end(Outcome::Noop)])), [""; 0]);
}

#[test]
fn stale_decision_finds_an_answer_that_no_longer_holds() {
    let setup = Setup { limit_b: Some(12), ..Setup::default() };
    let mut checks = Checks::with(world(&setup).layout(), CheckSet::ALL);
    let held = HeldTable::default();
    let admitted = Event::Admitted {
        controller: MEMRLIMIT,
        cgroup: B,
        until: CgroupId::NONE,
        what: model::seam::Admitted::RoomForMm(model::kernel::MmId(0)),
    };
    let actor = ActorId(1);
    let events =
        [(0, Event::TxBegin { dest: B }), (0, admitted), (1, ledger(3, false)), (0, Event::Switched)];
    for event in world(&setup).opening() {
        checks.observe(&held, Stamp { at_ns: 0, actor }, &event);
    }
    for (actor, event) in events {
        checks.observe(&held, Stamp { at_ns: 1, actor: ActorId(actor) }, &event);
    }
    assert_eq!(violated(&checks), ["stale-decision"]);
}

#[test]
fn left_behind_finds_pages_of_a_full_destination() {
    let controllers = vec![Controller::Memory];
    let threadgroup = three_phase().threadgroup();
    let setup = Setup { controllers, rss: 8, threadgroup, ..Setup::default() };
    let ran = run(
        &setup,
        vec![mover(|cur, world| {
            world.counter(Controller::Memory, B).lock(cur).limit = 3;
            attach(three_phase(), cur, world, &process_to(B));
        })],
    );
    assert_eq!(ran.violated(), ["left-behind"]);
    assert_eq!(ran.usage(Controller::Memory), [5, 3], "as many as fit, page by page");
}

#[test]
fn deadlock_names_who_holds_and_who_waits_in_which_phase() {
    let plain = Protocol::parse("transactional:mmap-sem=plain").expect("known");
    let controllers = vec![Controller::Memrlimit, Controller::Memory];
    let setup = Setup { controllers, rss: 4, faults: "memory.prepare_sleep: delay=50us", ..Setup::default() };
    let ran = run(
        &setup,
        vec![
            mover(move |cur, world| {
                attach(plain, cur, world, &process_to(B));
            }),
            leader(|cur, world| {
                cur.sleep_until(15_000);
                let _ = mm::mmap(cur, world, TaskId(0), 5);
            }),
        ],
    );
    assert!(ran.last.is_none());
    assert_eq!(ran.violated(), ["lock-order", "deadlock"], "because of the second read");
    let words = ran.check("deadlock").first.clone().expect("words");
    assert!(words.contains("mover 0 in phase prepare waits for mmap_sem(mm 0)"), "{words}");
    assert!(
        words.contains("task 0 in mmap waits for mmap_sem(mm 0), held by mover 0 (Read in phase prepare)"),
        "{words}"
    );
}
