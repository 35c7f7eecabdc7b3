//! A made-up run on Linux that moves ever larger processes, with and without charges, and watches counters and locks.
use super::{Dice, counts, empty_cell, finished, note, scenario, series};
use reports::axis::Axis;
use reports::fit::over_resident_pages;
use reports::hist::Hist;
use reports::schema::*;

/// Pages that the process keeps.
const PAGES: [u64; 6] = [0, 256, 1_024, 2_048, 4_096, 8_192];

/// Returns a run with counters within the range that batches may hide, charges left by design, and waits without holds.
pub(crate) fn demo_charges() -> Run {
    let mut cells = Vec::new();
    for per_page in [0, 11] {
        for pages in PAGES {
            let mut dice = Dice::new(pages + per_page);
            let mut cell = empty_cell("v1", 1);
            cell.subject = cell.subject.with(|parts| (parts.guest, parts.charges) = (true, per_page > 0));
            cell.point = cell.point.with(Axis::ResidentPages, pages);
            cell.attach.outcomes = counts(&[("moved", 400)]);
            let mid = 14_000 + pages * per_page;
            cell.attach.latency.push(series("moved", LatencyKind::Raw, dice.hist(400, mid)));
            let stays = if per_page == 0 { pages as i64 } else { 0 };
            cell.drift.push(counter("a", stays + 37, stays, stays));
            cell.drift.push(counter("b", 0, 0, 0));
            cell.locks.push(waits("css_set_lock", dice.hist(60, 900)));
            cells.push(cell);
        }
    }
    let notes = vec![note(NoteKind::Info, "Holds of locks cannot be measured here.")];
    let mut run =
        finished(Engine::Linux, scenario("charges", 2), "attach-rig vm --hierarchy v1", cells, notes);
    run.fits = over_resident_pages(&run.cells, "a move");
    run
}

fn counter(cgroup: &str, usage: i64, truth: i64, stays: i64) -> Drift {
    Drift {
        controller: "memory".into(),
        cgroup: cgroup.into(),
        unit: "pages".into(),
        usage_final: usage,
        truth_final: truth,
        drift_final: usage - truth,
        tolerance: Some(158),
        how: Some("2 CPUs × (64 pages of charge batch + 15 of pagevec)".into()),
        by_design: Some(stays),
        peak_over: None,
        peak_under: None,
        integral_abs_us: None,
        events: 0,
        clamps: 0,
        reserved_peak: 0,
        series: Vec::new(),
    }
}

fn waits(class: &str, wait: Hist) -> LockRow {
    LockRow {
        class: class.into(),
        mode: String::new(),
        contentions: wait.count,
        wait,
        acquisitions: 0,
        hold: Hist::default(),
        hold_by_phase: Vec::new(),
    }
}
