//! Checks the world while all threads rest, and at the end: counters against ledgers, and both against tasks and pages.
use super::listener::Hub;
use model::checks::at_rest::AtRest;
use model::checks::{Check, CheckSet, Checks, Needs, Shadow};
use model::kernel::{Controller, CssSetId, HierarchyId, ProcessId, Snapshot};
use model::locks::held::HeldTable;
use model::seam::{ActorId, Event, Stamp};
use model::world::{World, bit};
use scenario::{Moves, Scenario};
use std::sync::Arc;

/// The audit of one cell.
pub(super) struct Audit {
    world: Arc<World>,
    hub: Arc<Hub>,
    /// The initial balance of the ledger, by counter.
    opening: Vec<i64>,
    /// Hierarchies in which only whole processes are moved.
    whole: Vec<HierarchyId>,
    /// Findings, so far only those at rest.
    pub(super) checks: Checks,
}

/// Returns the hierarchies of `scenario` in which each process starts in one cgroup and only whole processes are moved.
fn whole(scenario: &Scenario) -> Vec<HierarchyId> {
    let moves_whole = |hierarchy: HierarchyId| {
        let mut here = scenario.movers.iter().filter(|movers| movers.hierarchy == hierarchy);
        here.all(|movers| movers.moves != Moves::Threads)
    };
    let starts_whole = |hierarchy| {
        let mut places = scenario.workloads.iter().map(|workload| scenario.places(workload, hierarchy));
        places.all(|places| places.windows(2).all(|pair| pair[0] == pair[1]))
    };
    let all = (0..scenario.hierarchies.len() as u32).map(HierarchyId);
    all.filter(|hierarchy| moves_whole(*hierarchy) && starts_whole(*hierarchy)).collect()
}

/// Returns the checks that cannot judge `scenario` without a total order of events.
pub(super) fn unjudged(scenario: &Scenario) -> Vec<Check> {
    // A decision is compared with all charges up to the switch, a charge with all earlier moves.
    let total_order = |check: &Check| check.about().needs == Needs::TotalOrder;
    let mut unjudged: Vec<Check> = Check::ALL.iter().copied().filter(total_order).collect();
    let whole = whole(scenario);
    let all_whole = whole.len() == scenario.hierarchies.len();
    if !all_whole || scenario.takes_cpus_away() {
        // At rest only the positions of threads and pages are visible, not which move should have taken them along.
        unjudged.extend([Check::LeftBehind, Check::PartialMove]);
    }
    unjudged
}

impl Audit {
    /// Returns the audit of a world at its start.
    pub(super) fn new(world: &Arc<World>, hub: &Arc<Hub>, scenario: &Scenario, on: CheckSet) -> Self {
        let layout = world.layout();
        let mut opening = vec![0; layout.cgroups.len() * Controller::COUNT];
        for event in world.opening() {
            if let Event::Ledger { controller, cgroup, until, pages, .. } = event {
                layout
                    .charged(cgroup, until)
                    .for_each(|level| opening[Shadow::index(controller, level)] += pages);
            }
        }
        Self {
            world: Arc::clone(world),
            hub: Arc::clone(hub),
            opening,
            whole: whole(scenario),
            checks: Checks::with(layout, on.without(&unjudged(scenario))),
        }
    }

    /// Checks the world. All threads rest, or have ended.
    pub(super) fn look(&mut self, at_ns: u64) -> Snapshot {
        let mut books = self.opening.clone();
        self.hub.add_books(&mut books);
        let joined = |controller: &Controller| self.world.adopted.peek() & bit(*controller) != 0;
        let rest = AtRest {
            at_ns,
            snapshot: self.world.snapshot(),
            books,
            adopted: self.world.spec.late.iter().copied().filter(joined).collect(),
            masks: self.world.callback_mutex.quiet(|cpusets| cpusets.of_cgroup.clone()),
            torn: self.torn(),
        };
        self.checks.at_rest(&rest);
        rest.snapshot
    }

    fn torn(&self) -> Vec<(ProcessId, HierarchyId)> {
        let mut torn = Vec::new();
        for process in (0..self.world.processes.used()).map(ProcessId) {
            let threads = self.world.threads(process);
            let css = |task| CssSetId(self.world.task(task).cgroups.peek());
            for hierarchy in &self.whole {
                let mut places = threads.iter().map(|task| css(*task).cgroup(*hierarchy));
                if let Some(first) = places.next()
                    && places.any(|place| place != first)
                {
                    torn.push((process, *hierarchy));
                }
            }
        }
        torn
    }

    /// Passes the process of each thread to the checks, so that they can explain waits.
    pub(super) fn name_threads(&mut self, held: &HeldTable) {
        for event in self.world.opening().iter().filter(|event| matches!(event, Event::Born { .. })) {
            self.checks.observe(held, Stamp { at_ns: 0, actor: ActorId(0) }, event);
        }
    }
}
