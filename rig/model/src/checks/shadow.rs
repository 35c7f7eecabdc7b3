//! The kernel's state as followed from events: places, truth, ledger, reservations, and changes in flight.
//!
//! The amount in flight is the sum, over all operations and transactions that have not ended, of their charges less
//! their changes of the truth. So drift = usage − truth − in flight changes only when one of them ends with an
//! imbalance.
mod queries;
mod truth;

use super::unit::{Admission, Unit, UnitKind};
use crate::kernel::page::PageRecords;
use crate::kernel::{CgroupId, Controller, CssSetId, HierarchyId, Layout, MaskId, ProcessId, TaskId};
use crate::seam::event::Who;
use crate::seam::{ActorId, Event, Stamp};

/// A thread, as followed from events.
#[derive(Clone, Copy, Debug, Default)]
pub struct TaskShadow {
    /// The cgroups; absent before its first [`Event::Place`].
    pub css: Option<CssSetId>,
    /// The CPU mask.
    pub mask: MaskId,
    /// True while it is visible.
    pub live: bool,
    /// True once it is exiting.
    pub exiting: bool,
    /// The process.
    pub process: Option<ProcessId>,
    /// The counter of cpuset drift in which it is counted as wrong.
    pub wrong_in: Option<usize>,
}

/// An address space, as followed from events.
#[derive(Clone, Debug, Default)]
pub struct MmShadow {
    /// The size in pages.
    pub total_vm: i64,
    /// The owner.
    pub owner: Option<TaskId>,
    /// The records of its touched pages.
    pub records: PageRecords,
    /// The packets in its receive queue.
    pub packets: i64,
}

/// An actor, as followed from events.
#[derive(Clone, Debug, Default)]
pub struct ActorShadow {
    /// The identity.
    pub who: Option<Who>,
    /// The unit that it has in flight.
    pub unit: Unit,
}

/// The kernel's state as followed from events.
#[derive(Debug)]
pub struct Shadow {
    layout: Layout,
    actors: Vec<ActorShadow>,
    tasks: Vec<TaskShadow>,
    mms: Vec<MmShadow>,
    usage: Vec<i64>,
    truth: Vec<i64>,
    reserved: Vec<i64>,
    clamps: Vec<u64>,
    in_flight: usize,
    /// The hierarchy where each controller counts now; absent if it is not mounted or not adopted yet.
    counting: [Option<HierarchyId>; Controller::COUNT],
    /// The current limits, by index.
    limits: Vec<u64>,
    /// The current masks of cpusets, each with whether it is empty, by cgroup.
    cpus: Vec<(MaskId, bool)>,
    /// The frozen state, by cgroup.
    frozen: Vec<bool>,
}

/// Returns the element at `index` of a list, which it extends if necessary.
pub(super) fn at<T: Default>(list: &mut Vec<T>, index: usize) -> &mut T {
    if index >= list.len() {
        list.resize_with(index + 1, T::default);
    }
    &mut list[index]
}

impl Shadow {
    pub(super) fn new(layout: Layout) -> Self {
        let counters = layout.cgroups.len() * Controller::COUNT;
        Self {
            actors: Vec::new(),
            tasks: Vec::new(),
            mms: Vec::new(),
            usage: vec![0; counters],
            truth: vec![0; counters],
            reserved: vec![0; counters],
            clamps: vec![0; counters],
            in_flight: 0,
            counting: Controller::ALL.map(|controller| {
                layout.hierarchy_of(controller).filter(|_| !layout.late.contains(&controller))
            }),
            limits: layout.cgroups.iter().flat_map(|cgroup| cgroup.limits).collect(),
            cpus: layout.cgroups.iter().map(|cgroup| (cgroup.cpus, false)).collect(),
            frozen: vec![false; layout.cgroups.len()],
            layout,
        }
    }

    /// Sets the usage of a counter by all ledgers and its true value, while all actors are at rest.
    pub(super) fn found(&mut self, index: usize, usage: i64, truth: i64) {
        self.usage[index] = usage;
        self.truth[index] = truth;
    }

