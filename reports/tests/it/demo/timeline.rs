//! Single attaches of the made-up run, step by step.
use reports::schema::{FaultMark, HoldSpan, PhaseSpan, Timeline, WaitSpan};

fn hold(lock: &str, mode: &str, phase: &str, (from_ns, to_ns): (u64, u64), times: u64) -> HoldSpan {
    let held_ns = if times == 1 { to_ns - from_ns } else { (to_ns - from_ns) / 3 };
    let phase = Some(phase.to_owned());
    HoldSpan { lock: lock.into(), mode: mode.into(), phase, from_ns, to_ns, times, held_ns }
}

fn wait(who: &str, lock: &str, mode: &str, from_ns: u64, to_ns: u64) -> WaitSpan {
    WaitSpan { who: who.into(), lock: lock.into(), mode: mode.into(), from_ns, to_ns }
}

/// Returns an attach of `ns` whose phases have the lengths, in percent, that `shares` gives.
pub(super) fn timeline(ns: u64, shares: &[(&str, u64)], fault: bool) -> Timeline {
    let whole: u64 = shares.iter().map(|share| share.1).sum();
    let (mut done, mut phases) = (0, Vec::new());
    for (phase, share) in shares {
        let (from_ns, to_ns) = (ns * done / whole, ns * (done + share) / whole);
        phases.push(PhaseSpan { phase: (*phase).to_owned(), from_ns, to_ns });
        done += share;
    }
    let (first, second, last) = (shares[0].0, shares[1].0, shares[shares.len() - 2].0);
    Timeline {
        who: "mover 0".into(),
        what: "process 3".into(),
        from: vec!["a".into()],
        to: "b".into(),
        start_ns: 12_345_678,
        latency_ns: ns,
        holds: vec![
            hold("cgroup_mutex", "", first, (ns / 20, ns), 1),
            hold("threadgroup_rwsem(process 3)", "W", first, (ns / 10, ns * 97 / 100), 1),
            hold("mmap_sem(mm 3)", "R", second, (ns / 4, ns * 9 / 10), 1),
            hold("counter.lock(b.memrlimit)", "", second, (ns * 3 / 10, ns * 31 / 100), 1),
            hold("counter.lock(b.memory)", "", last, (ns / 2, ns * 4 / 5), 137),
        ],
        waited: vec![wait("mover 0", "mmap_sem(mm 3)", "R", ns / 6, ns / 4)],
        waits: vec![
            wait("task 7", "mmap_sem(mm 3)", "W", ns / 3, ns),
            wait("task 9", "threadgroup_rwsem(process 3)", "R", ns / 5, ns),
        ],
        faults: if fault {
            vec![FaultMark { what: "memory.prepare_sleep delay=9us".into(), at_ns: ns / 3 }]
        } else {
            Vec::new()
        },
        phases,
        left_out: u64::from(fault) * 2,
    }
}
