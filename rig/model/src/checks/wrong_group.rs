//! wrong-group: a charge or uncharge at a cgroup that its unit does not name. An operation names cgroups by the owner
//! of its address space (for `numtasks`, by the acting task), a transaction by its members.
//!
//! A unit names these cgroups, without their ancestors:
//! - those of owner and task when it begins, and all to which any actor moves them before it ends
//! - those of tasks that it makes or ends itself
//! - those of the page records that it changes
use super::check::{About, Checker, Excuse, LEDGER, Needs, OPERATIONS, RARE, RECORDS, Seen};
use super::shadow::at;
use super::{Shadow, Tally};
use crate::kernel::{CgroupId, Controller, CssSetId, HierarchyId, MmId, TaskId};
use crate::seam::{ActorId, Event, Stamp};
use smallvec::SmallVec;

/// The kinds of charges for which a cgroup is named: those of the owner, those of the task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct For {
    owner: bool,
    task: bool,
}

impl For {
    const OWNER: Self = Self { owner: true, task: false };
    const TASK: Self = Self { owner: false, task: true };
    const BOTH: Self = Self { owner: true, task: true };
}

/// An operation or a transaction, with the cgroups that it may charge.
#[derive(Debug, Default)]
struct Unit {
    /// The position in the list of open units.
    open: Option<usize>,
    mm: Option<MmId>,
    task: Option<TaskId>,
    /// The cgroups of the owner and of the task when it began.
    at_first: [Option<CssSetId>; 2],
    named: SmallVec<[(CgroupId, For); 8]>,
}

impl Unit {
    fn name(&mut self, cgroup: CgroupId, whose: For) {
        match self.named.iter_mut().find(|(known, _)| *known == cgroup) {
            Some((_, known)) => {
                known.owner |= whose.owner;
                known.task |= whose.task;
            }
            None => self.named.push((cgroup, whose)),
        }
    }

    /// Reports whether it may charge `cgroup` for the task (`by_task`) or for the owner.
    fn may(&self, shadow: &Shadow, cgroup: CgroupId, by_task: bool) -> bool {
        let hierarchy = shadow.layout().cgroups[cgroup.index()].hierarchy;
        self.at_first[usize::from(by_task)].is_some_and(|css| css.cgroup(hierarchy) == cgroup)
            || self
                .named
                .iter()
                .any(|(named, whose)| *named == cgroup && if by_task { whose.task } else { whose.owner })
    }

    fn name_places(&mut self, shadow: &Shadow, task: TaskId, whose: For) {
        let Some(css) = shadow.task(task).css else { return };
        for hierarchy in 0..shadow.layout().hierarchies.len() as u32 {
            self.name(css.cgroup(HierarchyId(hierarchy)), whose);
        }
    }
}

/// The check.
#[derive(Debug, Default)]
pub(super) struct WrongGroup {
    units: Vec<Unit>,
    open: Vec<ActorId>,
    /// The cgroup that each task left last, by task.
    left: Vec<Option<CgroupId>>,
    pub(super) tally: Tally,
}

impl Checker for WrongGroup {
    const ABOUT: About = About {
        name: "wrong-group",
        needs: Needs::TotalOrder,
        by_final_state: false,
        excuse: Excuse::None,
        events: OPERATIONS | RECORDS | LEDGER | RARE,
    };

    fn observe(&mut self, Seen { shadow, stamp, .. }: Seen<'_>, event: &Event) {
        let actor = stamp.actor;
        match *event {
            Event::OpBegin { mm, .. } => {
                let (owner, task) = (mm.and_then(|mm| shadow.mm(mm)?.owner), shadow.runs(actor));
                let unit = self.begin(actor);
                (unit.mm, unit.task) = (mm, task);
                unit.at_first = [owner, task].map(|task| shadow.task(task?).css);
            }
            Event::TxBegin { dest } => self.begin(actor).name(dest, For::BOTH),
            Event::TxMember { from, to, .. } | Event::TxMoves { from, to, .. } => {
                let Some(unit) = self.unit(actor) else { return };
                [from, Some(to)].into_iter().flatten().for_each(|cgroup| unit.name(cgroup, For::BOTH));
            }
            Event::Record { cgroup, .. } => {
                if let Some(unit) = self.unit(actor) {
                    unit.name(cgroup, For::BOTH);
                }
            }
            Event::Place { task, from, to } => self.placed(shadow, actor, task, (from, to)),
            Event::Owner { mm, task } => {
                for open in &self.open {
                    let unit = &mut self.units[open.index()];
                    if unit.mm == Some(mm) || *open == actor {
                        unit.name_places(shadow, task, For::OWNER);
                    }
                }
            }
            Event::Exited { task } => {
                let left = self.left.get(task.index()).copied().flatten();
                let Some(unit) = self.unit(actor) else { return };
                unit.name_places(shadow, task, For::TASK);
                if let Some(cgroup) = left {
                    unit.name(cgroup, For::TASK);
                }
            }
            Event::Ledger { controller, cgroup, pages, .. } => {
                self.charged(shadow, stamp, (controller, cgroup), pages);
            }
            Event::OpEnd { .. } | Event::TxEnd { .. } => self.end(actor),
            _ => {}
        }
    }
}

impl WrongGroup {
    fn begin(&mut self, actor: ActorId) -> &mut Unit {
        self.end(actor);
        let unit = at(&mut self.units, actor.index());
        unit.open = Some(self.open.len());
        self.open.push(actor);
        (unit.mm, unit.task, unit.at_first) = (None, None, [None; 2]);
        unit.named.clear();
        unit
    }

    fn end(&mut self, actor: ActorId) {
        let Some(at) = self.unit(actor).and_then(|unit| unit.open.take()) else { return };
        self.open.swap_remove(at);
        if let Some(moved) = self.open.get(at) {
            self.units[moved.index()].open = Some(at);
        }
    }

    /// Returns the open unit of `actor`.
    fn unit(&mut self, actor: ActorId) -> Option<&mut Unit> {
        self.units.get_mut(actor.index()).filter(|unit| unit.open.is_some())
    }

    fn placed(&mut self, shadow: &Shadow, actor: ActorId, task: TaskId, (from, to): (CgroupId, CgroupId)) {
        if from != to {
            *at(&mut self.left, task.index()) = Some(from);
        }
        for open in &self.open {
            let unit = &mut self.units[open.index()];
            if *open == actor {
                unit.name(to, For::BOTH);
                continue;
            }
            if unit.task == Some(task) {
                unit.name(to, For::TASK);
            }
            if unit.mm.and_then(|mm| shadow.mm(mm)?.owner) == Some(task) {
                unit.name(to, For::OWNER);
            }
        }
    }

    fn charged(
        &mut self,
        shadow: &Shadow,
        stamp: Stamp,
        (controller, cgroup): (Controller, CgroupId),
        pages: i64,
    ) {
        let Some(unit) = self.units.get(stamp.actor.index()).filter(|unit| unit.open.is_some()) else {
            return;
        };
        self.tally.examine();
        let by_task = controller == Controller::Numtasks;
        if !unit.may(shadow, cgroup, by_task) {
            self.tally.violated(|| {
                let (at_ns, who) = (stamp.at_ns, shadow.who(stamp.actor));
                let name = shadow.name(Shadow::index(controller, cgroup));
                let whose = if by_task { "the task" } else { "the owner of the address space" };
                format!("at {at_ns} ns {who} changed {name} by {pages:+}, where neither {whose} nor a transaction of its own had been")
            });
        }
    }
}
