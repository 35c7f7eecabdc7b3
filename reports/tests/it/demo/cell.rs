//! One cell of the made-up run on the simulator, part by part.
use super::timeline::timeline;
use super::{Dice, INVARIANTS, counts, empty_cell, invariant, series};
use reports::axis::Axis;
use reports::schema::*;
use reports::slices::Slices;

pub(super) fn bystander(dice: &mut Dice, op: &str, condition: Condition, n: u64, mid: u64) -> Bystander {
    Bystander { op: op.to_owned(), condition, failed: dice.below(4), hist: dice.hist(n, mid) }
}

/// Returns one cell of the demo with everything in it.
pub(super) fn cell(
    dice: &mut Dice,
    (name, mid, slow, drifts): (&str, u64, u64, bool),
    faults: u32,
    seed: u64,
    n: u64,
) -> Cell {
    let mut cell = empty_cell(name, seed);
    cell.point = cell.point.with(Axis::FaultRate, u64::from(faults));
    let refused = n * u64::from(faults) / 100;
    attach(&mut cell.attach, dice, name, mid, n, refused);
    cell.attach.over_time = over_time(seed, mid, refused).used();
    for (op, mid) in
        [("mmap", 1_900), ("munmap", 2_300), ("touch", 620), ("fork-thread", 41_000), ("exit", 36_000)]
    {
        cell.bystanders.push(bystander(dice, op, Condition::Idle, n * 4, mid));
        cell.bystanders.push(bystander(dice, op, Condition::Attaching, n, mid * slow / 100));
    }
    locks(&mut cell, dice, mid, n);
    for (controller, cgroup, unit) in [
        ("memrlimit", "a", "pages"),
        ("memrlimit", "b", "pages"),
        ("memory", "b", "pages"),
        ("cpuset", "b", "tasks"),
    ] {
        let walks = drifts && controller != "cpuset";
        cell.drift.push(drift(dice, controller, cgroup, unit, if walks { i64::from(faults) + 2 } else { 0 }));
    }
    for name in INVARIANTS {
        let violated = match name {
            "drift" | "underflow" if drifts => dice.below(9) + u64::from(faults),
            "stale-decision" | "partial-move" if cell.subject.label() == "three-phase" => dice.below(5),
            "contract" if cell.subject.label() == "prepare-undo" && faults == 10 => dice.below(3),
            _ => 0,
        };
        cell.invariants.push(invariant(name, violated));
    }
    let rules =
        ["memrlimit.prepare_sleep", "memory.prepare_sleep", "cpuset.prepare_sleep"].iter().map(|site| {
            let rule = format!("{site}: probability={faults} errno=ENOMEM");
            FaultRule { rule, hits: n, fired: if faults == 0 { 0 } else { refused / 3 } }
        });
    cell.faults.rules = if faults == 0 { Vec::new() } else { rules.collect() };
    let (fast, slow) = (mid * 27 / 20 + seed, mid * 11);
    cell.timelines = [(fast, false), (mid * 6, true), (slow, faults > 0)]
        .map(|(ns, fault)| timeline(ns, phases(name), fault))
        .to_vec();
    cell.sim = Some(SimCounts {
        dispatches: 90_000,
        accesses: 410_000,
        context_switches: 7_000,
        threads: 96,
        operations: 30_000,
    });
    cell
}

/// Returns 300 attaches over 50 ms, one of them long, and `faults` faults. It has dice of its own, so that nothing else
/// changes.
fn over_time(seed: u64, mid: u64, faults: u64) -> Slices {
    let (mut dice, mut slices) = (Dice::new(seed), Slices::default());
    for n in 0..300_u64 {
        let long = if n == 200 { mid * 9 } else { 0 };
        slices.moved(n * 166_000, mid / 2 + dice.below(mid) + long);
    }
    (0..faults).for_each(|_| slices.fault(dice.below(50_000_000)));
    slices
}

