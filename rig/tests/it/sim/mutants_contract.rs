//! Violations of the rules about callbacks: every rule of `contract`, and `lock-shared`, by made-up events.
use super::support::{A, B, Setup, first, give, observed, take, violated};
use faults::Errno;
use model::kernel::Controller::{self, *};
use model::kernel::{TaskId, Threadgroup};
use model::seam::event::Callback::{self, *};
use model::seam::event::Mode::{self, *};
use model::seam::{Class, Event};

fn enter(controller: Controller, callback: Callback) -> Event {
    Event::Enter { controller, callback }
}

fn leave(controller: Controller, callback: Callback) -> Event {
    Event::Leave { controller, callback, result: Ok(()) }
}

fn refuse(controller: Controller, callback: Callback) -> Event {
    Event::Leave { controller, callback, result: Err(Errno::ENOMEM) }
}

/// Returns the events of a callback that does nothing.
fn idle(controller: Controller, callback: Callback) -> Vec<Event> {
    vec![enter(controller, callback), leave(controller, callback)]
}

/// Returns the events of a callback that does something.
fn busy(controller: Controller, callback: Callback, does: &[Event]) -> Vec<Event> {
    [&[enter(controller, callback)], does, &[leave(controller, callback)]].concat()
}

const CORE: [(Class, Mode); 2] = [(Class::CgroupMutex, Exclusive), (Class::ThreadgroupRwsem, Write)];

fn setup() -> Setup {
    Setup { controllers: vec![Memrlimit, Memory, Cpuset], ..Setup::default() }
}

/// Returns the names of the checks that find a violation in a transaction of these parts, under the core's locks
/// `core`, and the first words of `check`.
fn under(core: &[(Class, Mode)], check: &str, parts: &[Vec<Event>]) -> (Vec<&'static str>, String) {
    in_world(&setup(), core, check, parts)
}

fn in_world(
    setup: &Setup,
    core: &[(Class, Mode)],
    check: &str,
    parts: &[Vec<Event>],
) -> (Vec<&'static str>, String) {
    let mut events: Vec<_> = core.iter().map(|(class, mode)| take(*class, 0, *mode)).collect();
    events.push(Event::TxBegin { dest: B });
    events.push(Event::TxMember { task: TaskId(0), from: Some(A), to: B });
    events.extend(parts.concat());
    events.extend(core.iter().map(|(class, mode)| give(*class, 0, *mode)));
    events.push(Event::TxEnd { moved: events.contains(&Event::Switched) });
    let events: Vec<_> = events.into_iter().map(|event| (0, event)).collect();
    let (checks, _) = observed(setup, &events);
    (violated(&checks), first(&checks, check))
}

#[track_caller]
fn sound(parts: &[Vec<Event>]) {
    let (violated, words) = under(&CORE, "contract", parts);
    assert_eq!(violated, [""; 0], "{words}");
}

#[track_caller]
fn breach(parts: &[Vec<Event>], words: &str) {
    let (violated, found) = under(&CORE, "contract", parts);
    assert_eq!(violated, ["contract"]);
    assert!(found.contains(words), "{found}");
}

fn switched() -> Vec<Event> {
    vec![Event::Switched]
}

#[test]
fn a_transaction_as_agreed_is_green() {
    let mmap_sem = take(Class::MmapSem, 0, Read);
    let records = take(Class::PageTableLock, 0, Exclusive);
    let drop_records = give(Class::PageTableLock, 0, Exclusive);
    sound(&[
        busy(Memrlimit, PrepareAttachSleep, &[mmap_sem, records, drop_records]),
        idle(Memory, PrepareAttachSleep),
        busy(Cpuset, PrepareAttachNosleep, &[records]),
        switched(),
        busy(Cpuset, CommitAttachNosleep, &[drop_records]),
        busy(Memory, CommitAttachSleep, &[give(Class::MmapSem, 0, Read)]),
        idle(Memrlimit, CommitAttachSleep),
    ]);
    sound(&[
        idle(Memrlimit, PrepareAttachSleep),
        vec![enter(Memory, PrepareAttachSleep), refuse(Memory, PrepareAttachSleep)],
        idle(Memrlimit, AbortAttachSleep),
    ]);
    sound(&[idle(Memrlimit, CanAttach), switched(), idle(Memory, Attach)]);
    sound(&[
        idle(Memrlimit, PrepareAttach),
        idle(Memory, PrepareAttach),
        switched(),
        idle(Memrlimit, Attached),
        idle(Memory, Attached),
    ]);
}

