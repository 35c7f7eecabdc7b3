//! From a scenario to its cells, and to the faults of each.
use faults::{Fault, Plan, Rule, Site};
use model::checks::CheckSet;
use model::protocols::Protocol;
use model::seam::Current;
use reports::axis::{Axis, Point};
use scenario::Scenario;

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
    /// The cells of a scenario, in the order of reports.
    #[must_use]
    pub fn all(scenario: &Scenario) -> Vec<Self> {
        let mut cells = Vec::new();
        for protocol in scenario.protocols.iter().copied() {
            for fault_rate in axis(&scenario.fault_rates) {
                for delay_ns in axis(&scenario.delays_ns) {
                    for seed in scenario.seed..scenario.seed + scenario.seeds {
                        let index = cells.len();
                        cells.push(Self { index, fault_rate, delay_ns, ..Self::alone(protocol, seed) });
                    }
                }
            }
        }
        cells
    }

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

    /// The faults of the cell: the scenario's own rules, then those of the axes.
    #[must_use]
    pub fn faults<C: Current>(&self, scenario: &Scenario) -> Plan {
        let mut rules = scenario.faults.clone();
        let rate = self.fault_rate.unwrap_or(0);
        rules.extend(Plan::with_rate(rate, scenario.sites::<C>(self.protocol)).rules);
        if let Some(ns) = self.delay_ns.filter(|ns| *ns > 0) {
            rules.push(Rule::new(Site::CoreSwitched, Fault::Delay { ns }));
        }
        if let Some((site, nth)) = self.fail_nth {
            rules.extend(Plan::nth(site, nth).rules);
        }
        Plan { rules }
    }
}

/// An axis of the matrix; a scenario without one has it once, absent.
fn axis<T: Copy>(values: &[T]) -> Vec<Option<T>> {
    if values.is_empty() { vec![None] } else { values.iter().copied().map(Some).collect() }
}
