//! Building a world from its spec, and putting it back to the start.
use super::{
    Cgroup, Cpusets, CssSets, Immutable, Mm, Process, Slots, Sockets, Task, TaskList, World, WorldSpec,
};
use crate::kernel::page::PageRecords;
use crate::kernel::{CgroupId, Controller, Counter, CpuMask, CssSetId, HierarchyId, MmId, ProcessId, TaskId};
use crate::locks::{Mutex, RwSem, SpinLock};
use crate::seam::{Class, SharedCell};
use std::sync::{Arc, Weak};

impl World {
    /// Builds a world at its start: every process is in its cgroup and charged for its pages and tasks.
    ///
    /// # Errors
    /// The error of [`WorldSpec::validate`].
    pub fn new(spec: WorldSpec) -> Result<Arc<Self>, super::SpecError> {
        spec.validate()?;
        let below = (0..spec.cgroups.len()).map(|at| cgroup(&spec, CgroupId(at as u32)));
        let cgroups = below.chain(spec.hierarchy_ids().map(|hierarchy| root(&spec, hierarchy))).collect();
        let keeps_ids = spec.keeps_ids;
        let world = Arc::new_cyclic(|myself| Self {
            spec: Immutable::new(spec),
            myself: Immutable::new(Weak::clone(myself)),
            cpu_hotplug: RwSem::new(Class::CpuHotplug, 0, CpuMask::default()),
            cgroup_mutex: Mutex::new(Class::CgroupMutex, 0, ()),
            threadgroup_rwsem: RwSem::new(Class::CgroupThreadgroupRwsem, 0, ()),
            callback_mutex: Mutex::new(Class::CallbackMutex, 0, Cpusets::default()),
            tasklist_lock: SpinLock::new(Class::TasklistLock, 0, TaskList::default()),
            css_set_lock: SpinLock::new(Class::CssSetLock, 0, CssSets::default()),
            numtasks_lock: SpinLock::new(Class::NumtasksLock, 0, ()),
            net_lock: SpinLock::new(Class::NetLock, 0, Sockets::default()),
            adopted: SharedCell::new(Class::Adopted, 0, 0),
            pidmap: SharedCell::new(Class::Pidmap, 0, 0),
            cgroups: Immutable::new(cgroups),
            tasks: Slots::new(keeps_ids),
            processes: Slots::new(keeps_ids),
            mms: Slots::new(keeps_ids),
        });
        world.populate();
        Ok(world)
    }

    /// Puts everything back to the start, also after an abandoned run. No actor may run.
    pub fn reset(&self) {
        self.cgroup_mutex.reset();
        self.threadgroup_rwsem.reset();
        self.callback_mutex.reset();
        self.tasklist_lock.reset();
        self.css_set_lock.reset();
        self.cpu_hotplug.reset();
        self.numtasks_lock.reset();
        self.net_lock.reset();
        self.adopted.init(0);
        self.pidmap.init(0);
        self.tasks.reset(|task| {
            task.alloc_lock.reset();
            task.state.init(Task::DEAD);
        });
        self.processes.reset(|process| process.threadgroup_rwsem.reset());
        self.mms.reset(|mm| {
            mm.mmap_sem.reset();
            mm.move_lock.reset();
            mm.page_table_lock.reset();
        });
        for (at, cgroup) in self.cgroups.iter().enumerate() {
            cgroup.frozen.init(u64::from(self.spec.cgroups.get(at).is_some_and(|spec| spec.frozen)));
            cgroup.removed.init(0);
            for (controller, counter) in Controller::ALL.into_iter().zip(cgroup.counters.iter()) {
                if let Some(counter) = counter {
                    counter.reset();
                    counter.quiet(|c| *c = Counter::new(self.spec.limit(CgroupId(at as u32), controller)));
                }
            }
        }
        self.populate();
    }

    fn populate(&self) {
        let all = CpuMask::first(self.spec.cpus);
        self.cpu_hotplug.quiet(|online| online.clone_from(&all));
        self.callback_mutex.quiet(|cpusets| {
            *cpusets = Cpusets { first_root: self.spec.cgroups.len(), ..Cpusets::default() };
            for at in 0..self.cgroups.len() {
                let cpus = self.spec.cgroups.get(at).and_then(|spec| spec.cpus.as_ref()).unwrap_or(&all);
                let mask = cpusets.intern(cpus);
                cpusets.written.push(cpus.clone());
                cpusets.of_cgroup.push(mask);
            }
        });
        self.css_set_lock.quiet(|css_sets| *css_sets = CssSets::default());
        self.tasklist_lock.quiet(|list| *list = TaskList::default());
        self.net_lock.quiet(|sockets| *sockets = Sockets::default());
        for process in &self.spec.processes {
            self.add_process(process);
        }
    }

