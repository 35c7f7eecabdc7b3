//! Operations of controllers on the tasks and pages that move, for callbacks of every protocol.
use super::attach::{AttachState, Member, distinct};
use super::charge::{Charge, charge, charge_back, uncharge};
use crate::kernel::{CgroupId, Controller, MmId};
use crate::seam::Admitted;
use crate::seam::{Current, Event, Work};
use crate::world::{Cpusets, World};
use faults::Errno;
use smallvec::SmallVec;

/// Numbers of page records, by the cgroup that they name.
pub type Records = SmallVec<[(CgroupId, u64); 2]>;

/// Returns the touched pages of `mm` whose record does not name `dest`. Walks the page table.
pub fn count_records<C: Current>(cur: &C, world: &World, mm: MmId, dest: CgroupId) -> Records {
    let (total, elsewhere) = {
        let records = world.mm(mm).page_table_lock.lock(cur);
        let by_cgroup = records.by_cgroup().into_iter();
        (records.total(), by_cgroup.filter(|(from, _)| *from != dest).collect())
    };
    cur.work(Work::CountPage, total);
    elsewhere
}

/// Returns the reservation at `dest` for pages that come from `from`.
fn for_pages(world: &World, dest: CgroupId, (from, pages): (CgroupId, u64)) -> Charge {
    Charge::reservation(Controller::Memory, dest, pages).until(world.common_ancestor(from, dest))
}

/// Reserves room at `dest` for pages that come from those cgroups, for all or none of them.
///
/// # Errors
/// `ENOMEM` when `dest` is full.
pub fn reserve_records<C: Current>(
    cur: &C,
    world: &World,
    dest: CgroupId,
    records: &[(CgroupId, u64)],
) -> Result<(), Errno> {
    for (at, some) in records.iter().copied().enumerate() {
        if let Err(errno) = charge(cur, world, for_pages(world, dest, some)) {
            release_records(cur, world, dest, &records[..at]);
            return Err(errno);
        }
    }
    Ok(())
}

/// Uncharges `dest` for pages that do not come.
pub fn release_records<C: Current>(cur: &C, world: &World, dest: CgroupId, records: &[(CgroupId, u64)]) {
    records.iter().for_each(|some| uncharge(cur, world, for_pages(world, dest, *some)));
}

/// Moves up to that many records of `mm` from each cgroup to `dest`, which has been charged for them, and uncharges
/// their old cgroups. Returns those that no longer named that cgroup.
pub fn move_records<C: Current>(
    cur: &C,
    world: &World,
    mm: MmId,
    dest: CgroupId,
    records: &[(CgroupId, u64)],
) -> Records {
    let left = records.iter().map(|some| (some.0, some.1 - move_from(cur, world, (mm, dest), *some)));
    left.filter(|(_, pages)| *pages > 0).collect()
}

fn move_from<C: Current>(
    cur: &C,
    world: &World,
    (mm, dest): (MmId, CgroupId),
    (from, pages): (CgroupId, u64),
) -> u64 {
    let taken = {
        let mut records = world.mm(mm).page_table_lock.lock(cur);
        let taken = records.rename(from, dest, pages);
        if taken > 0 {
            cur.emit(Event::Record { mm, cgroup: from, pages: -(taken as i64) });
            cur.emit(Event::Record { mm, cgroup: dest, pages: taken as i64 });
        }
        taken
    };
    cur.work(Work::MovePage, taken);
    let until = world.common_ancestor(from, dest);
    uncharge(cur, world, Charge::new(Controller::Memory, from, taken).until(until));
    taken
}

/// Charges `dest` for one page and moves a record to it. Returns `Ok(false)` if there is no record left to move.
///
/// # Errors
/// `ENOMEM` when `dest` is full.
pub fn charge_and_move_one<C: Current>(
    cur: &C,
    world: &World,
    mm: MmId,
    dest: CgroupId,
) -> Result<bool, Errno> {
    let first = world.mm(mm).page_table_lock.lock(cur).first_elsewhere(dest);
    let Some((from, _)) = first else { return Ok(false) };
    let what = Charge::new(Controller::Memory, dest, 1).until(world.common_ancestor(from, dest));
    charge(cur, world, what)?;
    let moved = move_from(cur, world, (mm, dest), (from, 1));
    if moved == 0 {
        uncharge(cur, world, what);
    }
    Ok(moved == 1)
}

