//! Finding the tasks that move.
use super::{AttachState, Member, MovingMm, Request};
use crate::kernel::{CgroupId, MmId, ProcessId, TaskId};
use crate::seam::event::Target;
use crate::seam::{Current, Event, Work};
use crate::world::{Scope, Task, TaskList, World};
use smallvec::SmallVec;

/// Returns the scope of a target.
#[must_use]
pub fn scope(target: Target) -> Scope {
    match target {
        Target::Thread(_) => Scope::Thread,
        Target::Process(_) => Scope::Process,
        Target::All => Scope::All,
        Target::Adopt(_) => Scope::Adopt,
    }
}

/// Returns the named process, or the process of the named thread; `None` if the target is all tasks.
#[must_use]
pub fn process_of(world: &World, target: Target) -> Option<ProcessId> {
    match target {
        Target::Process(process) => Some(process),
        Target::Thread(task) => Some(world.task(task).process_id()),
        Target::All | Target::Adopt(_) => None,
    }
}

fn processes(list: &TaskList, world: &World, target: Target) -> SmallVec<[ProcessId; 4]> {
    match process_of(world, target) {
        Some(process) => SmallVec::from_iter([process]),
        None => list.processes().collect(),
    }
}

/// Lists the tasks and address spaces that move. A task that is exiting is not listed (ESRCH of PF_EXITING), except that a
/// controller that joins charges it until its exit uncharges it.
pub fn list<'w, C: Current>(cur: &C, world: &'w World, request: &Request) -> AttachState<'w> {
    let hierarchy = *world.cgroup(request.dest).hierarchy;
    let controllers = match request.target {
        Target::Adopt(controller) if world.counting(cur, controller).is_some() => SmallVec::new(),
        Target::Adopt(controller) => SmallVec::from_iter([controller]),
        _ => world.controllers(cur, hierarchy),
    };
    let mut state = AttachState {
        world,
        scope: scope(request.target),
        hierarchy,
        controllers,
        dest: request.dest,
        members: SmallVec::new(),
        mms: SmallVec::new(),
        pins: SmallVec::new(),
        mm_pins: SmallVec::new(),
        found: false,
        there: false,
    };
    {
        let list = world.tasklist_lock.lock(cur);
        for process in processes(&list, world, request.target) {
            let first = state.members.len();
            state.list_threads(cur, list.of(process), request.target);
            if state.scope != Scope::Adopt {
                state.list_mm(cur, process, first);
            }
        }
    }
    if state.scope == Scope::Adopt {
        state.list_all_mms(cur);
    }
    state.mms.sort_unstable_by_key(|moving| moving.mm);
    for Member { task, from, to } in state.members.iter().copied() {
        cur.emit(Event::TxMember { task, from, to });
    }
    for MovingMm { mm, from, to } in state.mms.iter().copied() {
        cur.emit(Event::TxMoves { mm, from, to });
    }
    state
}

impl AttachState<'_> {
    fn list_threads<C: Current>(&mut self, cur: &C, threads: &[TaskId], target: Target) {
        for task in threads.iter().copied().filter(|task| named(target, *task)) {
            cur.work(Work::WalkTask, 1);
            if self.scope != Scope::Adopt && self.world.task(task).state.load(cur) == Task::EXITING {
                continue;
            }
            self.found = true;
            let place = self.world.cgroup_of(cur, task, self.hierarchy);
            let (from, to) = self.way(place);
            self.there |= from == Some(to);
            if from != Some(to) {
                self.members.push(Member { task, from, to });
                self.pins.push(self.world.tasks.pin(task.0));
            }
        }
    }

    /// Returns source and destination of a task that is at `place`.
    fn way(&self, place: CgroupId) -> (Option<CgroupId>, CgroupId) {
        if self.scope == Scope::Adopt { (None, place) } else { (Some(place), self.dest) }
    }

    /// Adds the address space of `process`, if its owner is among the members from `first` on.
    fn list_mm<C: Current>(&mut self, cur: &C, process: ProcessId, first: usize) {
        if self.members.len() == first {
            return;
        }
        let mm = MmId::from_word(self.world.process(process).mm.load(cur));
        // If its threadgroup_rwsem is not held, an exec may have ended it just now.
        let Some(pin) = self.world.mms.pin_live(mm.0) else { return };
        self.mm_pins.push(pin);
        let owner = TaskId::from_word(self.world.mm(mm).owner.load(cur));
        let owner = self.members[first..].iter().find(|member| member.task == owner);
        if let Some(Member { from, to, .. }) = owner.copied() {
            self.mms.push(MovingMm { mm, from, to });
        }
    }

    /// Returns, after the switch, the address spaces that the members' processes have now: an owner may have exited, and a
    /// member may have become the owner. Callers look at the owner under `mmap_sem` ([`AttachState::has_moved`]).
    pub fn mms_again<C: Current>(&self, cur: &C) -> SmallVec<[MovingMm; 1]> {
        if self.scope == Scope::Adopt {
            return self.mms.clone();
        }
        let mut again: SmallVec<[MovingMm; 1]> = SmallVec::new();
        for Member { task, from, to } in self.members.iter().copied() {
            let process = self.world.process(self.world.task(task).process_id());
            let mm = MmId::from_word(process.mm.load(cur));
            if again.iter().all(|known| known.mm != mm) {
                again.push(MovingMm { mm, from, to });
            }
        }
        again
    }

    /// Adds every address space, also those whose last thread has exited and whose charges are still to be uncharged.
    fn list_all_mms<C: Current>(&mut self, cur: &C) {
        let keeps_ids = self.world.spec.keeps_ids;
        if keeps_ids {
            self.world.pidmap.load(cur);
        }
        for id in 0..self.world.mms.used() {
            let mms = &self.world.mms;
            let Some(pin) = (if keeps_ids { Some(mms.pin(id)) } else { mms.pin_live(id) }) else { continue };
            self.mm_pins.push(pin);
            let mm = self.world.mm(MmId(id));
            if mm.gone.load(cur) == 0 {
                let to = self.world.owner_cgroup(cur, mm, self.hierarchy);
                self.mms.push(MovingMm { mm: MmId(id), from: None, to });
            }
        }
    }
}

fn named(target: Target, task: TaskId) -> bool {
    match target {
        Target::Process(_) | Target::All | Target::Adopt(_) => true,
        Target::Thread(named) => named == task,
    }
}