    /// Notes that the controller counts from now on.
    pub(super) fn counts_now(&mut self, controller: Controller) {
        self.counting[controller.index()] = self.layout.hierarchy_of(controller);
    }

    /// Copies from another shadow the state of its actor `theirs`, which is `actor` here, and adds its clamps.
    pub(super) fn take_over(&mut self, actor: ActorId, other: &Self, theirs: ActorId) {
        if let Some(shadow) = other.actors.get(theirs.index()) {
            *at(&mut self.actors, actor.index()) = shadow.clone();
        }
        for (mine, theirs) in self.clamps.iter_mut().zip(&other.clamps) {
            *mine += theirs;
        }
    }

    /// Takes one event. Calls `ended` with time, index and amount for every counter that a unit leaves wrong when it
    /// ends.
    pub(super) fn observe(
        &mut self,
        stamp: Stamp,
        event: &Event,
        mut ended: impl FnMut(&Self, u64, usize, i64),
    ) {
        let actor = stamp.actor.index();
        match *event {
            Event::Start(who) => {
                *at(&mut self.actors, actor) = ActorShadow { who: Some(who), ..Default::default() }
            }
            Event::OpBegin { kind, .. } => self.begin(actor, UnitKind::Op(kind)),
            Event::TxBegin { dest } => self.begin(actor, UnitKind::Tx(dest)),
            Event::OpEnd { .. } | Event::TxEnd { .. } => self.end(stamp, &mut ended),
            Event::Enter { controller, callback } => {
                at(&mut self.actors, actor).unit.callback = Some((controller, callback));
            }
            Event::Leave { .. } => at(&mut self.actors, actor).unit.callback = None,
            Event::TxMoves { mm, .. } => self.actors[actor].unit.mms.push(mm),
            Event::Admitted { controller, cgroup, until, what } => {
                self.actors[actor].unit.admitted.push(Admission { controller, cgroup, until, what });
            }
            Event::Ledger { controller, cgroup, until, pages, reserve } => {
                self.charge(actor, (controller, cgroup, until), pages, reserve);
            }
            Event::Clamp { controller, cgroup, missing } => {
                let index = Self::index(controller, cgroup);
                self.usage[index] += missing as i64;
                self.clamps[index] += 1;
                let net = at(&mut self.actors, actor).unit.net(index);
                net.charged += missing as i64;
                net.missing += missing as i64;
            }
            Event::TotalVm { mm, pages } => self.total_vm(actor, mm, pages),
            Event::Packets { mm, packets } => self.packets(actor, mm, packets),
            Event::Owner { mm, task } => self.owner(actor, mm, task),
            Event::Record { mm, cgroup, pages } => self.record(actor, mm, cgroup, pages),
            Event::Born { task, process, .. } => {
                let shadow = at(&mut self.tasks, task.index());
                shadow.live = true;
                shadow.exiting = false;
                shadow.process = Some(process);
                self.shift_tasks(actor, task, None, 1);
            }
            Event::Exiting { task } => at(&mut self.tasks, task.index()).exiting = true,
            Event::Exited { task } => {
                at(&mut self.tasks, task.index()).live = false;
                at(&mut self.actors, actor).unit.touched.push(task);
                self.shift_tasks(actor, task, None, -1);
            }
            Event::Place { task, from, to } => self.placed(actor, task, from, to),
            Event::Mask { task, mask } => {
                at(&mut self.tasks, task.index()).mask = mask;
                at(&mut self.actors, actor).unit.touched.push(task);
            }
            Event::Cpus { cgroup, mask, empty } => {
                self.cpus[cgroup.index()] = (mask, empty);
                at(&mut self.actors, actor).unit.cpusets.push(cgroup);
            }
            Event::Limit { controller, cgroup, limit, .. } => {
                self.limits[Self::index(controller, cgroup)] = limit;
            }
            Event::Frozen { cgroup, frozen } => self.frozen[cgroup.index()] = frozen,
            Event::Adopted { controller } => self.adopted(actor, controller),
            _ => {}
        }
    }

