//! Charges of fork and exit to `numtasks`, under its lock.
use super::charge::{Charge, charge as charge_counter, uncharge as uncharge_counter};
use crate::kernel::{CgroupId, Controller, TaskId};
use crate::seam::Current;
use crate::world::World;
use faults::Errno;

/// Returns the cgroup to which `task` is charged; `None` while `numtasks` counts nothing.
pub(super) fn place<C: Current>(cur: &C, world: &World, task: TaskId) -> Option<CgroupId> {
    let hierarchy = world.counting(cur, Controller::Numtasks)?;
    Some(world.cgroup_of(cur, task, hierarchy))
}

/// Charges a task that is not visible yet, and returns the cgroup charged.
///
/// # Errors
/// `EAGAIN` when there is no room for another task.
pub(super) fn charge<C: Current>(cur: &C, world: &World, task: TaskId) -> Result<Option<CgroupId>, Errno> {
    let place = place(cur, world, task);
    if let Some(cgroup) = place {
        let _books = world.numtasks_lock.lock(cur);
        charge_counter(cur, world, Charge::new(Controller::Numtasks, cgroup, 1))
            .map_err(|_| Errno::EAGAIN)?;
    }
    Ok(place)
}

/// Uncharges a task that is no longer visible.
pub(super) fn uncharge<C: Current>(cur: &C, world: &World, place: Option<CgroupId>) {
    if let Some(cgroup) = place {
        let _books = world.numtasks_lock.lock(cur);
        uncharge_counter(cur, world, Charge::new(Controller::Numtasks, cgroup, 1));
    }
}
