//! From a scenario to its cells, and to the world and the faults of each.
pub use super::scenario::Overrides;

use super::Scenario;
use super::fields::Pace;
use super::scenario::{Act, Admin, Workload};
use faults::{Fault, Plan, Rule, Site, Thrown};
use model::checks::CheckSet;
use model::kernel::{CgroupId, Controller, HierarchyId};
use model::protocols::Protocol;
use model::seam::Current;
use model::seam::event::Callback;
use model::world::{ProcessSpec, WorldSpec};
use reports::axis::{Axis, Point};

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellPlan {
    /// Position in the plan.
    pub index: usize,
    /// The protocol.
    pub protocol: Protocol,
    /// Percent of faults at every prepare site; absent when there is no such axis.
    pub fault_rate: Option<u8>,
    /// Delay between switch and attach in ns; absent when there is no such axis.
    pub delay_ns: Option<u64>,
    /// The seed.
    pub seed: u64,
    /// The one hit that fails, beside the scenario's own rules.
    pub fail_nth: Option<(Site, u32)>,
    /// Which checks are on.
    pub checks: CheckSet,
}

impl CellPlan {
    /// Returns its position on the axes of results.
    #[must_use]
    pub fn point(&self, scenario: &Scenario) -> Point {
        Point::default()
            .with(Axis::FaultRate, self.fault_rate.map(u64::from))
            .with(Axis::Rate, scenario.rate_per_s())
            .with(Axis::Delay, self.delay_ns)
    }

    /// A cell that stands alone, without any axis, with all checks on.
    #[must_use]
    pub fn alone(protocol: Protocol, seed: u64) -> Self {
        let checks = CheckSet::ALL;
        Self { index: 0, protocol, fault_rate: None, delay_ns: None, seed, fail_nth: None, checks }
    }
}

/// An axis of the matrix; a scenario without one has it once, absent.
fn axis<T: Copy>(values: &[T]) -> Vec<Option<T>> {
    if values.is_empty() { vec![None] } else { values.iter().copied().map(Some).collect() }
}

impl Scenario {
    /// The cells, in the order of reports.
    #[must_use]
    pub fn cells(&self) -> Vec<CellPlan> {
        let mut cells = Vec::new();
        for protocol in self.protocols.iter().copied() {
            for fault_rate in axis(&self.fault_rates) {
                for delay_ns in axis(&self.delays_ns) {
                    for seed in self.seed..self.seed + self.seeds {
                        let index = cells.len();
                        cells.push(CellPlan {
                            index,
                            fault_rate,
                            delay_ns,
                            ..CellPlan::alone(protocol, seed)
                        });
                    }
                }
            }
        }
        cells
    }

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

    /// The faults of a cell: the scenario's own rules, then those of the axes.
    #[must_use]
    pub fn fault_plan<C: Current>(&self, cell: &CellPlan) -> Plan {
        let mut rules = self.faults.clone();
        let rate = cell.fault_rate.unwrap_or(0);
        rules.extend(Plan::with_rate(rate, self.sites::<C>(cell.protocol)).rules);
        if let Some(ns) = cell.delay_ns.filter(|ns| *ns > 0) {
            rules.push(Rule::new(Site::CoreSwitched, Fault::Delay { ns }));
        }
        if let Some((site, nth)) = cell.fail_nth {
            rules.extend(Plan::nth(site, nth).rules);
        }
        Plan { rules }
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
