//! The world of a scenario's cells, and other data derived from a scenario.
use super::{Act, Admin, Pace, Scenario, Workload};
use faults::{Fault, Rule, Thrown};
use model::kernel::{CgroupId, Controller, HierarchyId, Threadgroup};
use model::world::{ProcessSpec, Tree, WorldSpec};

impl Scenario {
    /// Returns the world of every cell, before its protocol fits it to itself.
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
                    packets: 0,
                    elsewhere: workload.elsewhere.clone(),
                });
            }
        }
        WorldSpec {
            cpus: self.cpus,
            hierarchies: self.hierarchies.iter().map(|hierarchy| hierarchy.controllers.clone()).collect(),
            hierarchy_names: self.hierarchies.iter().map(|hierarchy| hierarchy.name.clone()).collect(),
            cgroups: self.cgroups.clone(),
            processes,
            options: self.options.clone(),
            late: self.late.clone(),
            threadgroup: Threadgroup::default(),
            keeps_ids: false,
        }
    }

    /// Returns the cgroups by name, with the roots.
    #[must_use]
    pub fn tree(&self) -> Tree<'_> {
        super::hierarchies::tree(&self.hierarchies, &self.cgroups)
    }

    /// Returns the controllers of all hierarchies, in the order of their callbacks.
    #[must_use]
    pub fn controllers(&self) -> Vec<Controller> {
        self.hierarchies.iter().flat_map(|hierarchy| hierarchy.controllers.iter().copied()).collect()
    }

    /// Returns the initial cgroups of the threads of `workload` in `hierarchy`: the leader's first, then round robin.
    /// Empty if the workload names no cgroup there: then it starts in the root.
    #[must_use]
    pub fn places(&self, workload: &Workload, hierarchy: HierarchyId) -> Vec<CgroupId> {
        let named = workload.cgroups.iter().chain(&workload.elsewhere).copied();
        let tree = self.tree();
        named.filter(|cgroup| tree.hierarchy(*cgroup) == hierarchy).collect()
    }

    /// Returns the rate of all movers, if they all have the same one.
    #[must_use]
    pub fn rate_per_s(&self) -> Option<u64> {
        let mut paces = self.movers.iter().map(|movers| movers.pacing.pace);
        match paces.next()? {
            Pace::PerSecond(rate) if paces.all(|pace| pace == Pace::PerSecond(rate)) => Some(rate.per_s()),
            _ => None,
        }
    }

    /// Reports whether CPUs are taken offline in a cell.
    #[must_use]
    pub fn takes_cpus_away(&self) -> bool {
        let thrown = |rule: &Rule| rule.action == Fault::Throw(Thrown::OfflineCpu);
        let hotplug = |admin: &Admin| matches!(admin.act, Act::Hotplug { .. });
        self.faults.iter().any(thrown) || self.admins.iter().any(hotplug)
    }
}
