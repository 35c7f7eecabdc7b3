//! What the events say of the kernel: places, truth, ledger, reservations, and what is in flight.
//!
//! In flight is, for every operation and transaction that has not ended, what it has charged less what it has changed
//! in truth. So drift = usage − truth − in flight changes only when one of them ends with an imbalance.
mod queries;
mod truth;

use super::unit::{Unit, UnitKind};
use crate::kernel::page::PageRecords;
use crate::kernel::{CgroupId, Controller, CssSetId, HierarchyId, Layout, MaskId, ProcessId, TaskId};
use crate::seam::event::Who;
use crate::seam::{ActorId, Event, Stamp};

/// A thread as the events tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct TaskShadow {
    /// Its cgroups; absent before its first place is told.
    pub css: Option<CssSetId>,
    /// Its mask.
    pub mask: MaskId,
    /// Whether it can be seen.
    pub live: bool,
    /// Whether it is on its way out.
    pub exiting: bool,
    /// Its process.
    pub process: Option<ProcessId>,
    /// The counter of cpuset drift in which it is counted as wrong.
    pub wrong_in: Option<usize>,
}

/// An address space as the events tell.
#[derive(Clone, Debug, Default)]
pub struct MmShadow {
    /// Pages of address space.
    pub total_vm: i64,
    /// Its owner.
    pub owner: Option<TaskId>,
    /// Records of its touched pages.
    pub records: PageRecords,
}

/// An actor as the events tell.
#[derive(Clone, Debug, Default)]
pub struct ActorShadow {
    /// Who it is.
    pub who: Option<Who>,
    /// What it has in flight.
    pub unit: Unit,
}

/// See the module's text.
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
    /// Where each controller counts by now; absent before it is adopted, too.
    counting: [Option<HierarchyId>; Controller::COUNT],
    /// Limits now, by index.
    limits: Vec<u64>,
    /// Masks of cpusets now and whether they are empty, by cgroup.
    cpus: Vec<(MaskId, bool)>,
    /// By cgroup.
    frozen: Vec<bool>,
}

/// The element at `index` of a list that grows.
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

    /// What everybody's ledger says of a counter while everybody is at rest, and what it should read.
    pub(super) fn found(&mut self, index: usize, usage: i64, truth: i64) {
        self.usage[index] = usage;
        self.truth[index] = truth;
    }

    /// The controller counts from now on.
    pub(super) fn counts_now(&mut self, controller: Controller) {
        self.counting[controller.index()] = self.layout.hierarchy_of(controller);
    }

    /// Takes over what another shadow says of its actor `theirs`, who is `actor` here, and its clamps.
    pub(super) fn take_over(&mut self, actor: ActorId, other: &Self, theirs: ActorId) {
        if let Some(shadow) = other.actors.get(theirs.index()) {
            *at(&mut self.actors, actor.index()) = shadow.clone();
        }
        for (mine, theirs) in self.clamps.iter_mut().zip(&other.clamps) {
            *mine += theirs;
        }
    }

    /// Takes one event. `ended` is told of every counter in which a unit that ends leaves something wrong: time, index,
    /// by how much.
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
            Event::Admitted { controller, cgroup, mm } => {
                self.actors[actor].unit.admitted.push((controller, cgroup, mm));
            }
            Event::Ledger { controller, cgroup, pages, reserve } => {
                self.charge(actor, (controller, cgroup), pages, reserve);
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

    /// The unit of `actor` changes what live tasks should have.
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
        // By index, where it is: a unit is large, and most end with one net and nothing touched.
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
        (controller, cgroup): (Controller, CgroupId),
        pages: i64,
        reserve: bool,
    ) {
        let mut level = Some(cgroup);
        while let Some(cgroup) = level {
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

    /// Whether somebody is at work on the mask of `task`, or on the cpuset where it is, and will judge it in the end.
    fn is_in_flight(&self, task: TaskId, cgroup: CgroupId) -> bool {
        let mut units =
            self.actors.iter().map(|actor| &actor.unit).filter(|unit| unit.kind != UnitKind::None);
        units.any(|unit| unit.touched.contains(&task) || unit.cpusets.contains(&cgroup))
    }

    /// Counts `task` in or out of the cpuset drift of its cgroup. The unit that has just ended is not among the others.
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