/// Gives every member the mask of its new cpuset. Under `callback_mutex`.
pub fn set_masks<C: Current>(cur: &C, world: &World, cpusets: &Cpusets, members: &[Member]) {
    for member in members {
        let mask = cpusets.of_cgroup[member.to.index()];
        cur.work(Work::SetCpus, 1);
        world.task(member.task).cpus_allowed.store(cur, mask.word());
        cur.emit(Event::Mask { task: member.task, mask });
    }
}

/// Checks that all destination cpusets have CPUs.
///
/// # Errors
/// `ENOSPC` when one has no CPU.
pub fn have_cpus<C: Current>(cur: &C, cpusets: &Cpusets, state: &AttachState<'_>) -> Result<(), Errno> {
    for cgroup in state.destinations() {
        if cpusets.is_empty(cgroup) {
            return Err(Errno::ENOSPC);
        }
        let until = CgroupId::NONE;
        cur.emit(Event::Admitted { controller: Controller::Cpuset, cgroup, until, what: Admitted::Cpus });
    }
    Ok(())
}

/// Checks that no source and no destination is frozen. A controller that joins moves no task.
///
/// # Errors
/// `EBUSY` when one of these cgroups is frozen.
pub fn is_thawed<C: Current>(cur: &C, state: &AttachState<'_>) -> Result<(), Errno> {
    let world = state.world;
    let moving = || state.members.iter().filter(|member| member.from.is_some());
    let places = moving().flat_map(|member| member.from.into_iter().chain([member.to]));
    for cgroup in distinct(places) {
        cur.work(Work::Check, 1);
        if world.cgroup(cgroup).frozen.load(cur) == 1 {
            return Err(Errno::EBUSY);
        }
        let until = CgroupId::NONE;
        cur.emit(Event::Admitted { controller: Controller::Freezer, cgroup, until, what: Admitted::Thawed });
    }
    Ok(())
}

/// Tasks that come to a cgroup or leave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tasks {
    /// The cgroup.
    pub cgroup: CgroupId,
    /// The ancestor below which their charge ends.
    pub until: CgroupId,
    /// Their number.
    pub tasks: u64,
}

impl Tasks {
    fn charge(self, reserve: bool) -> Charge {
        let Self { cgroup, until, tasks } = self;
        Charge { controller: Controller::Numtasks, cgroup, until, pages: tasks, reserve }
    }
}

/// Tasks by cgroup and by the ancestor below which their charge ends.
pub type TaskCounts = SmallVec<[Tasks; 4]>;

/// The tasks of a move, as numtasks counts them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// Those that come, by destination.
    pub come: TaskCounts,
    /// Those that leave, by source.
    pub gone: TaskCounts,
}

impl Moves {
    /// Counts the members of a move.
    #[must_use]
    pub fn of(world: &World, members: &[Member]) -> Self {
        let mut moves = Self::default();
        moves.count(world, members);
        moves
    }

    /// Adds the members of a move.
    pub fn count(&mut self, world: &World, members: &[Member]) {
        for Member { from, to, .. } in members.iter().copied() {
            let until = from.map_or(CgroupId::NONE, |from| world.common_ancestor(from, to));
            add(&mut self.come, to, until);
            if let Some(from) = from {
                add(&mut self.gone, from, until);
            }
        }
    }

    /// Sets every number to 0, and keeps the entries.
    pub fn forget(&mut self) {
        self.come.iter_mut().chain(&mut self.gone).for_each(|entry| entry.tasks = 0);
    }

