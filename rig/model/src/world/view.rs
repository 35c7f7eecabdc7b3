//! Views of a world while no actor runs: its layout, snapshots, and the facts it starts with.
use super::World;
use crate::kernel::counter::UNLIMITED;
use crate::kernel::layout::{Layout, MmView, Node, Snapshot, TaskView};
use crate::kernel::{CgroupId, Controller, CpuMask, CssSetId, MaskId, MmId, ProcessId, TaskId};
use crate::seam::Event;

impl World {
    /// Returns the layout, which does not change during a run.
    #[must_use]
    pub fn layout(&self) -> Layout {
        let masks = self.callback_mutex.quiet(|cpusets| cpusets.of_cgroup.clone());
        let below = self.spec.cgroups.len();
        let node = |(at, (cgroup, cpus)): (usize, (&super::Cgroup, MaskId))| Node {
            name: cgroup.name.clone(),
            hierarchy: *cgroup.hierarchy,
            parent: *cgroup.parent,
            limits: Controller::ALL.map(|controller| {
                let counter = cgroup.counters[controller.index()].as_ref();
                counter.map_or(UNLIMITED, |counter| counter.quiet(|c| c.limit))
            }),
            cpus,
            root: at >= below,
        };
        Layout {
            hierarchies: self.spec.hierarchies.clone(),
            late: self.spec.late.clone(),
            cgroups: self.cgroups.iter().zip(masks).enumerate().map(node).collect(),
            threadgroup: self.spec.threadgroup,
        }
    }

    /// Returns the processes with live threads.
    fn live_processes(&self) -> Vec<ProcessId> {
        let of = |process: &ProcessId| self.tasklist_lock.quiet(|list| !list.of(*process).is_empty());
        (0..self.processes.used()).map(ProcessId).filter(of).collect()
    }

    /// Returns the live threads of `process`.
    #[must_use]
    pub fn threads(&self, process: ProcessId) -> Vec<TaskId> {
        self.tasklist_lock.quiet(|list| list.of(process).to_vec())
    }

    fn css_of(&self, task: TaskId) -> CssSetId {
        CssSetId(self.task(task).cgroups.peek())
    }

    /// Returns the state at a moment when nothing is in flight.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for process in self.live_processes() {
            for task in self.threads(process) {
                let mask = MaskId::from_word(self.task(task).cpus_allowed.peek());
                snapshot.tasks.push(TaskView { task, css: self.css_of(task), mask });
            }
            let mm = MmId::from_word(self.process(process).mm.peek());
            let of = self.mm(mm);
            snapshot.mms.push(MmView {
                mm,
                total_vm: of.total_vm.peek(),
                owner: self.css_of(TaskId::from_word(of.owner.peek())),
                records: of.page_table_lock.quiet(|records| records.clone()),
                packets: self.net_lock.quiet(|sockets| sockets.packets(mm)),
            });
        }
        snapshot.mms.sort_by_key(|view| view.mm);
        for (at, cgroup) in self.cgroups.iter().enumerate() {
            for (controller, counter) in Controller::ALL.into_iter().zip(cgroup.counters.iter()) {
                if let Some(counter) = counter {
                    let usage = counter.quiet(|counter| counter.usage);
                    snapshot.usage.push((controller, CgroupId(at as u32), usage));
                }
            }
        }
        snapshot
    }

    /// Returns the facts with which a world starts, as the events that would have led to it.
    #[must_use]
    pub fn opening(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for (at, spec) in self.spec.cgroups.iter().enumerate() {
            let cgroup = CgroupId(at as u32);
            if spec.frozen {
                events.push(Event::Frozen { cgroup, frozen: true });
            }
            if spec.cpus.as_ref().is_some_and(CpuMask::is_empty) {
                let mask = self.callback_mutex.quiet(|cpusets| cpusets.of_cgroup[at]);
                events.push(Event::Cpus { cgroup, mask, empty: true });
            }
        }
        for process in self.live_processes() {
            for task in self.threads(process) {
                for hierarchy in self.spec.hierarchy_ids() {
                    let cgroup = self.css_of(task).cgroup(hierarchy);
                    events.push(Event::Place { task, from: cgroup, to: cgroup });
                }
                events
                    .push(Event::Mask { task, mask: MaskId::from_word(self.task(task).cpus_allowed.peek()) });
                events.push(Event::Born { task, process, parent: None });
                self.open_charge(Controller::Numtasks, task, 1, &mut events);
            }
            self.open_mm(MmId::from_word(self.process(process).mm.peek()), &mut events);
        }
        events
    }

    fn open_mm(&self, mm: MmId, events: &mut Vec<Event>) {
        let of = self.mm(mm);
        let owner = TaskId::from_word(of.owner.peek());
        let vm = of.total_vm.peek() as i64;
        events.push(Event::Owner { mm, task: owner });
        events.push(Event::TotalVm { mm, pages: vm });
        self.open_charge(Controller::Memrlimit, owner, vm, events);
        for (cgroup, pages) in of.page_table_lock.quiet(|records| records.by_cgroup()) {
            let pages = pages as i64;
            if cgroup != CgroupId::NONE {
                events.push(opening(Controller::Memory, cgroup, pages));
            }
            events.push(Event::Record { mm, cgroup, pages });
        }
        let packets = self.net_lock.quiet(|sockets| sockets.packets(mm)) as i64;
        if packets > 0 {
            events.push(Event::Packets { mm, packets });
            self.open_charge(Controller::Net, owner, packets, events);
        }
    }

    /// Adds the charge of `controller` at the cgroup of `task`, if the controller counts from the start.
    fn open_charge(&self, controller: Controller, task: TaskId, pages: i64, events: &mut Vec<Event>) {
        let counting = self.hierarchy_of(controller).filter(|_| !self.spec.late.contains(&controller));
        if let Some(hierarchy) = counting {
            let cgroup = self.css_of(task).cgroup(hierarchy);
            events.push(opening(controller, cgroup, pages));
        }
    }
}

/// Returns the ledger entry of a charge at the start.
fn opening(controller: Controller, cgroup: CgroupId, pages: i64) -> Event {
    Event::Ledger { controller, cgroup, until: CgroupId::NONE, pages, reserve: false }
}