#[test]
fn t1_finds_a_spinlock_kept_by_a_callback_that_may_sleep() {
    for callback in [PrepareAttachSleep, CanAttach, PrepareAttach] {
        let parts = [busy(Memory, callback, &[take(Class::PageTableLock, 0, Exclusive)]), switched()];
        let (found, words) = under(&CORE, "contract", &parts);
        assert_eq!(found, ["contract"]);
        let name = callback.name();
        assert!(words.contains(&format!("T1: memory.{name} may sleep, and returned while")), "{words}");
    }
}

#[test]
fn t1_finds_a_sleeping_lock_in_a_callback_that_may_not_sleep() {
    let mutex = [take(Class::CallbackMutex, 0, Exclusive), give(Class::CallbackMutex, 0, Exclusive)];
    breach(
        &[
            busy(Cpuset, PrepareAttachNosleep, &mutex),
            vec![Event::Switched],
            idle(Cpuset, CommitAttachNosleep),
        ],
        "T1: cpuset.prepare_attach_nosleep took callback_mutex",
    );
}

#[test]
fn t1_finds_a_nosleep_phase_that_begins_too_early() {
    breach(
        &[
            vec![enter(Memory, PrepareAttachSleep), refuse(Memory, PrepareAttachSleep)],
            idle(Cpuset, PrepareAttachNosleep),
            idle(Cpuset, AbortAttachNosleep),
        ],
        "T1: cpuset.prepare_attach_nosleep began where memory.prepare_attach_sleep had refused",
    );
    breach(
        &[
            idle(Cpuset, PrepareAttachNosleep),
            idle(Memory, PrepareAttachSleep),
            idle(Memory, AbortAttachSleep),
            idle(Cpuset, AbortAttachNosleep),
        ],
        "T1: memory.prepare_attach_sleep began where cpuset.prepare_attach_nosleep had passed",
    );
}

#[test]
fn t2_finds_halves_without_an_end_with_two_or_without_a_beginning() {
    let prepared = || idle(Memory, PrepareAttachSleep);
    let committed = || idle(Memory, CommitAttachSleep);
    breach(&[prepared()], "T2: memory.prepare_attach_sleep passed, and got neither");
    breach(&[idle(Memory, PrepareAttach)], "T2: memory.prepare_attach passed, and got neither");
    breach(
        &[prepared(), switched(), committed(), committed()],
        "T2: memory.commit_attach_sleep began, and its half had committed",
    );
    breach(
        &[prepared(), idle(Memory, AbortAttachSleep), committed()],
        "T2: memory.commit_attach_sleep began, and its half had aborted",
    );
    breach(&[committed()], "T2: memory.commit_attach_sleep began, and its half never prepared");
    breach(
        &[idle(Memory, PrepareAttachSleep), idle(Memory, AbortAttachNosleep), idle(Memory, AbortAttachSleep)],
        "T2: memory.abort_attach_nosleep began, and its half never prepared",
    );
    breach(
        &[idle(Memory, PrepareAttachSleep), prepared(), idle(Memory, AbortAttachSleep)],
        "T2: memory.prepare_attach_sleep prepared twice",
    );
}

#[test]
fn t2_finds_an_end_for_a_half_that_refused() {
    let refused = || vec![enter(Memory, PrepareAttachSleep), refuse(Memory, PrepareAttachSleep)];
    breach(
        &[refused(), idle(Memory, AbortAttachSleep)],
        "T2: memory.abort_attach_sleep began, and its half had refused",
    );
    breach(&[refused(), switched()], "T2: memory.prepare_attach_sleep had refused, and yet");
}

#[test]
fn t2_finds_an_abort_beside_a_commit() {
    breach(
        &[
            idle(Memrlimit, PrepareAttachSleep),
            idle(Memory, PrepareAttachSleep),
            switched(),
            idle(Memory, CommitAttachSleep),
            idle(Memrlimit, AbortAttachSleep),
        ],
        "T2: memrlimit.abort_attach_sleep began, and the half of memory had committed",
    );
}

