//! Descriptions of what actors are doing, for the reports of checks.
use super::Shadow;
use super::unit::UnitKind;
use crate::locks::held::{HeldTable, Hold};
use crate::seam::event::Mode;
use crate::seam::{ActorId, Object};

/// Returns `mover 0 in phase prepare` or `task 3 in mmap`.
pub(super) fn doing(shadow: &Shadow, held: &HeldTable, actor: ActorId) -> String {
    format!("{}{}", shadow.who(actor), place(shadow, held, actor))
}

/// Returns ` in phase prepare`, ` in mmap`, or nothing.
pub(super) fn place(shadow: &Shadow, held: &HeldTable, actor: ActorId) -> String {
    if let Some(phase) = held.phase(actor) {
        return format!(" in phase {}", phase.name());
    }
    match shadow.unit(actor).map(|unit| unit.kind) {
        Some(UnitKind::Op(kind)) => format!(" in {}", kind.name()),
        _ => String::new(),
    }
}

/// Returns a lock with its mode: `mmap_sem(mm 0) for reading`.
pub(super) fn lock(object: Object, mode: Mode) -> String {
    match mode {
        Mode::Exclusive => object.to_string(),
        Mode::Read => format!("{object} for reading"),
        Mode::Write => format!("{object} for writing"),
    }
}

/// Returns a list of locks: `cgroup_mutex, mmap_sem(mm 0) for reading`.
pub(super) fn locks(holds: &[Hold]) -> String {
    holds.iter().map(|hold| lock(hold.object, hold.mode)).collect::<Vec<_>>().join(", ")
}
