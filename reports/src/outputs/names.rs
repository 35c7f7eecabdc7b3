//! Names of figures, and every histogram under its name.
//!
//! Separate from the forms, because CSV and `.hlog` must call the same series by the same name.
use crate::hist::Hist;
use crate::labels;
use crate::schema::{Bystander, Cell, Condition, LatencySeries, LockRow, PhaseSeries};

/// Returns a name such as `attach-latency/moved/raw`.
pub(super) fn latency(series: &LatencySeries) -> String {
    format!("attach-latency/{}/{}", series.outcome, labels::latency(series.kind))
}

/// Returns a name such as `phase/switch`.
pub(super) fn phase(series: &PhaseSeries) -> String {
    format!("phase/{}", series.phase)
}

/// Returns a name such as `bystander/mmap/idle`.
pub(super) fn bystander(series: &Bystander) -> String {
    format!("bystander/{}/{}", series.op, condition(series.condition))
}

/// Returns `idle` or `attaching`.
pub(super) fn condition(condition: Condition) -> &'static str {
    match condition {
        Condition::Idle => "idle",
        Condition::Attaching => "attaching",
    }
}

/// Returns a name such as `lock-wait/mmap_sem/W`, with `lock-wait` as `what`.
pub(super) fn lock(what: &str, row: &LockRow) -> String {
    let slash = if row.mode.is_empty() { "" } else { "/" };
    format!("{what}/{}{slash}{}", row.class, row.mode)
}

/// Returns every histogram of `cell`, in the order of the schema.
pub(super) fn histograms(cell: &Cell) -> Vec<(String, &Hist)> {
    let mut all: Vec<(String, &Hist)> = Vec::new();
    all.extend(cell.attach.latency.iter().map(|series| (latency(series), &series.hist)));
    all.extend(cell.attach.phases.iter().map(|series| (phase(series), &series.hist)));
    all.extend(cell.bystanders.iter().map(|series| (bystander(series), &series.hist)));
    for row in &cell.locks {
        all.push((lock("lock-wait", row), &row.wait));
        all.push((lock("lock-hold", row), &row.hold));
    }
    all
}
