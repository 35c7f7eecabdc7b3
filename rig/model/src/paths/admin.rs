//! Administration: writes to files of cgroups, removal of cgroups, CPU hotplug.
//!
//! Writes to cpuset.cpus and hotplug take `cgroup_mutex` and then `callback_mutex`. Writes to freezer.state and rmdir
//! take `cgroup_mutex`. A limit is changed under the counter's own lock, even while an attach is under way.
use super::operation_without_mm;
use crate::kernel::{CgroupId, Controller, CpuMask, HierarchyId};
use crate::locks::Guard;
use crate::seam::event::OpKind;
use crate::seam::{Current, Event, Work};
use crate::world::{Cpusets, Invalidate, World};
use faults::Errno;

/// Writes a limit, in the controller's unit. `force`: also below usage.
///
/// # Errors
/// `EBUSY` when more than `limit` is charged, reservations included.
pub fn set_limit<C: Current>(
    cur: &C,
    world: &World,
    (controller, cgroup): (Controller, CgroupId),
    limit: u64,
    force: bool,
) -> Result<(), Errno> {
    operation_without_mm(cur, OpKind::SetLimit, || {
        cur.work(Work::Syscall, 1);
        let mut counter = world.counter(controller, cgroup).lock(cur);
        if counter.usage > limit && !force {
            return Err(Errno::EBUSY);
        }
        counter.limit = limit;
        cur.emit(Event::Limit { controller, cgroup, limit, forced: force });
        Ok(())
    })
}

/// Writes cpuset.cpus.
///
/// # Errors
/// `ENOSPC` when no CPU would be left for the tasks of the cpuset.
pub fn set_cpus<C: Current>(cur: &C, world: &World, cgroup: CgroupId, cpus: CpuMask) -> Result<(), Errno> {
    operation_without_mm(cur, OpKind::SetCpus, || {
        cur.work(Work::Syscall, 1);
        let online = world.cpu_hotplug.read(cur);
        let _moves = (world.options().invalidate == Invalidate::Mutex).then(|| world.cgroup_mutex.lock(cur));
        let mut cpusets = world.callback_mutex.lock(cur);
        let hierarchy = *world.cgroup(cgroup).hierarchy;
        if cpus.and(&online).is_empty() && has_tasks(cur, world, hierarchy, cgroup) {
            return Err(Errno::ENOSPC);
        }
        cpusets.write(cgroup, cpus, &online);
        masks_follow(cur, world, &mut cpusets, &[cgroup]);
        Ok(())
    })
}

fn has_tasks<C: Current>(cur: &C, world: &World, hierarchy: HierarchyId, cgroup: CgroupId) -> bool {
    let list = world.tasklist_lock.lock(cur);
    list.all().any(|task| world.cgroup_of(cur, task, hierarchy) == cgroup)
}

/// Gives every task of the `changed` cpusets the new mask, even if tasks fork at the same time.
fn masks_follow<C: Current>(
    cur: &C,
    world: &World,
    cpusets: &mut Guard<'_, Cpusets, false, C>,
    changed: &[CgroupId],
) {
    for cgroup in changed.iter().copied() {
        let (mask, empty) = (cpusets.of_cgroup[cgroup.index()], cpusets.is_empty(cgroup));
        cur.emit(Event::Cpus { cgroup, mask, empty });
    }
    let Some(hierarchy) = world.counting(cur, Controller::Cpuset) else { return };
    let list = world.tasklist_lock.lock(cur);
    for task in list.all() {
        let cgroup = world.cgroup_of(cur, task, hierarchy);
        if changed.contains(&cgroup) {
            let mask = cpusets.of_cgroup[cgroup.index()];
            cur.work(Work::SetCpus, 1);
            world.task(task).cpus_allowed.store(cur, mask.word());
            cur.emit(Event::Mask { task, mask });
        }
    }
}

/// Writes cpusets as they were before a CPU went offline, since the CPU does not come back to them by itself.
pub fn write_back<C: Current>(cur: &C, world: &World, cpusets: Vec<(CgroupId, CpuMask)>) {
    for (cgroup, cpus) in cpusets {
        let _ = set_cpus(cur, world, cgroup, cpus);
    }
}

