//! The world of a scenario's cells, and other things that follow from what it says.
use super::{Act, Admin, Pace, Scenario, Workload};
use faults::{Fault, Rule, Thrown};
use model::kernel::{CgroupId, Controller, HierarchyId};
use model::world::{ProcessSpec, WorldSpec};

impl Scenario {
    /// The world of every cell.
    #[must_use]
    pub fn world(&self) -> WorldSpec {
        let mut processes = Vec::new();
        for (at, workload) in self.workloads.iter().enumerate() {
            for process in 0..workload.plan.processes() {
                let threads = workload.plan.threads(process) as usize;
                processes.push(ProcessSpec {
                    name: format!("w{at}.p{process}"),
                    cgroups: workload.cgroups.iter().copied().cycle().take(threads).collect(),
                    vm_pages: u64::from(workload.plan.initial_vm(process)),
                    rss_pages: 0,
                    elsewhere: workload.elsewhere.clone(),
                });
            }
        }
        WorldSpec {
            cpus: self.cpus,
            hierarchies: self.hierarchies.iter().map(|hierarchy| hierarchy.controllers.clone()).collect(),
            cgroups: self.cgroups.clone(),
            processes,
            options: self.options.clone(),
            late: self.late.clone(),
            keeps_ids: false,
        }
    }

    /// Controllers of all hierarchies, in the order of their callbacks.
    #[must_use]
    pub fn controllers(&self) -> Vec<Controller> {
        self.hierarchies.iter().flat_map(|hierarchy| hierarchy.controllers.iter().copied()).collect()
    }

    /// Cgroups of the threads of `workload` in `hierarchy` at the start, the leader's first and then round robin; none
    /// where it sits in the root.
    #[must_use]
    pub fn places(&self, workload: &Workload, hierarchy: HierarchyId) -> Vec<CgroupId> {
        let named = workload.cgroups.iter().chain(&workload.elsewhere).copied();
        named.filter(|cgroup| self.cgroups[cgroup.index()].hierarchy == hierarchy).collect()
    }

    /// The rate of all movers, if they have one and the same.
    #[must_use]
    pub fn rate_per_s(&self) -> Option<u64> {
        let mut paces = self.movers.iter().map(|movers| movers.pacing.pace);
        match paces.next()? {
            Pace::PerSecond(rate) if paces.all(|pace| pace == Pace::PerSecond(rate)) => Some(rate.per_s()),
            _ => None,
        }
    }

    /// Whether CPUs go away in a cell.
    #[must_use]
    pub fn takes_cpus_away(&self) -> bool {
        let thrown = |rule: &Rule| rule.action == Fault::Throw(Thrown::OfflineCpu);
        let hotplug = |admin: &Admin| matches!(admin.act, Act::Hotplug { .. });
        self.faults.iter().any(thrown) || self.admins.iter().any(hotplug)
    }
}
