//! numtasks under transactional: lists the distinct sources and destinations while it may sleep, then counts and
//! charges under its spinlock, which it keeps until the commit uncharges every source.
use super::{Callbacks, Half, Tx};
use crate::kernel::CgroupId;
use crate::locks::Guard;
use crate::paths::moving::{Tasks, charge_tasks, count_tasks, uncharge_tasks};
use crate::seam::{Current, Work};
use faults::Errno;

/// The tasks by source and by destination, with the guard of `numtasks.lock` once they are charged.
pub(super) struct Slot<'a, C: Current> {
    pub(super) gone: Tasks,
    pub(super) come: Tasks,
    pub(super) books: Option<Guard<'a, (), true, C>>,
}

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks {
        sleep: Some(Half { prepare: list_sources, abort: forget, commit: forget }),
        nosleep: Some(Half { prepare: charge, abort: give_back, commit: uncharge }),
    }
}

/// Allocates an entry for every source and destination, since the later callbacks must not allocate.
fn list_sources<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    cur.work(Work::Check, 1);
    let none = |cgroups: Tasks| cgroups.into_iter().map(|(cgroup, _)| (cgroup, 0)).collect();
    let members = || tx.state.members.iter();
    let gone = none(count_tasks(members().filter_map(|member| member.from)));
    let come = none(count_tasks(members().map(|member| member.to)));
    tx.numtasks = Some(Slot { gone, come, books: None });
    Ok(())
}

fn forget<'a, C: Current>(_: &'a C, tx: &mut Tx<'a, C>) {
    tx.numtasks = None;
}

fn charge<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    let Some(slot) = &mut tx.numtasks else { return Ok(()) };
    let books = tx.world.numtasks_lock.lock(cur);
    let members = || tx.state.members.iter();
    count(&mut slot.gone, members().filter_map(|member| member.from));
    count(&mut slot.come, members().map(|member| member.to));
    charge_tasks(cur, tx.world, &slot.come, true)?;
    slot.books = Some(books);
    Ok(())
}

fn count(tasks: &mut Tasks, cgroups: impl Iterator<Item = CgroupId>) {
    for cgroup in cgroups {
        if let Some((_, n)) = tasks.iter_mut().find(|(known, _)| *known == cgroup) {
            *n += 1;
        }
    }
}

fn give_back<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(slot) = &mut tx.numtasks {
        uncharge_tasks(cur, tx.world, &slot.come, true);
        slot.books = None;
    }
}

fn uncharge<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(slot) = &mut tx.numtasks {
        uncharge_tasks(cur, tx.world, &slot.gone, false);
        slot.books = None;
    }
}