/// Takes a CPU offline and removes it from every cpuset for good. Cpusets without any CPU left are added to
/// [`Cpusets::emptied`]: their tasks have to move to the nearest ancestor with CPUs, by ordinary attaches, once the
/// locks are free.
///
/// # Errors
/// `EINVAL` when it is offline already, `EBUSY` when it is the last online CPU.
pub fn offline_cpu<C: Current>(cur: &C, world: &World, cpu: u32) -> Result<(), Errno> {
    operation_without_mm(cur, OpKind::OfflineCpu, || {
        let mut online = world.cpu_hotplug.write(cur);
        if !online.contains(cpu) {
            return Err(Errno::EINVAL);
        }
        if online.count() == 1 {
            return Err(Errno::EBUSY);
        }
        *online = online.without(cpu);
        let _moves = world.cgroup_mutex.lock(cur);
        let mut cpusets = world.callback_mutex.lock(cur);
        let changed = cpusets.refresh(&online);
        masks_follow(cur, world, &mut cpusets, &changed);
        let emptied = changed.into_iter().filter(|cgroup| cpusets.is_empty(*cgroup)).collect::<Vec<_>>();
        cpusets.emptied.extend(emptied);
        Ok(())
    })
}

/// Brings a CPU online. A cpuset that has lost it gets it back only when it is written.
///
/// # Errors
/// `EINVAL` when it is online already.
pub fn online_cpu<C: Current>(cur: &C, world: &World, cpu: u32) -> Result<(), Errno> {
    operation_without_mm(cur, OpKind::OnlineCpu, || {
        let mut online = world.cpu_hotplug.write(cur);
        if online.contains(cpu) {
            return Err(Errno::EINVAL);
        }
        *online = online.with(cpu);
        let _moves = world.cgroup_mutex.lock(cur);
        let mut cpusets = world.callback_mutex.lock(cur);
        let changed = cpusets.refresh(&online);
        masks_follow(cur, world, &mut cpusets, &changed);
        Ok(())
    })
}

/// Removes and returns the cpusets that have lost their last CPU, each with its nearest ancestor that has a CPU.
pub fn take_emptied<C: Current>(cur: &C, world: &World) -> Vec<(CgroupId, CgroupId)> {
    let mut cpusets = world.callback_mutex.lock(cur);
    let emptied = std::mem::take(&mut cpusets.emptied);
    let refuge = |cgroup: CgroupId| {
        let ancestor = world.upward(cgroup).skip(1).find(|id| !cpusets.is_empty(*id));
        ancestor.unwrap_or_else(|| world.root(*world.cgroup(cgroup).hierarchy))
    };
    let still = emptied.iter().copied().filter(|cgroup| cpusets.is_empty(*cgroup));
    still.map(|cgroup| (cgroup, refuge(cgroup))).collect()
}

/// Writes FROZEN or THAWED to freezer.state.
///
/// # Errors
/// None. The signature is that of all operations.
pub fn freeze<C: Current>(cur: &C, world: &World, cgroup: CgroupId, frozen: bool) -> Result<(), Errno> {
    operation_without_mm(cur, if frozen { OpKind::Freeze } else { OpKind::Thaw }, || {
        cur.work(Work::Syscall, 1);
        let _moves = world.cgroup_mutex.lock(cur);
        world.cgroup(cgroup).frozen.store(cur, u64::from(frozen));
        cur.emit(Event::Frozen { cgroup, frozen });
        Ok(())
    })
}

/// Removes a cgroup. Later lookups fail with ENODEV.
///
/// # Errors
/// `EBUSY` when it has tasks or children or is a root, `ENOENT` when it is removed already.
pub fn rmdir<C: Current>(cur: &C, world: &World, cgroup: CgroupId) -> Result<(), Errno> {
    operation_without_mm(cur, OpKind::Rmdir, || {
        cur.work(Work::Syscall, 1);
        let _moves = world.cgroup_mutex.lock(cur);
        let of = world.cgroup(cgroup);
        if of.removed.load(cur) == 1 {
            return Err(Errno::ENOENT);
        }
        let is_child = |child: &&crate::world::Cgroup| *child.parent == Some(cgroup);
        let children = world.cgroups.iter().filter(is_child).any(|child| child.removed.load(cur) == 0);
        if world.spec.tree().spec(cgroup).is_none()
            || children
            || has_tasks(cur, world, *of.hierarchy, cgroup)
        {
            return Err(Errno::EBUSY);
        }
        of.removed.store(cur, 1);
        cur.emit(Event::Removed { cgroup, gone: true });
        Ok(())
    })
}

/// Makes a removed cgroup again. It keeps its limits and its charges.
///
/// # Errors
/// `EINVAL` when it exists.
pub fn mkdir<C: Current>(cur: &C, world: &World, cgroup: CgroupId) -> Result<(), Errno> {
    operation_without_mm(cur, OpKind::Mkdir, || {
        cur.work(Work::Syscall, 1);
        let _moves = world.cgroup_mutex.lock(cur);
        if world.cgroup(cgroup).removed.load(cur) == 0 {
            return Err(Errno::EINVAL);
        }
        world.cgroup(cgroup).removed.store(cur, 0);
        cur.emit(Event::Removed { cgroup, gone: false });
        Ok(())
    })
}
