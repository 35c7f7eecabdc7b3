//! The wrong callbacks of mutants. Each is the right callback with one change, in as few lines as possible.
use super::super::{Half, Sleeping, Tx, memory, memrlimit, numtasks};
use super::Mutant;
use crate::kernel::{CgroupId, Controller};
use crate::paths::charge::{Charge, charge, charge_back, charge_forced, uncharge};
use crate::paths::moving::{
    Moves, Tasks, charge_tasks, move_records, release_records, set_masks, uncharge_tasks,
};
use crate::seam::Admitted;
use crate::seam::{Current, Event};
use faults::Errno;

/// Returns the callbacks of `controller` in that phase, with the defect of `mutant`.
pub(super) fn tamper<C: Current>(
    mutant: Mutant,
    controller: Controller,
    phase: Sleeping,
    mut half: Half<C>,
) -> Half<C> {
    match (mutant, controller, phase) {
        (Mutant::AbortForgetsUncharge, Controller::Memrlimit, _) => half.abort = forget_charge,
        (Mutant::UndoneTwice, Controller::Memrlimit, _) => half.abort = uncharge_twice,
        (Mutant::CancelWakesNoWaiter, Controller::Memrlimit, _) => half.abort = wake_no_waiter,
        (Mutant::ForcedCharge, Controller::Memrlimit, _) => half.prepare = force,
        (Mutant::WrongGroup, Controller::Memrlimit, _) => half.prepare = charge_a_stranger,
        (Mutant::Unwritten, Controller::Memrlimit, _) => half.prepare = write_nothing_down,
        (Mutant::LockInversion, Controller::Memrlimit, _) => half.prepare = out_of_memory,
        (Mutant::CheckOnly, Controller::Memrlimit, _) => {
            half = Half { prepare: look, abort: |_, _| {}, commit: charge_late };
        }
        (Mutant::UndoneByCharging, Controller::Memrlimit, _) => {
            half = Half { prepare: move_early, abort: charge_again, commit: release };
        }
        (Mutant::SharedLock, Controller::Memory, _) => half.prepare = look_at_cpusets,
        (Mutant::MmapSemWrite, Controller::Memory, _) => half.prepare = write_mmap_sem,
        (Mutant::OnePageLeft, Controller::Memory, _) => half.commit = leave_a_page,
        (Mutant::LockKept, Controller::Cpuset, _) => half.abort = keep_lock,
        (Mutant::AbortSetsMasks, Controller::Cpuset, _) => half.abort = set_masks_all_the_same,
        (Mutant::SpinAcrossSleep, Controller::Numtasks, Sleeping::Yes) => half.prepare = take_books_early,
        (Mutant::SpinAcrossSleep, Controller::Numtasks, Sleeping::No) => half.prepare = |_, _| Ok(()),
        (Mutant::ReservedInSleep, Controller::Numtasks, Sleeping::Yes) => {
            half = Half { prepare: reserve_in_sleep, abort: give_back, ..half };
        }
        (Mutant::ReservedInSleep, Controller::Numtasks, Sleeping::No) => {
            half = Half { prepare: |_, _| Ok(()), abort: |_, _| {}, ..half };
        }
        (Mutant::SleepUnderSpin, Controller::Numtasks, Sleeping::No) => half.prepare = sleep_with_books,
        (Mutant::TaskReservationLost, Controller::Numtasks, Sleeping::No) => half.prepare = task_by_task,
        (Mutant::TotalForPart, Controller::Numtasks, Sleeping::No) => half.prepare = charge_whole_process,
        (Mutant::IncrementForDecrement, Controller::Numtasks, Sleeping::No) => half.commit = increment,
        (Mutant::LastSourceForAll, Controller::Numtasks, Sleeping::No) => half.commit = last_source,
        (Mutant::HalfSwitched, Controller::Numtasks, Sleeping::No) => half.prepare = pass_over,
        _ => {}
    }
    half
}

fn forget_charge<'a, C: Current>(_: &'a C, tx: &mut Tx<'a, C>) {
    for moving in &mut tx.moving {
        if moving.memrlimit.take().is_some() {
            moving.mmap_sem.put();
        }
    }
}

fn uncharge_twice<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    for moving in &mut tx.moving {
        if let Some(memrlimit::Slot { pages }) = moving.memrlimit.take() {
            for _ in 0..2 {
                uncharge(cur, tx.world, moving.mm.reserved(tx.world, pages));
            }
            moving.mmap_sem.put();
        }
    }
}

