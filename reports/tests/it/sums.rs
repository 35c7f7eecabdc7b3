//! Cells merged over seeds.
use crate::demo::{demo_linux, demo_run, empty_cell};
use reports::aggregate::aggregate;
use reports::axis::Axis;
use reports::outcome::AttachOutcome;
use reports::schema::{Condition, Drift, LatencyKind};

#[test]
fn groups_follow_the_plan_and_add_up() {
    let run = demo_run();
    let sums = aggregate(&run).unwrap();
    assert_eq!((sums.protocols.len(), sums.points.len(), sums.groups.len()), (4, 3, 12));
    assert_eq!(sums.axes.iter().collect::<Vec<_>>(), [Axis::FaultRate]);
    let cells: u64 = sums.groups.iter().map(|group| group.sum.cells).sum();
    assert_eq!(cells, run.cells.len() as u64);
    for protocol in &sums.protocols {
        let mine = || run.cells.iter().filter(|cell| cell.subject == protocol.subject);
        let moved: u64 = mine().map(|cell| cell.attach.outcomes["moved"]).sum();
        assert_eq!(protocol.sum.outcome(AttachOutcome::Moved), moved);
        assert_eq!(protocol.sum.latency(AttachOutcome::Moved, LatencyKind::Raw).unwrap().n(), moved);
        let hold: u64 = mine().map(|cell| cell.locks[0].hold.total_ns).sum();
        assert_eq!(protocol.sum.locks[0].hold.total_ns, hold);
        let longest = mine().flat_map(|cell| &cell.longest_holds).map(|hold| hold.hold_ns).max();
        assert_eq!(protocol.sum.longest_holds.first().map(|(_, hold)| hold.hold_ns), longest);
        assert_eq!(protocol.sum.longest_holds.len(), 10);
    }
}

#[test]
fn raw_and_corrected_and_outcomes_stay_separate() {
    let run = demo_linux();
    let sums = aggregate(&run).unwrap();
    let group = &sums.groups[1].sum;
    assert_eq!(group.latency.len(), 2);
    assert!(group.latency(AttachOutcome::Refused, LatencyKind::Raw).is_none());
    assert!(group.bystander("mmap", Condition::Idle).unwrap().samples.n() == 9_000);
    assert_eq!(sums.points[0].words(Axis::Rate), "closed loop");
}

#[test]
fn the_worst_drift_keeps_its_sign_and_its_cell() {
    let mut run = demo_linux();
    run.cells.clear();
    for (seed, drift_final) in [(1, 3), (2, -8), (3, 5)] {
        let mut cell = empty_cell("p", seed);
        cell.drift.push(Drift {
            controller: "memory".into(),
            cgroup: "b".into(),
            unit: "pages".into(),
            usage_final: 10 + drift_final,
            truth_final: 10,
            drift_final,
            tolerance: None,
            how: None,
            by_design: None,
            peak_over: Some(drift_final.max(0) + 1),
            peak_under: Some(drift_final.min(0)),
            integral_abs_us: Some(7),
            events: 1,
            clamps: 2,
            reserved_peak: drift_final,
            series: Vec::new(),
        });
        run.cells.push(cell);
    }
    let sums = aggregate(&run).unwrap();
    let worst = sums.groups[0].sum.worst_drift().unwrap();
    assert_eq!((worst.worst_final, worst.worst_cell), (-8, 1));
    assert_eq!((worst.peak_over, worst.peak_under), (Some(6), Some(-8)));
    assert_eq!((worst.events, worst.clamps, worst.reserved_peak, worst.integral_abs_us), (3, 6, 5, Some(21)));
}
