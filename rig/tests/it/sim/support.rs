//! Worlds and runs in a few words.
use engines::sim::current::SimCurrent;
use engines::sim::time::Time;
use engines::sim::{Finished, Policy as _, Sim};
use faults::{FaultPlan, Injector};
use model::checks::{CheckSet, Checks, Tally};
use model::kernel::layout::Snapshot;
use model::kernel::{CgroupId, Controller, HierarchyId, ProcessId, TaskId, Threadgroup};
use model::locks::held::HeldTable;
use model::paths::attach::Request;
use model::protocols::Protocol;
use model::seam::event::{Mode, Target, Who};
use model::seam::{ActorId, Class, Costs, Current as _, Event, Object, Stamp};
use model::world::{CgroupSpec, ProcessSpec, World, WorldOptions, WorldSpec};
use rig::driver::observer::Watch;
use std::sync::Arc;

/// `Current` of these tests.
pub(crate) type Cur = SimCurrent<Time, Watch>;
/// Cgroup `a`.
pub(crate) const A: CgroupId = CgroupId(0);
/// Cgroup `b`.
pub(crate) const B: CgroupId = CgroupId(1);
/// Cgroup `a/x`, where it exists.
pub(crate) const X: CgroupId = CgroupId(2);
/// The first process.
pub(crate) const P: ProcessId = ProcessId(0);
/// The leader of the first process.
pub(crate) const LEADER: TaskId = TaskId(0);

/// The parameters of a test's world.
pub(crate) struct Setup {
    pub controllers: Vec<Controller>,
    pub late: Vec<Controller>,
    pub limit_b: Option<u64>,
    /// Cgroups of the threads of process 0.
    pub threads: Vec<CgroupId>,
    pub vm: u64,
    pub rss: u64,
    pub cpus: u32,
    pub options: WorldOptions,
    pub faults: &'static str,
    /// Adds a cgroup `a/x`, [`X`].
    pub nested: bool,
    /// The number of processes, all like the first.
    pub processes: usize,
    pub threadgroup: Threadgroup,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            controllers: vec![Controller::Memrlimit],
            late: vec![],
            limit_b: None,
            threads: vec![A],
            vm: 10,
            rss: 0,
            cpus: 2,
            options: WorldOptions::default(),
            faults: "",
            nested: false,
            processes: 1,
            threadgroup: Threadgroup::default(),
        }
    }
}

/// The outcome of a run.
pub(crate) struct Ran {
    pub watch: Watch,
    pub last: Option<Snapshot>,
    pub now: u64,
    pub policy: Time,
}

impl Ran {
    /// Returns the findings of a check.
    pub(crate) fn check(&self, name: &str) -> &Tally {
        self.watch
            .judge
            .checks
            .findings()
            .into_iter()
            .find(|(known, _)| known.name() == name)
            .expect("a check's name")
            .1
    }

    /// Returns the names of the violated invariants.
    pub(crate) fn violated(&self) -> Vec<&'static str> {
        let findings = self.watch.judge.checks.findings();
        findings.into_iter().filter(|(_, tally)| tally.violated > 0).map(|(check, _)| check.name()).collect()
    }

    /// Returns the usage of `controller` in `a` and `b`.
    pub(crate) fn usage(&self, controller: Controller) -> [u64; 2] {
        [A, B].map(|cgroup| self.watch.judge.world.counter(controller, cgroup).quiet(|counter| counter.usage))
    }
}

/// Returns checks that have seen the opening of a world and then these events of these actors, with the locks that
/// they hold.
pub(crate) fn observed(setup: &Setup, events: &[(u32, Event)]) -> (Checks, HeldTable) {
    let world = world(setup);
    let mut checks = Checks::with(world.layout(), CheckSet::ALL);
    let mut held = HeldTable::default();
    let opening = world.opening();
    for (at, (actor, event)) in opening.iter().map(|event| (&0, event)).chain(pairs(events)).enumerate() {
        let stamp = Stamp { at_ns: at as u64, actor: ActorId(*actor) };
        checks.observe(&held, stamp, event);
        held.observe(stamp, event, |_| {});
    }
    (checks, held)
}

fn pairs(events: &[(u32, Event)]) -> impl Iterator<Item = (&u32, &Event)> {
    events.iter().map(|(actor, event)| (actor, event))
}

