//! Two moves made up by hand: phases, holds, waits and counts.
use super::*;

const MOVER: u32 = 7;
const WORKER: u32 = 9;
const NAMES: [&str; 5] = [
    "cgroup_procs_write",
    "cgroup_kn_lock_live",
    "pids_can_attach",
    "cgroup_kn_unlock",
    "cgroup_attach_task",
];

fn symbols() -> Symbols {
    let functions = NAMES.iter().enumerate().map(|(at, name)| format!("{:x} t {name}\n", 4096 * (at + 1)));
    Symbols::parse(&(functions.collect::<String>() + "f000 D cgroup_mutex\n"))
}

fn graph(at: u64, name: &str, what: fn(u64) -> What) -> TraceEvent {
    let place = NAMES.iter().position(|known| *known == name).unwrap();
    TraceEvent { at, tid: MOVER, what: what(4096 * (place as u64 + 1) + 4) }
}

/// A move from `at` to `at + 100`.
fn one(at: u64, refused: bool) -> (Vec<TraceEvent>, Move) {
    let enter = |after, name| graph(at + after, name, |func| What::Enter { func });
    let leave = |after, name| graph(at + after, name, |func| What::Leave { func });
    let event = |after, tid, what| TraceEvent { at: at + after, tid, what };
    let mut events = vec![
        enter(5, "cgroup_procs_write"),
        enter(15, "cgroup_kn_lock_live"),
        event(16, MOVER, What::WaitBegin { lock: 0xf000, flags: 32 }),
        event(21, MOVER, What::WaitEnd { lock: 0xf000 }),
        leave(25, "cgroup_kn_lock_live"),
        enter(27, "cgroup_attach_task"),
        event(28, WORKER, What::Attach),
        enter(30, "pids_can_attach"),
        leave(35, "pids_can_attach"),
        enter(45, "pids_can_attach"),
        leave(55, "pids_can_attach"),
        event(60, MOVER, What::Attach),
        leave(65, "cgroup_attach_task"),
        enter(75, "cgroup_kn_unlock"),
        leave(85, "cgroup_kn_unlock"),
        leave(95, "cgroup_procs_write"),
        event(95, WORKER, What::WaitBegin { lock: 0xabc, flags: 2 }),
        event(99, WORKER, What::WaitEnd { lock: 0xabc }),
    ];
    if refused {
        events.retain(|event| event.what != What::Attach);
    }
    (events, Move { begin: at, end: at + 100, moved: !refused })
}

#[test]
fn only_moves_that_moved_have_phases_and_all_have_waits() {
    let (mut events, mut moves) = (Vec::new(), Vec::new());
    for (at, refused) in [(1_000, false), (2_000, true), (3_000, false)] {
        let (some, made) = one(at, refused);
        events.extend(some);
        moves.push(made);
    }
    let traced = figures(&events, &moves, MOVER, &symbols());
    assert_eq!((traced.attaches, traced.transfers, traced.looked_into, traced.lost), (2, 0, 2, 0));
    let phases: Vec<_> =
        traced.phases.iter().map(|p| (p.phase.as_str(), p.hist.count, p.hist.total_ns)).collect();
    assert_eq!(
        phases,
        [
            ("rest of cgroup_procs_write", 2, 64),
            ("cgroup_kn_lock_live", 2, 20),
            ("rest of cgroup_attach_task", 2, 46),
            ("pids_can_attach", 2, 30),
            ("cgroup_kn_unlock", 2, 20),
        ]
    );
    let [mutex, other] = traced.locks.as_slice() else { panic!("{:?}", traced.locks) };
    assert_eq!((mutex.class.as_str(), mutex.contentions, mutex.wait.total_ns), ("cgroup_mutex", 3, 15));
    assert_eq!((mutex.acquisitions, mutex.hold.min_ns, mutex.hold.max_ns), (2, 50, 50));
    let by_phase: Vec<_> =
        mutex.hold_by_phase.iter().map(|h| (h.phase.as_str(), h.holds, h.total_ns)).collect();
    assert_eq!(
        by_phase,
        [
            ("rest of cgroup_procs_write", 2, 24),
            ("rest of cgroup_attach_task", 2, 46),
            ("pids_can_attach", 2, 30)
        ]
    );
    assert_eq!((other.class.as_str(), other.mode.as_str(), other.contentions), ("unnamed rwsem", "R", 3));
    assert_eq!((other.acquisitions, other.hold.count, other.hold.hdr.as_str()), (0, 0, ""));
}

#[test]
fn what_lies_outside_of_measured_moves_does_not_count() {
    let (events, made) = one(1_000, false);
    let later = Move { begin: 1_004, end: 1_096, moved: true };
    assert_eq!(figures(&events, &[], MOVER, &symbols()), Traced::default());
    let traced = figures(&events, &[later], MOVER, &symbols());
    assert_eq!((traced.attaches, traced.looked_into), (1, 1));
    let waits: Vec<_> = traced.locks.iter().map(|lock| lock.contentions).collect();
    assert_eq!(waits, [1], "the worker's wait ends too late");
    let cut = Move { begin: 1_050, ..made };
    assert_eq!(figures(&events, &[cut], MOVER, &symbols()).looked_into, 0, "the write began before");
    assert_eq!(figures(&events, &[made], WORKER, &symbols()).phases, []);
}