    /// After the switch, keeps only the tasks that did not move, because they exited. Adds no entry.
    pub fn stayed(&mut self, world: &World, members: &[Member]) {
        for Member { from, to, .. } in members.iter().copied() {
            let until = from.map_or(CgroupId::NONE, |from| world.common_ancestor(from, to));
            let come = self.come.iter_mut().filter(|entry| (entry.cgroup, entry.until) == (to, until));
            let gone =
                self.gone.iter_mut().filter(|entry| (Some(entry.cgroup), entry.until) == (from, until));
            come.chain(gone).for_each(|entry| entry.tasks -= 1);
        }
    }

    /// After the switch, turns the tasks that were to come and to leave into those whose charge has to go: `come` keeps
    /// the tasks that did not come, because they exited, and `gone` those that left. Adds no entry.
    pub fn settle(&mut self, world: &World, members: &[Member]) {
        self.gone.iter_mut().for_each(|entry| entry.tasks = 0);
        for Member { from, to, .. } in members.iter().copied() {
            let until = from.map_or(CgroupId::NONE, |from| world.common_ancestor(from, to));
            let come = self.come.iter_mut().find(|entry| (entry.cgroup, entry.until) == (to, until));
            come.into_iter().for_each(|entry| entry.tasks -= 1);
            if let Some(from) = from {
                add(&mut self.gone, from, until);
            }
        }
    }
}

fn add(counts: &mut TaskCounts, cgroup: CgroupId, until: CgroupId) {
    match counts.iter_mut().find(|known| (known.cgroup, known.until) == (cgroup, until)) {
        Some(known) => known.tasks += 1,
        None => counts.push(Tasks { cgroup, until, tasks: 1 }),
    }
}

/// Checks that tasks fit into their cgroups, without charging them. Under `numtasks.lock`.
///
/// # Errors
/// `EAGAIN` when one has no room.
pub fn have_room_for_tasks<C: Current>(cur: &C, world: &World, tasks: &[Tasks]) -> Result<(), Errno> {
    for Tasks { cgroup, until, tasks } in tasks.iter().copied() {
        cur.work(Work::Check, 1);
        let what = Charge::new(Controller::Numtasks, cgroup, tasks).until(until);
        if !what.fits(cur, world) {
            return Err(Errno::EAGAIN);
        }
        let (controller, what) = (Controller::Numtasks, Admitted::RoomForTasks(tasks));
        cur.emit(Event::Admitted { controller, cgroup, until, what });
    }
    Ok(())
}

/// Charges tasks to their cgroups, all or none of them. `reserve`: as a reservation. Under `numtasks.lock`.
///
/// # Errors
/// `EAGAIN` when one is full.
pub fn charge_tasks<C: Current>(cur: &C, world: &World, tasks: &[Tasks], reserve: bool) -> Result<(), Errno> {
    for (at, some) in tasks.iter().enumerate() {
        if charge(cur, world, some.charge(reserve)).is_err() {
            uncharge_tasks(cur, world, &tasks[..at], reserve);
            return Err(Errno::EAGAIN);
        }
    }
    Ok(())
}

/// Charges the sources of tasks again that were uncharged too early, and uncharges `dest`, to which they do not come. Tasks
/// whose source is full stay charged to `dest`, which an event reports. Under `numtasks.lock`.
pub fn return_tasks<C: Current>(cur: &C, world: &World, moves: &Moves, dest: CgroupId) {
    if moves.gone.is_empty() {
        uncharge_tasks(cur, world, &moves.come, true);
    }
    for some in moves.gone.iter().copied() {
        charge_back(cur, world, Some(some.charge(false)), Tasks { cgroup: dest, ..some }.charge(true));
    }
}

/// Uncharges the sources of the tasks that moved, and the destinations of those that did not although `moves` were
/// charged. After the switch, under `numtasks.lock`.
pub fn uncharge_after<C: Current>(cur: &C, world: &World, moves: &mut Moves, members: &[Member]) {
    moves.settle(world, members);
    uncharge_tasks(cur, world, &moves.gone, false);
    uncharge_tasks(cur, world, &moves.come, true);
}

/// Uncharges tasks. Under `numtasks.lock`.
pub fn uncharge_tasks<C: Current>(cur: &C, world: &World, tasks: &[Tasks], reserve: bool) {
    tasks.iter().for_each(|some| uncharge(cur, world, some.charge(reserve)));
}
