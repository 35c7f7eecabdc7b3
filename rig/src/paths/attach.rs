//! What every protocol does in an attach, written once: finding and listing the tasks, css_sets, the switch, callbacks
//! with their fault sites. The sequence, and what controllers do in callbacks, is each protocol's own.
use crate::engine::event::{Callback, Outcome, Phase, Target};
use crate::engine::{Current, Event, Work};
use crate::kernel::{CgroupId, Controller, CssSetId, HierarchyId, MmId, ProcessId, TaskId};
use crate::locks::{ReadGuard, WriteGuard};
use crate::world::{Grace, Mm, Pin, Process, Task, World};
use faults::{Errno, Fault, Site};
use smallvec::SmallVec;

/// One attach asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is to move.
    pub target: Target,
    /// Where to.
    pub dest: CgroupId,
    /// When it was due, in ns of the engine's clock; absent in a closed loop.
    pub due_ns: Option<u64>,
}

/// A refusal: where and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The site.
    pub site: Site,
    /// The error.
    pub errno: Errno,
}

impl From<Refusal> for Outcome {
    fn from(Refusal { site, errno }: Refusal) -> Self {
        Self::Refused { site, errno }
    }
}

/// A task to be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The task.
    pub task: TaskId,
    /// Its cgroup when it was listed.
    pub from: CgroupId,
}

/// An mm whose charges move, for its owner does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MovingMm {
    /// The mm.
    pub mm: MmId,
    /// Its owner's cgroup when it was listed.
    pub from: CgroupId,
}

/// The state of one attach (`cgroup_attach_state`), without the controllers' private slots, which are each protocol's.
pub struct AttachState<'w> {
    /// The hierarchy in which it happens.
    pub hierarchy: HierarchyId,
    /// Where to.
    pub dest: CgroupId,
    /// What moves: neither exiting nor there already.
    pub members: SmallVec<[Member; 8]>,
    /// Address spaces whose charges move.
    pub mms: SmallVec<[MovingMm; 1]>,
    pins: SmallVec<[Pin<'w, Task>; 8]>,
    mm_pins: SmallVec<[Pin<'w, Mm>; 1]>,
}

/// Lists what moves. An empty list is the outcome `noop`.
pub fn list<'w, C: Current>(cur: &C, world: &'w World, request: &Request) -> AttachState<'w> {
    let hierarchy = *world.cgroup(request.dest).hierarchy;
    let mut state = AttachState {
        hierarchy,
        dest: request.dest,
        members: SmallVec::new(),
        mms: SmallVec::new(),
        pins: SmallVec::new(),
        mm_pins: SmallVec::new(),
    };
    let process = process_of(world, request.target);
    {
        let list = world.tasklist_lock.lock(cur);
        for task in list.of(process).iter().copied().filter(|task| named(request.target, *task)) {
            cur.work(Work::WalkTask, 1);
            let from = world.cgroup_of(cur, task, hierarchy);
            if from != request.dest {
                state.members.push(Member { task, from });
                cur.emit(Event::TxMember { task, from: Some(from), to: request.dest });
                state.pins.push(world.tasks.pin(task.0));
            }
        }
        if !state.members.is_empty() {
            let mm = MmId::from_word(world.process(process).mm.load(cur));
            state.mm_pins.push(world.mms.pin(mm.0));
            let owner = TaskId::from_word(world.mm(mm).owner.load(cur));
            if let Some(member) = state.members.iter().find(|member| member.task == owner) {
                state.mms.push(MovingMm { mm, from: member.from });
            }
        }
    }
    for moving in &state.mms {
        cur.emit(Event::TxMoves { mm: moving.mm, from: Some(moving.from), to: request.dest });
    }
    state
}

/// The process that is named, or that of the named thread.
#[must_use]
pub fn process_of(world: &World, target: Target) -> ProcessId {
    match target {
        Target::Process(process) => process,
        Target::Thread(task) => world.task(task).process_id(),
        Target::All | Target::Adopt(_) => unreachable!("not asked for yet"),
    }
}

fn named(target: Target, task: TaskId) -> bool {
    match target {
        Target::Process(_) | Target::All | Target::Adopt(_) => true,
        Target::Thread(named) => named == task,
    }
}

/// Takes `threadgroup_rwsem` of the process for writing: no fork, exit or exec of it until the guard goes.
pub fn lock_threadgroup<'a, C: Current>(
    cur: &'a C,
    world: &'a World,
    request: &Request,
) -> WriteGuard<'a, (), C> {
    let process: &Process = world.process(process_of(world, request.target));
    loop {
        let leader = process.leader.load(cur);
        let guard = process.threadgroup_rwsem.write(cur);
        if process.leader.load(cur) == leader {
            return guard;
        }
    }
}

