//! memrlimit under three-phase: checks for room without reserving it, and charges after the switch.
//!
//! As in the patch of 19 June 2008, can_attach checks usage + total_vm. attach looks again, under `mmap_sem`, whether the
//! task owns its address space, charges the total_vm of that time and, if the charge fails, silently does nothing.
use super::{Callbacks, Check};
use crate::kernel::Controller;
use crate::paths::attach::AttachState;
use crate::paths::charge::{charge, uncharge};
use crate::seam::Admitted;
use crate::seam::{Current, Event, Work};
use crate::world::World;
use faults::Errno;

pub(super) fn callbacks<C: Current>(check: Check) -> Callbacks<C> {
    Callbacks { can_attach: (check == Check::Room).then_some(can_attach), attach: Some(attach) }
}

fn can_attach<C: Current>(cur: &C, world: &World, state: &AttachState<'_>) -> Result<(), Errno> {
    for moving in &state.mms {
        let pages = world.mm(moving.mm).total_vm.load(cur);
        cur.work(Work::Check, 1);
        if !moving.come(world, pages).fits(cur, world) {
            return Err(Errno::ENOMEM);
        }
        cur.emit(Event::Admitted {
            controller: Controller::Memrlimit,
            cgroup: moving.to,
            until: moving.until(world),
            what: Admitted::RoomForMm(moving.mm),
        });
    }
    Ok(())
}

fn attach<C: Current>(cur: &C, world: &World, state: &AttachState<'_>) {
    for moving in &state.mms_again(cur) {
        let mm = world.mm(moving.mm);
        let _reading = mm.mmap_sem.read(cur);
        if !state.has_moved(cur, moving) {
            continue;
        }
        let pages = mm.total_vm.load(cur);
        if charge(cur, world, moving.come(world, pages)).is_ok() {
            uncharge(cur, world, moving.gone(world, pages));
        }
    }
}