#[test]
fn t3_finds_the_wrong_order_of_callbacks_of_every_protocol() {
    let both = |first, second, callback| [idle(first, callback), idle(second, callback)].concat();
    breach(
        &[
            both(Memrlimit, Memory, PrepareAttachSleep),
            switched(),
            both(Memrlimit, Memory, CommitAttachSleep),
        ],
        "T3: memrlimit.commit_attach_sleep began before that of memory.prepare_attach_sleep",
    );
    breach(
        &[
            idle(Memory, PrepareAttachSleep),
            idle(Cpuset, PrepareAttachNosleep),
            idle(Memory, AbortAttachSleep),
            idle(Cpuset, AbortAttachNosleep),
        ],
        "T3: memory.abort_attach_sleep began before that of cpuset.prepare_attach_nosleep",
    );
    breach(
        &[
            both(Memory, Memrlimit, PrepareAttachSleep),
            switched(),
            both(Memrlimit, Memory, CommitAttachSleep),
        ],
        "T3: memrlimit.prepare_attach_sleep began after memory.prepare_attach_sleep",
    );
    breach(
        &[both(Memory, Memrlimit, PrepareAttach), switched(), both(Memory, Memrlimit, Attached)],
        "T3: memrlimit.prepare_attach began after memory.prepare_attach",
    );
    for (passed, finish) in [(vec![], Undo), (switched(), Attached)] {
        breach(
            &[both(Memrlimit, Memory, PrepareAttach), passed, both(Memory, Memrlimit, finish)],
            &format!("T3: memory.{} began before that of memrlimit.prepare_attach", finish.name()),
        );
    }
    for callback in [CanAttach, Attach] {
        sound(&[both(Memrlimit, Memory, callback)]);
        let words = format!("T3: memrlimit.{0} began after memory.{0}", callback.name());
        breach(&[both(Memory, Memrlimit, callback)], &words);
    }
}

#[test]
fn t4_and_t7_find_a_callback_without_the_locks_of_the_core() {
    let prepared = [idle(Memory, PrepareAttachSleep), idle(Memory, AbortAttachSleep)];
    let (found, words) = under(&CORE[1..], "contract", &prepared);
    assert_eq!(found, ["contract"]);
    assert!(words.contains("T4: memory.prepare_attach_sleep began without cgroup_mutex"), "{words}");
    let reads = [CORE[0], (Class::ThreadgroupRwsem, Read)];
    for core in [&CORE[..1], &reads] {
        let (found, words) = under(core, "contract", &prepared);
        assert_eq!(found, ["contract"]);
        assert!(words.contains("T7: memory.prepare_attach_sleep began without"), "{words}");
    }
    let others = [idle(Memory, PrepareAttach), idle(Memory, Undo), idle(Memory, CanAttach)];
    assert_eq!(under(&CORE[..1], "contract", &others).0, ["contract"], "T7 is about every protocol");
}

#[test]
fn t7_asks_for_the_lock_that_the_option_names() {
    let parts = [idle(Memory, PrepareAttach), idle(Memory, Undo)];
    let global = [CORE[0], (Class::CgroupThreadgroupRwsem, Write)];
    let held: [&[(Class, Mode)]; 3] = [&CORE[..1], &CORE, &global];
    for (threadgroup, enough) in [
        (Threadgroup::None, [true, true, true]),
        (Threadgroup::Process, [false, true, false]),
        (Threadgroup::Global, [false, false, true]),
    ] {
        let setup = Setup { threadgroup, ..setup() };
        for (core, enough) in held.iter().zip(enough) {
            let (found, words) = in_world(&setup, core, "contract", &parts);
            assert_eq!(found.is_empty(), enough, "{threadgroup:?} under {core:?}: {words}");
            assert!(enough || words.contains("T7"), "{words}");
        }
    }
}

#[test]
fn t6_finds_mmap_sem_taken_for_writing() {
    let writes = [take(Class::MmapSem, 0, Write), give(Class::MmapSem, 0, Write)];
    breach(
        &[busy(Memory, PrepareAttachSleep, &writes), idle(Memory, AbortAttachSleep)],
        "T6: memory.prepare_attach_sleep took mmap_sem(mm 0) for writing",
    );
}

