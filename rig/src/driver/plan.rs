//! From a scenario to its cells, and to the world and the faults of each.
pub use super::scenario::Overrides;

use super::Scenario;
use crate::engine::Current;
use crate::kernel::{CgroupId, Controller};
use crate::protocols::Protocol;
use crate::world::{ProcessSpec, WorldSpec};
use faults::{Fault, Plan, Rule, Site};

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
                        cells.push(CellPlan { index: cells.len(), protocol, fault_rate, delay_ns, seed });
                    }
                }
            }
        }
        cells
    }

    /// Prepare sites that `protocol` can reach here.
    #[must_use]
    pub fn sites<C: Current>(&self, protocol: Protocol) -> Vec<Site> {
        protocol.sites::<C>(&self.controllers)
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
                    cgroups: vec![CgroupId(workload.cgroup as u32); threads],
                    vm_pages: u64::from(workload.plan.initial_vm(process)),
                    rss_pages: 0,
                    elsewhere: Vec::new(),
                });
            }
        }
        WorldSpec {
            cpus: self.cpus,
            hierarchies: vec![self.controllers.clone()],
            cgroups: self.cgroups.clone(),
            processes,
            options: self.options.clone(),
            late: Vec::new(),
        }
    }

    /// Whether `controller` is mounted.
    #[must_use]
    pub fn has(&self, controller: Controller) -> bool {
        self.controllers.contains(&controller)
    }
}
