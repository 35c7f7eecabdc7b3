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

fn call(at: u64, name: &str, from: u64, to: u64) -> Event {
    let place = NAMES.iter().position(|known| *known == name).unwrap();
    Event { at, tid: MOVER, what: What::Call { func: 4096 * (place as u64 + 1) + 4, from, to } }
}

/// A move from `at` to `at + 100` on our clock; the tracer's own is elsewhere.
fn one(at: u64, refused: bool) -> (Vec<Event>, Move) {
    let t = at * 1_000;
    let mut events = vec![
        Event { at: at + 10, tid: MOVER, what: What::WaitBegin { lock: 0xf000, flags: 32 } },
        Event { at: at + 15, tid: MOVER, what: What::WaitEnd { lock: 0xf000 } },
        call(at + 20, "cgroup_kn_lock_live", t + 10, t + 20),
        Event { at: at + 21, tid: WORKER, what: What::Attach },
        call(at + 30, "pids_can_attach", t + 25, t + 30),
        call(at + 50, "pids_can_attach", t + 40, t + 50),
        Event { at: at + 55, tid: MOVER, what: What::Attach },
        call(at + 60, "cgroup_attach_task", t + 22, t + 60),
        call(at + 80, "cgroup_kn_unlock", t + 70, t + 80),
        call(at + 90, "cgroup_procs_write", t, t + 90),
        Event { at: at + 95, tid: WORKER, what: What::WaitBegin { lock: 0xabc, flags: 2 } },
        Event { at: at + 99, tid: WORKER, what: What::WaitEnd { lock: 0xabc } },
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
    let later = Move { begin: 1_050, end: 1_093, moved: true };
    assert_eq!(figures(&events, &[], MOVER, &symbols()), Traced::default());
    let traced = figures(&events, &[later], MOVER, &symbols());
    assert_eq!((traced.attaches, traced.looked_into), (1, 1));
    assert!(traced.locks.iter().all(|lock| lock.contentions == 0), "{:?}", traced.locks);
    assert_eq!(figures(&events, &[made], WORKER, &symbols()).phases, []);
}