#[test]
fn locks_of_others_are_not_to_be_released() {
    let begin = idle(Memory, PrepareAttachSleep);
    let moves = |mode| (take(Class::MoveLock, 0, mode), give(Class::MoveLock, 0, mode));
    let (takes, gives) = moves(Write);
    breach(
        &[
            busy(Memrlimit, PrepareAttachSleep, &[takes]),
            begin,
            busy(Memory, AbortAttachSleep, &[gives]),
            idle(Memrlimit, AbortAttachSleep),
        ],
        "locks: memory.abort_attach_sleep released memory.move_lock(mm 0) for writing, which \
         memrlimit.prepare_attach_sleep had taken",
    );
    let core = [give(Class::CgroupMutex, 0, Exclusive), take(Class::CgroupMutex, 0, Exclusive)];
    let (found, words) = under(&CORE, "contract", &[busy(Memory, CanAttach, &core[..1]), core[1..].to_vec()]);
    assert_eq!(found, ["contract", "lock-order"], "and takes it again after threadgroup_rwsem");
    assert!(
        words.contains("memory.can_attach released cgroup_mutex, which no callback had taken"),
        "{words}"
    );
}

#[test]
fn locks_of_callbacks_are_released_by_callbacks_in_time() {
    let kept = busy(Memory, PrepareAttach, &[take(Class::MoveLock, 0, Write)]);
    let undone = idle(Memory, Undo);
    breach(
        &[kept.clone(), undone.clone(), vec![give(Class::MoveLock, 0, Write)]],
        "locks: memory.prepare_attach took memory.move_lock(mm 0) for writing, which the core released and not a callback",
    );
    let (found, words) = under(&CORE, "contract", &[kept, undone]);
    assert_eq!(found, ["rollback", "contract"]);
    assert!(words.contains("which is still held at the end of the transaction"), "{words}");
}

/// Returns the findings where two controllers take these locks, one after the other.
fn two(first_takes: (Class, u32, Mode), second_takes: (Class, u32, Mode)) -> (Vec<&'static str>, String) {
    let short = |(class, owner, mode)| [take(class, owner, mode), give(class, owner, mode)];
    let parts = [
        busy(Memrlimit, PrepareAttachSleep, &short(first_takes)),
        busy(Memory, PrepareAttachSleep, &short(second_takes)),
        idle(Memory, AbortAttachSleep),
        idle(Memrlimit, AbortAttachSleep),
    ];
    under(&CORE, "lock-shared", &parts)
}

#[test]
fn lock_shared_finds_two_controllers_with_one_lock() {
    for (class, mode) in [
        (Class::CpuHotplug, Read),
        (Class::MoveLock, Write),
        (Class::CallbackMutex, Exclusive),
        (Class::NumtasksLock, Exclusive),
        (Class::CounterLock, Exclusive),
    ] {
        let (found, words) = two((class, 1, mode), (class, 1, mode));
        assert!(found.contains(&"lock-shared"), "{class:?}: {found:?}");
        assert!(words.contains("memory took"), "{words}");
        assert!(words.contains("which memrlimit had taken in the same transaction"), "{words}");
        assert!(!two((class, 1, mode), (class, 2, mode)).0.contains(&"lock-shared"), "two instances");
    }
    let mmap_sem = |mode| (Class::MmapSem, 0, mode);
    assert_eq!(two(mmap_sem(Read), mmap_sem(Read)).0, [""; 0], "the exception");
    assert_eq!(two(mmap_sem(Read), mmap_sem(Write)).0, ["contract", "lock-shared"]);
    let records = (Class::PageTableLock, 0, Exclusive);
    assert_eq!(two(records, records).0, [""; 0], "the core's own");
}

#[test]
fn lock_shared_looks_at_one_transaction_and_not_at_locks_of_the_core() {
    let once = |controller| {
        let mutex = [take(Class::CallbackMutex, 0, Exclusive), give(Class::CallbackMutex, 0, Exclusive)];
        busy(controller, CanAttach, &mutex)
    };
    let next = vec![Event::TxEnd { moved: true }, Event::TxBegin { dest: B }];
    assert_eq!(under(&CORE, "lock-shared", &[once(Memrlimit), next, once(Cpuset)]).0, [""; 0]);
    assert_eq!(under(&CORE, "lock-shared", &[once(Memrlimit), once(Cpuset)]).0, ["lock-shared"]);
    let core = [CORE[0], CORE[1], (Class::MmapSem, Read)];
    let reads = [
        Event::AsksUnfairly { object: model::seam::Object { class: Class::MmapSem, owner: 0 } },
        take(Class::MmapSem, 0, Read),
        give(Class::MmapSem, 0, Read),
    ];
    let parts = [busy(Memrlimit, CanAttach, &reads), busy(Memory, CanAttach, &reads)];
    assert_eq!(under(&core, "lock-shared", &parts).0, [""; 0]);
}
