//! Truth: the values that counters should have, followed from changes of tasks, address spaces and page records.
use super::{MmShadow, Shadow, at};
use crate::kernel::{CgroupId, Controller, MmId, TaskId};

/// The controllers that charge an amount of an address space to the cgroup of its owner.
const OWNED: [Controller; 2] = [Controller::Memrlimit, Controller::Net];

/// Returns the amount that one of [`OWNED`] charges for `mm`, in its unit.
fn owned(controller: Controller, mm: &MmShadow) -> i64 {
    if controller == Controller::Net { mm.packets } else { mm.total_vm }
}

impl Shadow {
    /// Sets the truth of a newly adopted controller from the tasks and address spaces that exist. Pages follow record
    /// by record, by events.
    pub(super) fn adopted(&mut self, actor: usize, controller: Controller) {
        let Some(hierarchy) = self.layout.hierarchy_of(controller) else { return };
        self.counting[controller.index()] = Some(hierarchy);
        match controller {
            Controller::Memrlimit | Controller::Net => {
                let owned = self
                    .mms
                    .iter()
                    .filter_map(|mm| Some((self.place(mm.owner?, hierarchy)?, owned(controller, mm))));
                for (cgroup, amount) in owned.collect::<Vec<_>>() {
                    self.shift_truth(actor, (controller, cgroup), amount);
                }
            }
            Controller::Numtasks => {
                for task in self.live_tasks().map(|(task, _)| task).collect::<Vec<_>>() {
                    self.shift_tasks(actor, task, None, 1);
                }
            }
            Controller::Cpuset => self.touch(actor, |_, _| true),
            Controller::Memory | Controller::Freezer => {}
        }
    }

    /// Changes the truth of numtasks: `task` counts at `cgroup`, or where it is if that is absent.
    pub(super) fn shift_tasks(&mut self, actor: usize, task: TaskId, cgroup: Option<CgroupId>, by: i64) {
        let Some(hierarchy) = self.counting(Controller::Numtasks) else { return };
        if let Some(cgroup) = cgroup.or_else(|| self.place(task, hierarchy)) {
            self.shift_truth(actor, (Controller::Numtasks, cgroup), by);
        }
    }

    pub(super) fn shift_truth(
        &mut self,
        actor: usize,
        (controller, cgroup): (Controller, CgroupId),
        amount: i64,
    ) {
        let mut level = Some(cgroup);
        while let Some(cgroup) = level {
            let index = Self::index(controller, cgroup);
            self.truth[index] += amount;
            at(&mut self.actors, actor).unit.net(index).truth += amount;
            level = self.layout.cgroups[cgroup.index()].parent;
        }
    }

    pub(super) fn total_vm(&mut self, actor: usize, mm: MmId, pages: i64) {
        at(&mut self.mms, mm.index()).total_vm += pages;
        self.shift_owned(actor, Controller::Memrlimit, mm, pages);
    }

    pub(super) fn packets(&mut self, actor: usize, mm: MmId, packets: i64) {
        at(&mut self.mms, mm.index()).packets += packets;
        self.shift_owned(actor, Controller::Net, mm, packets);
    }

    /// Changes the truth of a controller that charges the cgroup of the owner of `mm`.
    fn shift_owned(&mut self, actor: usize, controller: Controller, mm: MmId, amount: i64) {
        let owner = self.mms[mm.index()].owner;
        if let (Some(hierarchy), Some(owner)) = (self.counting(controller), owner)
            && let Some(cgroup) = self.place(owner, hierarchy)
        {
            self.shift_truth(actor, (controller, cgroup), amount);
        }
    }

    pub(super) fn owner(&mut self, actor: usize, mm: MmId, task: TaskId) {
        let shadow = at(&mut self.mms, mm.index());
        let old = shadow.owner.replace(task);
        for controller in OWNED {
            let amount = owned(controller, &self.mms[mm.index()]);
            let Some(hierarchy) = self.counting(controller).filter(|_| amount != 0) else { continue };
            let places = [old, Some(task)].map(|owner| owner.and_then(|owner| self.place(owner, hierarchy)));
            if places[0] == places[1] {
                continue;
            }
            for (place, sign) in places.into_iter().zip([-1, 1]) {
                if let Some(cgroup) = place {
                    self.shift_truth(actor, (controller, cgroup), sign * amount);
                }
            }
        }
    }

    pub(super) fn placed(&mut self, actor: usize, task: TaskId, from: CgroupId, to: CgroupId) {
        let hierarchy = self.layout.cgroups[to.index()].hierarchy;
        let shadow = at(&mut self.tasks, task.index());
        shadow.css = Some(shadow.css.unwrap_or_default().with(hierarchy, to));
        let unit = &mut at(&mut self.actors, actor).unit;
        unit.touched.push(task);
        if from == to {
            return;
        }
        unit.moved.push((task, from, to));
        if self.task(task).live && self.counting(Controller::Numtasks) == Some(hierarchy) {
            self.shift_tasks(actor, task, Some(from), -1);
            self.shift_tasks(actor, task, Some(to), 1);
        }
        for controller in OWNED {
            if self.counting(controller) != Some(hierarchy) {
                continue;
            }
            let mine = self.mms.iter().filter(|mm| mm.owner == Some(task));
            let amount: i64 = mine.map(|mm| owned(controller, mm)).sum();
            if amount != 0 {
                self.shift_truth(actor, (controller, from), -amount);
                self.shift_truth(actor, (controller, to), amount);
            }
        }
    }

    pub(super) fn record(&mut self, actor: usize, mm: MmId, cgroup: CgroupId, pages: i64) {
        let records = &mut at(&mut self.mms, mm.index()).records;
        if pages >= 0 {
            records.mark(cgroup, pages.unsigned_abs());
        } else {
            records.unmark(cgroup, pages.unsigned_abs());
        }
        if cgroup != CgroupId::NONE {
            self.shift_truth(actor, (Controller::Memory, cgroup), pages);
        }
    }
}
