//! The world of a scenario's cells, and what of a protocol it can reach.
use super::fields::Pace;
use super::{Act, Admin, Scenario, Workload};
use faults::{Fault, Rule, Site, Thrown};
use model::kernel::{CgroupId, Controller, HierarchyId};
use model::protocols::Protocol;
use model::seam::Current;
use model::seam::event::Callback;
use model::world::{ProcessSpec, WorldSpec};

impl Scenario {
    /// Controllers of each hierarchy in which somebody is moved, in the order of their callbacks.
    fn moving(&self) -> impl Iterator<Item = &[Controller]> {
        let moved = |at: usize| self.movers.iter().any(|movers| movers.hierarchy.index() == at);
        let hierarchies = self.hierarchies.iter().enumerate().filter(move |(at, _)| moved(*at));
        hierarchies.map(|(_, hierarchy)| hierarchy.controllers.as_slice())
    }

    /// Prepare sites that `protocol` can reach here.
    #[must_use]
    pub fn sites<C: Current>(&self, protocol: Protocol) -> Vec<Site> {
        protocol.sites::<C>(&self.moving().flatten().copied().collect::<Vec<_>>())
    }

    /// Callbacks of `protocol` that undo a prepare, and that can run when somebody else is made to refuse. What is
    /// prepared last of all is never undone: in a phase after which nothing refuses, that is the last controller's.
    #[must_use]
    pub fn undoing<C: Current>(&self, protocol: Protocol) -> Vec<(Controller, Callback)> {
        let in_hierarchy = |controllers: &[Controller]| -> Vec<_> {
            let each = controllers.iter().enumerate();
            each.flat_map(|(at, controller)| {
                let later = protocol.sites::<C>(&controllers[at + 1..]);
                let refused = later.iter().any(|s| s.callback() == Some(faults::Callback::PrepareNosleep));
                let undoing = protocol.undoing::<C>(&[*controller]).into_iter();
                undoing.filter(move |(_, callback)| refused || *callback != Callback::AbortAttachNosleep)
            })
            .collect()
        };
        self.moving().flat_map(in_hierarchy).collect()
    }

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