/// Returns the names of the checks that found something.
pub(crate) fn violated(checks: &Checks) -> Vec<&'static str> {
    checks
        .findings()
        .into_iter()
        .filter(|(_, tally)| tally.violated > 0)
        .map(|(check, _)| check.name())
        .collect()
}

/// Returns the first message of a check.
pub(crate) fn first(checks: &Checks, name: &str) -> String {
    let findings = checks.findings();
    let (_, tally) = findings.into_iter().find(|(known, _)| known.name() == name).expect("a check's name");
    tally.first.clone().unwrap_or_default()
}

/// Returns the event that an actor takes `object`, which is free.
pub(crate) fn take(class: Class, owner: u32, mode: Mode) -> Event {
    Event::LockAcquired { object: Object { class, owner }, mode, waited_ns: None }
}

/// Returns the event that it is released.
pub(crate) fn give(class: Class, owner: u32, mode: Mode) -> Event {
    Event::LockReleased { object: Object { class, owner }, mode, waiters: 0 }
}

/// An actor's body.
pub(crate) type Body = Box<dyn FnOnce(&Cur, &Arc<World>)>;

/// Returns an actor that announces its identity before it runs `body`.
pub(crate) fn actor(who: Who, body: impl FnOnce(&Cur, &Arc<World>) + 'static) -> Body {
    Box::new(move |cur, world| {
        cur.emit(Event::Start(who));
        body(cur, world);
    })
}

/// Returns an actor that runs as the leader of process 0.
pub(crate) fn leader(body: impl FnOnce(&Cur, &Arc<World>) + 'static) -> Body {
    actor(Who::Task(LEADER), move |cur, world| {
        assert!(model::paths::actors::adopt(cur, world, LEADER));
        body(cur, world);
        model::paths::actors::disown(cur, world, LEADER);
    })
}

/// Returns a mover.
pub(crate) fn mover(body: impl FnOnce(&Cur, &Arc<World>) + 'static) -> Body {
    actor(Who::Mover(0), body)
}

/// Returns the attach of process 0 to `dest`.
pub(crate) fn process_to(dest: CgroupId) -> Request {
    Request { target: Target::Process(P), dest, due_ns: None }
}

/// Returns the world of a setup.
pub(crate) fn world(setup: &Setup) -> Arc<World> {
    let cgroup = |name: &str, limit: Option<u64>| CgroupSpec {
        name: name.to_owned(),
        hierarchy: HierarchyId(0),
        limits: limit.map(|pages| (Controller::Memrlimit, pages)).into_iter().collect(),
        cpus: None,
        frozen: false,
    };
    let process = ProcessSpec {
        name: "p".to_owned(),
        cgroups: setup.threads.clone(),
        vm_pages: setup.vm,
        rss_pages: setup.rss,
        packets: 0,
        elsewhere: vec![],
    };
    let spec = WorldSpec {
        hierarchy_names: vec![],
        cpus: setup.cpus,
        hierarchies: vec![setup.controllers.clone()],
        cgroups: [cgroup("a", None), cgroup("b", setup.limit_b)]
            .into_iter()
            .chain(setup.nested.then(|| cgroup("a/x", None)))
            .collect(),
        processes: vec![process; setup.processes],
        options: setup.options.clone(),
        late: setup.late.clone(),
        threadgroup: setup.threadgroup,
        keeps_ids: false,
    };
    World::new(spec).expect("a good spec")
}

/// Runs actors to the end in virtual time.
pub(crate) fn run(setup: &Setup, bodies: Vec<Body>) -> Ran {
    let world = world(setup);
    let injector = Injector::new(FaultPlan::parse(setup.faults).expect("good rules"), 1);
    let time = Time::new(setup.cpus, Costs::default(), 10_000_000_000);
    let mut sim = Sim::new(time, Watch::new(Arc::clone(&world), 0), injector);
    for body in bodies {
        let world = Arc::clone(&world);
        sim.spawn(move |cur| body(cur, &world));
    }
    let Finished { end, policy, observer: mut watch, .. } = sim.run();
    let now = policy.now();
    let last = watch.finish(now, &end);
    Ran { watch, last, now, policy }
}

/// Returns the protocol of 2.6.24.
pub(crate) fn three_phase() -> Protocol {
    Protocol::parse("three-phase").expect("known")
}