fn wake_no_waiter<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    for moving in &mut tx.moving {
        if let Some(memrlimit::Slot { pages }) = moving.memrlimit.take() {
            uncharge(cur, tx.world, moving.mm.reserved(tx.world, pages));
            moving.mmap_sem.put_without_waking();
        }
    }
}

fn move_early<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    (memrlimit::callbacks().sleep.expect("it has one").prepare)(cur, tx)?;
    for moving in &tx.moving {
        let pages = moving.memrlimit.as_ref().map_or(0, |slot| slot.pages);
        uncharge(cur, tx.world, moving.mm.gone(tx.world, pages));
    }
    Ok(())
}

fn charge_again<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    for moving in &mut tx.moving {
        if let Some(memrlimit::Slot { pages }) = moving.memrlimit.take() {
            let (source, reserved) = (moving.mm.gone(tx.world, pages), moving.mm.reserved(tx.world, pages));
            charge_back(cur, tx.world, Some(source), reserved);
            moving.mmap_sem.put();
        }
    }
}

fn release<'a, C: Current>(_: &'a C, tx: &mut Tx<'a, C>) {
    for moving in &mut tx.moving {
        if moving.memrlimit.take().is_some() {
            moving.mmap_sem.put();
        }
    }
}

/// Runs memrlimit's prepare with another way to charge.
fn charge_by<'a, C: Current>(
    cur: &'a C,
    tx: &mut Tx<'a, C>,
    by: impl Fn(&Tx<'a, C>, usize, u64),
) -> Result<(), Errno> {
    for at in 0..tx.moving.len() {
        let mm = tx.world.mm(tx.moving[at].mm.mm);
        tx.moving[at].mmap_sem.get(cur, mm);
        let pages = mm.total_vm.load(cur);
        by(tx, at, pages);
        tx.moving[at].memrlimit = Some(memrlimit::Slot { pages });
    }
    Ok(())
}

fn force<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    charge_by(cur, tx, |tx, at, pages| {
        charge_forced(cur, tx.world, tx.moving[at].mm.reserved(tx.world, pages));
    })
}

/// Returns the first cgroup that is neither source nor destination of the mm.
fn stranger<C: Current>(tx: &Tx<'_, C>, at: usize) -> CgroupId {
    let moving = tx.moving[at].mm;
    let named = [moving.source(), moving.to];
    let all = (0..tx.world.spec.cgroups.len()).map(|at| CgroupId(at as u32));
    all.into_iter().find(|id| !named.contains(id)).unwrap_or(moving.to)
}

fn charge_a_stranger<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    charge_by(cur, tx, |tx, at, pages| {
        let what = Charge::reservation(Controller::Memrlimit, stranger(tx, at), pages);
        charge_forced(cur, tx.world, what);
    })
}

fn write_nothing_down<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    if let Some(moving) = tx.moving.first() {
        tx.world.counter(Controller::Memrlimit, moving.mm.to).lock(cur).force(1);
    }
    (memrlimit::callbacks().sleep.expect("it has one").prepare)(cur, tx)
}

/// Starts an actor that faults at this moment and runs out of memory with `mmap_sem` held, so that it needs
/// `cgroup_mutex` to choose a victim.
fn out_of_memory<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    if let Some(moving) = tx.moving.first() {
        let (world, mm) = (tx.world.shared(), moving.mm.mm);
        cur.spawn(move |cur: &C| {
            let reads = world.mm(mm).mmap_sem.read(cur);
            drop(world.cgroup_mutex.lock(cur));
            drop(reads);
        });
    }
    (memrlimit::callbacks().sleep.expect("it has one").prepare)(cur, tx)
}

fn look<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    for moving in &tx.moving {
        let pages = tx.world.mm(moving.mm.mm).total_vm.load(cur);
        if !moving.mm.come(tx.world, pages).fits(cur, tx.world) {
            return Err(Errno::ENOMEM);
        }
        let (controller, cgroup, until) = (Controller::Memrlimit, moving.mm.to, moving.mm.until(tx.world));
        cur.emit(Event::Admitted { controller, cgroup, until, what: Admitted::RoomForMm(moving.mm.mm) });
    }
    Ok(())
}

fn charge_late<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    for moving in &tx.moving {
        let pages = tx.world.mm(moving.mm.mm).total_vm.load(cur);
        if charge(cur, tx.world, moving.mm.come(tx.world, pages)).is_ok() {
            uncharge(cur, tx.world, moving.mm.gone(tx.world, pages));
        }
    }
}