/// Finds or allocates the css_set of every member.
///
/// # Errors
/// What the site `core.css_set_alloc` injects.
pub fn allocate_css_sets<C: Current>(cur: &C, world: &World, state: &AttachState<'_>) -> Result<(), Refusal> {
    cur.emit(Event::Phase(Phase::CssSet));
    for member in &state.members {
        let old = CssSetId(world.task(member.task).cgroups.load(cur));
        let css = old.with(state.hierarchy, state.dest);
        let known = world.css_set_lock.lock(cur).known.contains(&css);
        inject(cur, Site::CoreCssSetAlloc)?;
        if !known {
            cur.work(Work::CssSetAlloc, 1);
            world.css_set_lock.lock(cur).known.insert(css);
        }
    }
    Ok(())
}

/// Switches every member's pointer. Members that exit meanwhile are dropped from the list; the others stay in it.
///
/// # Errors
/// `ESRCH` when nobody was left to switch.
pub fn switch<C: Current>(cur: &C, world: &World, state: &mut AttachState<'_>) -> Result<(), Errno> {
    cur.emit(Event::Phase(Phase::Switch));
    {
        let _css_sets = world.css_set_lock.lock(cur);
        let (hierarchy, dest) = (state.hierarchy, state.dest);
        state.members.retain(|member| {
            let task = world.task(member.task);
            let _alloc = task.alloc_lock.lock(cur);
            if task.state.load(cur) == Task::EXITING {
                return false;
            }
            cur.work(Work::SwitchTask, 1);
            let from = CssSetId(task.cgroups.load(cur));
            task.cgroups.store(cur, from.with(hierarchy, dest).0);
            cur.emit(Event::Place { task: member.task, from: from.cgroup(hierarchy), to: dest });
            true
        });
    }
    if state.members.is_empty() {
        return Err(Errno::ESRCH);
    }
    cur.emit(Event::Switched);
    let _ = inject(cur, Site::CoreSwitched);
    Ok(())
}

/// Asks the fault plan; a delay is spent here.
///
/// # Errors
/// The injected error.
pub fn inject<C: Current>(cur: &C, site: Site) -> Result<(), Refusal> {
    match cur.fault(site) {
        Some(Fault::Errno(errno)) => Err(Refusal { site, errno }),
        Some(Fault::Delay { ns }) => {
            cur.work(Work::Delay, ns);
            Ok(())
        }
        None => Ok(()),
    }
}

/// Runs a callback that can refuse. The fault site comes first, when nothing has changed yet.
///
/// # Errors
/// The refusal of the controller or of the fault plan.
pub fn prepare<C: Current>(
    cur: &C,
    controller: Controller,
    callback: Callback,
    site: faults::Callback,
    body: impl FnOnce() -> Result<(), Errno>,
) -> Result<(), Refusal> {
    cur.emit(Event::Enter { controller, callback });
    let site = controller.site(site);
    let result = inject(cur, site).and_then(|()| body().map_err(|errno| Refusal { site, errno }));
    cur.emit(Event::Leave { controller, callback, result: result.map_err(|refusal| refusal.errno) });
    result
}

/// Runs a callback that cannot refuse.
pub fn finish<C: Current>(cur: &C, controller: Controller, callback: Callback, body: impl FnOnce()) {
    cur.emit(Event::Enter { controller, callback });
    body();
    cur.emit(Event::Leave { controller, callback, result: Ok(()) });
}

/// A grace period, if this is where the options want one.
pub fn grace_period<C: Current>(cur: &C, world: &World, here: Grace) {
    if world.options().grace == here {
        cur.sleep_until(cur.now() + world.options().grace_ns);
    }
}

/// How controllers of one transaction share the `mmap_sem` of a moving mm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MmapSemMode {
    /// Taken by the first, released by the last (`mmap_sem_lock_count` of the seed).
    #[default]
    Counted,
    /// The first read is fair, further ones ignore queued writers (`down_read_unfair`).
    Unfair,
    /// Each controller simply reads: deadlocks with a writer that queues in between.
    Plain,
}

/// `mmap_sem` of the moving mm, read by as many controllers as want it.
pub struct MmapSem<'a, C: Current> {
    mode: MmapSemMode,
    count: u32,
    guards: SmallVec<[ReadGuard<'a, (), C>; 2]>,
}

impl<'a, C: Current> MmapSem<'a, C> {
    /// Nobody reads yet.
    #[must_use]
    pub fn new(mode: MmapSemMode) -> Self {
        Self { mode, count: 0, guards: SmallVec::new() }
    }

    /// A controller wants `mm` not to change.
    pub fn get(&mut self, cur: &'a C, mm: &'a Mm) {
        let first = self.count == 0;
        self.count += 1;
        match self.mode {
            MmapSemMode::Counted if !first => {}
            MmapSemMode::Unfair if !first => self.guards.push(mm.mmap_sem.read_unfair(cur)),
            _ => self.guards.push(mm.mmap_sem.read(cur)),
        }
    }

    /// A controller does not need it any more.
    pub fn put(&mut self) {
        self.count -= 1;
        if self.mode != MmapSemMode::Counted || self.count == 0 {
            self.guards.pop();
        }
    }
}