    /// Adds the live tasks for which `which` holds to those that the unit of `actor` touches.
    fn touch(&mut self, actor: usize, which: impl Fn(&Self, TaskId) -> bool) {
        let touched: Vec<TaskId> =
            self.live_tasks().map(|(task, _)| task).filter(|task| which(self, *task)).collect();
        at(&mut self.actors, actor).unit.touched.extend(touched);
    }

    fn begin(&mut self, actor: usize, kind: UnitKind) {
        self.in_flight += 1;
        let unit = &mut at(&mut self.actors, actor).unit;
        unit.clear();
        unit.kind = kind;
    }

    fn end(&mut self, stamp: Stamp, ended: &mut impl FnMut(&Self, u64, usize, i64)) {
        self.in_flight -= 1;
        let actor = stamp.actor.index();
        let cpusets = std::mem::take(&mut self.actors[actor].unit.cpusets);
        if let Some(hierarchy) = self.counting(Controller::Cpuset).filter(|_| !cpusets.is_empty()) {
            let inside = |shadow: &Self, task| {
                shadow.place(task, hierarchy).is_some_and(|cgroup| cpusets.contains(&cgroup))
            };
            self.touch(actor, inside);
        }
        // By index, in place: a unit is large, and most end with one net and no touched task.
        for at in 0..self.actors[actor].unit.nets.len() {
            let net = self.actors[actor].unit.nets[at];
            self.reserved[net.index] -= net.reserved;
            if net.imbalance() != 0 {
                ended(self, stamp.at_ns, net.index, net.imbalance());
            }
        }
        let touched = std::mem::take(&mut self.actors[actor].unit.touched);
        self.actors[actor].unit.clear();
        for task in &touched {
            self.recheck_mask(*task, |shadow, index, change| ended(shadow, stamp.at_ns, index, change));
        }
        self.actors[actor].unit.touched = touched;
        self.actors[actor].unit.touched.clear();
    }

    fn charge(
        &mut self,
        actor: usize,
        (controller, cgroup, until): (Controller, CgroupId, CgroupId),
        pages: i64,
        reserve: bool,
    ) {
        let mut level = Some(cgroup);
        while let Some(cgroup) = level.filter(|level| *level != until) {
            let index = Self::index(controller, cgroup);
            self.usage[index] += pages;
            let net = at(&mut self.actors, actor).unit.net(index);
            net.charged += pages;
            if reserve {
                net.reserved += pages;
                self.reserved[index] += pages;
            }
            level = self.layout.cgroups[cgroup.index()].parent;
        }
    }

    /// Reports whether a unit in flight changes the mask of `task` or its cpuset. The mask is rechecked when that unit
    /// ends.
    fn is_in_flight(&self, task: TaskId, cgroup: CgroupId) -> bool {
        let mut units =
            self.actors.iter().map(|actor| &actor.unit).filter(|unit| unit.kind != UnitKind::None);
        units.any(|unit| unit.touched.contains(&task) || unit.cpusets.contains(&cgroup))
    }

    /// Adds `task` to or removes it from the cpuset drift of its cgroup. The unit that has just ended no longer counts
    /// as in flight.
    fn recheck_mask(&mut self, task: TaskId, mut changed: impl FnMut(&Self, usize, i64)) {
        let Some(hierarchy) = self.counting(Controller::Cpuset) else { return };
        let shadow = self.task(task);
        let wrong_in = shadow.css.filter(|_| shadow.live).and_then(|css| {
            let cgroup = css.cgroup(hierarchy);
            let right = self.cpus[cgroup.index()].0 == shadow.mask;
            (!right).then(|| Self::index(Controller::Cpuset, cgroup))
        });
        if let Some(index) = wrong_in
            && self.is_in_flight(task, Self::counter(index).1)
        {
            return;
        }
        if wrong_in != shadow.wrong_in {
            self.tasks[task.index()].wrong_in = wrong_in;
            for (index, change) in [(shadow.wrong_in, -1), (wrong_in, 1)] {
                if let Some(index) = index {
                    changed(self, index, change);
                }
            }
        }
    }
}