fn attach(attach: &mut Attach, dice: &mut Dice, protocol: &str, mid: u64, n: u64, refused: u64) {
    attach.outcomes = counts(&[("moved", n - refused), ("refused", refused), ("noop", n / 40), ("gone", 2)]);
    attach.refusals = counts(&[
        ("memrlimit.prepare_sleep ENOMEM", refused / 2),
        ("cpuset.prepare_sleep ENOSPC", refused / 2),
    ]);
    attach.overlaps = n / 3;
    attach.spurious_refusals = if protocol == "three-phase" { 0 } else { refused / 5 };
    if protocol != "three-phase" {
        attach.aborts =
            counts(&[("memrlimit.abort_sleep", refused / 2), ("memory.abort_sleep", refused / 3)]);
    }
    attach.latency.push(series("moved", LatencyKind::Raw, dice.hist(n - refused, mid)));
    attach.latency.push(series("refused", LatencyKind::Raw, dice.hist(refused, mid / 3)));
    for (phase, share) in phases(protocol) {
        let hist = dice.hist(n - refused, mid * share / 100);
        attach.phases.push(PhaseSeries { phase: (*phase).to_owned(), hist });
    }
}

/// Returns phases with their shares in percent.
fn phases(protocol: &str) -> &'static [(&'static str, u64)] {
    match protocol {
        "three-phase" => &[("lock", 8), ("can_attach", 10), ("switch", 2), ("attach", 70), ("unlock", 1)],
        "transactional" => &[
            ("lock", 30),
            ("prepare_sleep", 40),
            ("prepare_nosleep", 4),
            ("switch", 3),
            ("commit", 20),
            ("unlock", 1),
        ],
        _ => &[("lock", 20), ("prepare", 30), ("switch", 3), ("attached", 40), ("unlock", 1)],
    }
}

fn locks(cell: &mut Cell, dice: &mut Dice, mid: u64, n: u64) {
    for (class, mode, hold) in [
        ("cgroup_mutex", "", mid),
        ("threadgroup_rwsem", "W", mid / 2),
        ("threadgroup_rwsem", "R", 30_000),
        ("mmap_sem", "W", 1_500),
        ("mmap_sem", "R", 900),
        ("counter.lock", "", 90),
    ] {
        let contended = n / 7;
        cell.locks.push(LockRow {
            class: class.to_owned(),
            mode: mode.to_owned(),
            contentions: contended,
            wait: dice.hist(contended, hold),
            acquisitions: n * 2,
            hold: dice.hist(n * 2, hold),
            hold_by_phase: vec![
                PhaseHold { phase: "lock".into(), holds: n, total_ns: n * hold / 5 },
                PhaseHold { phase: "switch".into(), holds: n, total_ns: n * hold / 20 },
            ],
        });
    }
    for k in 0..4 {
        cell.longest_holds.push(LongHold {
            lock: format!("mmap_sem(mm {k})"),
            mode: "R".into(),
            hold_ns: mid * (20 - k) + dice.below(9_999),
            holder: format!("mover-{k}"),
            phase: (k % 2 == 0).then(|| "prepare_sleep".to_owned()),
            waiters: 5 - k as u32,
        });
    }
}

fn drift(dice: &mut Dice, controller: &str, cgroup: &str, unit: &str, step: i64) -> Drift {
    let mut series = Vec::new();
    let mut now = 0_i64;
    for k in 0..120_u64 {
        if step > 0 && dice.below(7) == 0 {
            now += dice.below(2 * step as u64 + 2) as i64 - step / 2;
        }
        series.push(DriftPoint { at_ns: k * 400_000, drift: now, quiescent: k % 12 == 11 });
    }
    let (over, under) = series.iter().fold((0, 0), |(o, u), p| (p.drift.max(o), p.drift.min(u)));
    Drift {
        controller: controller.to_owned(),
        cgroup: cgroup.to_owned(),
        unit: unit.to_owned(),
        usage_final: 4_000 + now,
        truth_final: 4_000,
        drift_final: now,
        tolerance: None,
        how: None,
        by_design: None,
        peak_over: Some(over),
        peak_under: Some(under),
        integral_abs_us: Some(now.unsigned_abs() * 48_000),
        events: if step > 0 { dice.below(30) } else { 0 },
        clamps: if step > 0 { dice.below(4) } else { 0 },
        reserved_peak: 256,
        series,
    }
}
