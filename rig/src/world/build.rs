//! Building a world from its spec, and putting it back to the start.
use super::{Cgroup, Cpusets, CssSets, Fixed, Mm, Process, Slots, Task, TaskList, World, WorldSpec};
use crate::engine::Class;
use crate::kernel::counter::UNLIMITED;
use crate::kernel::page::PageRecords;
use crate::kernel::{CgroupId, Controller, Counter, CpuMask, CssSetId, HierarchyId, ProcessId, TaskId};
use crate::locks::{Mutex, SpinLock};

impl World {
    /// A world at its start: every process in its cgroup, charged for what it has.
    ///
    /// # Errors
    /// What [`WorldSpec::validate`] says.
    pub fn new(spec: WorldSpec) -> Result<Self, super::SpecError> {
        spec.validate()?;
        let cgroups = (0..spec.cgroups.len()).map(|at| cgroup(&spec, CgroupId(at as u32))).collect();
        let world = Self {
            spec: Fixed::new(spec),
            cgroup_mutex: Mutex::new(Class::CgroupMutex, 0, ()),
            callback_mutex: Mutex::new(Class::CallbackMutex, 0, Cpusets::default()),
            tasklist_lock: SpinLock::new(Class::TasklistLock, 0, TaskList::default()),
            css_set_lock: SpinLock::new(Class::CssSetLock, 0, CssSets::default()),
            cgroups: Fixed::new(cgroups),
            tasks: Slots::default(),
            processes: Slots::default(),
            mms: Slots::default(),
        };
        world.populate();
        Ok(world)
    }

    /// Puts everything back to the start, also after an abandoned run. Nobody may run.
    pub fn reset(&self) {
        self.cgroup_mutex.reset();
        self.callback_mutex.reset();
        self.tasklist_lock.reset();
        self.css_set_lock.reset();
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
            for (controller, counter) in Controller::ALL.into_iter().zip(cgroup.counters.iter()) {
                if let Some(counter) = counter {
                    counter.reset();
                    counter.quiet(|c| *c = Counter::new(limit(&self.spec, CgroupId(at as u32), controller)));
                }
            }
        }
        self.populate();
    }

    fn populate(&self) {
        self.callback_mutex.quiet(|cpusets| {
            *cpusets = Cpusets::default();
            let all = CpuMask::first(self.spec.cpus);
            for cgroup in &self.spec.cgroups {
                let mask = cpusets.intern(cgroup.cpus.as_ref().unwrap_or(&all));
                cpusets.of_cgroup.push(mask);
            }
        });
        self.css_set_lock.quiet(|css_sets| *css_sets = CssSets::default());
        self.tasklist_lock.quiet(|list| *list = TaskList::default());
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
        if let Some(cgroup) = self.charge_at_start(Controller::Memory, owner, spec.rss_pages) {
            mm.page_table_lock.quiet(|records| records.mark(cgroup, spec.rss_pages));
        }
    }

    fn first_css(&self, spec: &super::ProcessSpec, cgroup: CgroupId) -> CssSetId {
        let mut css = CssSetId::default();
        for hierarchy in self.spec.hierarchy_ids() {
            let named = [cgroup, spec.cgroups[0]]
                .into_iter()
                .find(|c| self.spec.cgroups[c.index()].hierarchy == hierarchy)
                .or_else(|| self.first_cgroup(hierarchy));
            css = css.with(hierarchy, named.unwrap_or(cgroup));
        }
        css
    }

    fn first_cgroup(&self, hierarchy: HierarchyId) -> Option<CgroupId> {
        let at = self.spec.cgroups.iter().position(|c| c.hierarchy == hierarchy)?;
        Some(CgroupId(at as u32))
    }

    fn add_task(&self, process: ProcessId, css: CssSetId) -> TaskId {
        let (id, task) = self.tasks.take(Task::new);
        task.process.init(process.word());
        task.cgroups.init(css.0);
        task.state.init(Task::LIVE);
        task.actor.init(0);
        let mask = self.hierarchy_of(Controller::Cpuset).map_or(0, |hierarchy| {
            self.callback_mutex.quiet(|cpusets| cpusets.of_cgroup[css.cgroup(hierarchy).index()].word())
        });
        task.cpus_allowed.init(mask);
        self.css_set_lock.quiet(|css_sets| css_sets.known.insert(css));
        self.tasklist_lock.quiet(|list| list.link(process, TaskId(id)));
        TaskId(id)
    }

    fn charge_at_start(&self, controller: Controller, owner: TaskId, pages: u64) -> Option<CgroupId> {
        let hierarchy = self.hierarchy_of(controller)?;
        let cgroup = CssSetId(self.task(owner).cgroups.peek()).cgroup(hierarchy);
        for level in self.upward(cgroup) {
            self.counter(controller, level).quiet(|counter| counter.force(pages));
        }
        Some(cgroup)
    }
}

fn limit(spec: &WorldSpec, id: CgroupId, controller: Controller) -> u64 {
    let limits = &spec.cgroups[id.index()].limits;
    limits.iter().find(|(c, _)| *c == controller).map_or(UNLIMITED, |(_, pages)| *pages)
}

fn cgroup(spec: &WorldSpec, id: CgroupId) -> Cgroup {
    let of = &spec.cgroups[id.index()];
    let mounted = &spec.hierarchies[of.hierarchy.index()];
    let counters = Controller::ALL.map(|controller| {
        let name = id.0 * Controller::COUNT as u32 + controller.index() as u32;
        (controller.counts() && mounted.contains(&controller))
            .then(|| SpinLock::new(Class::CounterLock, name, Counter::new(limit(spec, id, controller))))
    });
    Cgroup {
        name: Fixed::new(of.name.clone()),
        hierarchy: Fixed::new(of.hierarchy),
        parent: Fixed::new(spec.parent(id)),
        counters: Fixed::new(counters),
    }
}
