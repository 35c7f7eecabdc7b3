//! The cells of a scenario, and the faults of each.
use faults::{Fault, FaultPlan, Rule, Site};
use model::checks::CheckSet;
use model::kernel::Controller;
use model::protocols::Protocol;
use model::seam::Current;
use model::seam::event::Callback;
use reports::axis::{Axis, Point};
use reports::schema::Subject;
use scenario::Scenario;

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellPlan {
    /// Position in the plan.
    pub index: usize,
    /// The protocol.
    pub protocol: Protocol,
    /// Percentage of faults at every prepare site; absent without such an axis.
    pub fault_rate: Option<u8>,
    /// Delay between switch and attach in ns; absent without such an axis.
    pub delay_ns: Option<u64>,
    /// The seed.
    pub seed: u64,
    /// The one hit that fails, in addition to the scenario's own rules.
    pub fail_nth: Option<(Site, u32)>,
    /// Checks that are on.
    pub checks: CheckSet,
}

impl CellPlan {
    /// Returns the cells of a scenario, in the order of reports.
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

    /// Returns the subject that the cell measures.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject::of(self.protocol.to_string())
    }

    /// Returns the position of the cell on the axes of results.
    #[must_use]
    pub fn point(&self, scenario: &Scenario) -> Point {
        Point::default()
            .with(Axis::FaultRate, self.fault_rate.map(u64::from))
            .with(Axis::Rate, scenario.rate_per_s())
            .with(Axis::Delay, self.delay_ns)
    }

    /// Returns a single cell without any axis, with all checks on.
    #[must_use]
    pub fn alone(protocol: Protocol, seed: u64) -> Self {
        let checks = CheckSet::ALL;
        Self { index: 0, protocol, fault_rate: None, delay_ns: None, seed, fail_nth: None, checks }
    }

    /// Returns the prepare sites that the protocol can reach.
    #[must_use]
    pub fn sites<C: Current>(&self, scenario: &Scenario) -> Vec<Site> {
        self.protocol.sites::<C>(&moving(scenario).flatten().copied().collect::<Vec<_>>())
    }

    /// Returns the callbacks of the protocol that undo a prepare and that a refusal by another callback can trigger.
    /// The prepare that runs last is never undone: in a phase after which nothing refuses, that is the last
    /// controller's.
    #[must_use]
    pub fn undoing<C: Current>(&self, scenario: &Scenario) -> Vec<(Controller, Callback)> {
        let protocol = self.protocol;
        let in_hierarchy = |controllers: &[Controller]| -> Vec<_> {
            let each = controllers.iter().enumerate();
            each.flat_map(|(at, controller)| {
                let later = protocol.sites::<C>(&controllers[at + 1..]);
                let refused =
                    later.iter().any(|s| s.callback() == Some(faults::SiteCallback::PrepareNosleep));
                let undoing = protocol.undoing::<C>(&[*controller]).into_iter();
                undoing.filter(move |(_, callback)| refused || *callback != Callback::AbortAttachNosleep)
            })
            .collect()
        };
        moving(scenario).flat_map(in_hierarchy).collect()
    }

    /// Returns the faults of the cell: the scenario's own rules, then those of the axes.
    #[must_use]
    pub fn faults<C: Current>(&self, scenario: &Scenario) -> FaultPlan {
        let mut rules = scenario.faults.clone();
        let rate = self.fault_rate.unwrap_or(0);
        rules.extend(FaultPlan::with_rate(rate, self.sites::<C>(scenario)).rules);
        if let Some(ns) = self.delay_ns.filter(|ns| *ns > 0) {
            rules.push(Rule::new(Site::CoreSwitched, Fault::Delay { ns }));
        }
        if let Some((site, nth)) = self.fail_nth {
            rules.extend(FaultPlan::nth(site, nth).rules);
        }
        FaultPlan { rules }
    }
}

/// Returns the controllers of each hierarchy in which tasks are moved, in the order of their callbacks.
fn moving(scenario: &Scenario) -> impl Iterator<Item = &[Controller]> {
    let moved = |at: usize| scenario.movers.iter().any(|movers| movers.hierarchy.index() == at);
    let hierarchies = scenario.hierarchies.iter().enumerate().filter(move |(at, _)| moved(*at));
    hierarchies.map(|(_, hierarchy)| hierarchy.controllers.as_slice())
}

/// Returns the values of an axis of the matrix; an axis without values counts once, as `None`.
fn axis<T: Copy>(values: &[T]) -> Vec<Option<T>> {
    if values.is_empty() { vec![None] } else { values.iter().copied().map(Some).collect() }
}