fn look_at_cpusets<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    drop(tx.world.callback_mutex.lock(cur));
    (memory::callbacks().sleep.expect("it has one").prepare)(cur, tx)
}

fn write_mmap_sem<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    for moving in &tx.moving {
        drop(tx.world.mm(moving.mm.mm).mmap_sem.write(cur));
    }
    (memory::callbacks().sleep.expect("it has one").prepare)(cur, tx)
}

fn leave_a_page<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    for moving in &mut tx.moving {
        if let Some(memory::Slot { mut pages, records }) = moving.memory.take() {
            let last = pages.last_mut().map(|(from, pages)| {
                *pages -= 1;
                (*from, 1)
            });
            move_records(cur, tx.world, moving.mm.mm, moving.mm.to, &pages);
            release_records(cur, tx.world, moving.mm.to, last.as_slice());
            drop(records);
            moving.mmap_sem.put();
        }
    }
}

fn keep_lock<'a, C: Current>(_: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(cpusets) = tx.cpuset.take() {
        cpusets.keep();
    }
}

fn set_masks_all_the_same<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(cpusets) = tx.cpuset.take() {
        set_masks(cur, tx.world, &cpusets, &tx.state.members);
    }
}

fn take_books_early<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    let callbacks = numtasks::callbacks();
    (callbacks.sleep.expect("it has one").prepare)(cur, tx)?;
    let charged = (callbacks.nosleep.expect("it has one").prepare)(cur, tx);
    if charged.is_err() {
        tx.numtasks = None;
    }
    charged
}

fn reserve_in_sleep<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    let moves = Moves::of(tx.world, &tx.state.members);
    charge_tasks(cur, tx.world, &moves.come, true)?;
    tx.numtasks = Some(numtasks::Slot { moves, books: None });
    Ok(())
}

fn give_back<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    if let Some(slot) = tx.numtasks.take() {
        uncharge_tasks(cur, tx.world, &slot.moves.come, true);
    }
}

fn sleep_with_books<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    (numtasks::callbacks().nosleep.expect("it has one").prepare)(cur, tx)?;
    drop(tx.world.callback_mutex.lock(cur));
    Ok(())
}

fn task_by_task<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    let Some(slot) = &mut tx.numtasks else { return Ok(()) };
    let books = tx.world.numtasks_lock.lock(cur);
    for member in &tx.state.members {
        charge(cur, tx.world, Charge::reservation(Controller::Numtasks, member.to, 1))
            .map_err(|_| Errno::EAGAIN)?;
    }
    slot.moves.count(tx.world, &tx.state.members);
    slot.books = Some(books);
    Ok(())
}

fn charge_whole_process<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    (numtasks::callbacks().nosleep.expect("it has one").prepare)(cur, tx)?;
    let Some(member) = tx.state.members.first() else { return Ok(()) };
    let process = tx.world.task(member.task).process_id();
    let threads = tx.world.tasklist_lock.lock(cur).of(process).len();
    let there_already = threads.saturating_sub(tx.state.members.len()) as u64;
    charge_forced(cur, tx.world, Charge::reservation(Controller::Numtasks, member.to, there_already));
    Ok(())
}

fn increment<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    let Some(slot) = &mut tx.numtasks else { return };
    for Tasks { cgroup, until, tasks } in slot.moves.gone.iter().copied() {
        charge_forced(cur, tx.world, Charge::new(Controller::Numtasks, cgroup, tasks).until(until));
    }
    slot.books = None;
}

fn last_source<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) {
    let Some(slot) = &mut tx.numtasks else { return };
    let all = slot.moves.gone.iter().map(|some| some.tasks).sum();
    if let Some(last) = slot.moves.gone.last().copied() {
        uncharge_tasks(cur, tx.world, &[Tasks { tasks: all, ..last }], false);
    }
    slot.books = None;
}

/// Prepares for all threads, and removes every other thread from those to be switched.
fn pass_over<'a, C: Current>(cur: &'a C, tx: &mut Tx<'a, C>) -> Result<(), Errno> {
    (numtasks::callbacks().nosleep.expect("it has one").prepare)(cur, tx)?;
    let mut kept = false;
    tx.state.members.retain(|_| {
        kept = !kept;
        kept
    });
    Ok(())
}