    fn add_process(&self, spec: &super::ProcessSpec) {
        let (process_id, process) = self.processes.take(Process::new);
        let (mm_id, mm) = self.mms.take(Mm::new);
        for (at, cgroup) in spec.cgroups.iter().enumerate() {
            let task = self.add_task(ProcessId(process_id), self.first_css(spec, *cgroup));
            if at == 0 {
                process.leader.init(task.word());
                mm.owner.init(task.word());
                std::mem::forget(self.tasks.pin(task.0));
            }
        }
        process.mm.init(u64::from(mm_id));
        mm.total_vm.init(spec.vm_pages);
        mm.gone.init(0);
        mm.page_table_lock.quiet(|records| *records = PageRecords::default());
        let owner = TaskId::from_word(mm.owner.peek());
        self.charge_at_start(Controller::Memrlimit, owner, spec.vm_pages);
        if self.hierarchy_of(Controller::Memory).is_some() {
            let charged = self.charge_at_start(Controller::Memory, owner, spec.rss_pages);
            let cgroup = charged.unwrap_or(CgroupId::NONE);
            mm.page_table_lock.quiet(|records| records.mark(cgroup, spec.rss_pages));
        }
        self.net_lock.quiet(|sockets| sockets.open(MmId(mm_id), spec.packets));
        self.charge_at_start(Controller::Net, owner, spec.packets);
    }

    fn first_css(&self, spec: &super::ProcessSpec, cgroup: CgroupId) -> CssSetId {
        let mut css = CssSetId::default();
        for hierarchy in self.spec.hierarchy_ids() {
            let mut named = std::iter::once(&cgroup).chain(&spec.elsewhere);
            let here = named.find(|c| *self.cgroup(**c).hierarchy == hierarchy);
            css = css.with(hierarchy, here.copied().unwrap_or(self.root(hierarchy)));
        }
        css
    }

    fn add_task(&self, process: ProcessId, css: CssSetId) -> TaskId {
        let (id, task) = self.tasks.take(Task::new);
        task.process.init(process.word());
        task.cgroups.init(css.0);
        task.state.init(Task::LIVE);
        task.actor.init(0);
        let cpuset = self.hierarchy_of(Controller::Cpuset).filter(|_| !self.is_late(Controller::Cpuset));
        let mask = cpuset.map_or(0, |hierarchy| {
            self.callback_mutex.quiet(|cpusets| cpusets.of_cgroup[css.cgroup(hierarchy).index()].word())
        });
        task.cpus_allowed.init(mask);
        self.css_set_lock.quiet(|css_sets| css_sets.known.insert(css));
        self.tasklist_lock.quiet(|list| list.link(process, TaskId(id)));
        self.charge_at_start(Controller::Numtasks, TaskId(id), 1);
        TaskId(id)
    }

    fn is_late(&self, controller: Controller) -> bool {
        self.spec.late.contains(&controller)
    }

    fn charge_at_start(&self, controller: Controller, owner: TaskId, pages: u64) -> Option<CgroupId> {
        let hierarchy = self.hierarchy_of(controller).filter(|_| !self.is_late(controller))?;
        let cgroup = CssSetId(self.task(owner).cgroups.peek()).cgroup(hierarchy);
        for level in self.upward(cgroup) {
            self.counter(controller, level).quiet(|counter| counter.force(pages));
        }
        Some(cgroup)
    }
}

/// Returns the root of a hierarchy: the ancestor of its cgroups, without counters.
fn root(spec: &WorldSpec, hierarchy: HierarchyId) -> Cgroup {
    let id = spec.cgroups.len() as u32 + hierarchy.0;
    Cgroup {
        name: Immutable::new(spec.tree().name(CgroupId(id)).to_owned()),
        hierarchy: Immutable::new(hierarchy),
        parent: Immutable::new(None),
        counters: Immutable::new(Default::default()),
        frozen: SharedCell::new(Class::Frozen, id, 0),
        removed: SharedCell::new(Class::Removed, id, 0),
    }
}

fn cgroup(spec: &WorldSpec, id: CgroupId) -> Cgroup {
    let of = &spec.cgroups[id.index()];
    let mounted = &spec.hierarchies[of.hierarchy.index()];
    let counters = Controller::ALL.map(|controller| {
        let name = id.0 * Controller::COUNT as u32 + controller.index() as u32;
        (controller.counts() && mounted.contains(&controller))
            .then(|| SpinLock::new(Class::CounterLock, name, Counter::new(spec.limit(id, controller))))
    });
    Cgroup {
        name: Immutable::new(of.name.clone()),
        hierarchy: Immutable::new(of.hierarchy),
        parent: Immutable::new(spec.parent(id)),
        counters: Immutable::new(counters),
        frozen: SharedCell::new(Class::Frozen, id.0, u64::from(of.frozen)),
        removed: SharedCell::new(Class::Removed, id.0, 0),
    }
}
