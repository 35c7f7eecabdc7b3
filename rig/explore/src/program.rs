//! A running litmus test: its actors over a world, on the simulator under a policy of order.
use super::litmus::{Litmus, Op, Role};
use engines::sim::current::SimCurrent;
use engines::sim::steps::{Bounds, Steps, Strategy};
use engines::sim::{End, Sim};
use faults::Injector;
use model::checks::CheckSet;
use model::checks::Judge;
use model::kernel::TaskId;
use model::paths::attach::Request;
use model::paths::{actors, admin, exec, exit, fork, mm, net};
use model::protocols::{Protocol, attach, evacuate};
use model::seam::event::{Target, Who};
use model::seam::{ActorId, Current, Event, Observer, Stamp};
use model::world::World;
use std::sync::Arc;

use super::transcript::Transcript;

/// Data that all actors share.
struct Fixture {
    litmus: Arc<Litmus>,
    protocol: Protocol,
    world: Arc<World>,
    /// True if a thread may be killed by another.
    kills: bool,
}

/// The observers of the events of a schedule: the judge, and the transcript if one is wanted.
pub struct Observers {
    /// Every check.
    pub judge: Judge,
    /// The schedule in words.
    pub transcript: Option<Transcript>,
}

impl Observer for Observers {
    fn observe(&mut self, stamp: Stamp, event: &Event) {
        self.judge.observe(stamp, event);
        if let Some(transcript) = &mut self.transcript {
            transcript.observe(stamp, event);
        }
    }
}

pub(crate) type Here = SimCurrent<Steps, Box<Observers>>;

/// The simulator on which a litmus test runs.
pub type Runner = Sim<Steps, Box<Observers>>;

/// Runs schedules of a litmus test one after the other, in a world that is reset to the start for each.
pub struct Program {
    stage: Arc<Fixture>,
}

impl Program {
    /// Returns the program of that test under that protocol.
    ///
    /// # Panics
    /// If the world of a litmus test that was read cannot be built, which is a bug.
    #[must_use]
    pub fn new(litmus: &Arc<Litmus>, protocol: Protocol) -> Self {
        let world = World::new(protocol.fit(litmus.spec.clone())).expect("a litmus test that was read");
        let (litmus, kills) = (Arc::clone(litmus), litmus.kills());
        Self { stage: Arc::new(Fixture { litmus, protocol, world, kills }) }
    }

    /// Returns the world.
    #[must_use]
    pub fn world(&self) -> &Arc<World> {
        &self.stage.world
    }

    /// Returns the simulator before the first schedule of that strategy.
    #[must_use]
    pub fn stage(
        &self,
        strategy: Box<dyn Strategy>,
        bounds: Bounds,
        on: CheckSet,
        transcript: Option<Transcript>,
    ) -> Runner {
        let judge = Judge::at_the_end(Arc::clone(&self.stage.world), on);
        let injector = Injector::new(self.stage.litmus.faults.clone(), 0);
        let sim = Sim::new(Steps::new(strategy, bounds), Box::new(Observers { judge, transcript }), injector);
        if self.stage.litmus.faults.is_empty() { sim } else { sim.counting_by_actor() }
    }

    /// Runs one schedule from the start.
    pub fn run(&self, runner: &mut Runner) -> End {
        for (at, actor) in self.stage.litmus.actors.iter().enumerate() {
            let stage = Arc::clone(&self.stage);
            let id = runner.spawn(move |cur: &Here| act(cur, &stage, at));
            if let Role::Thread(task) = actor.role {
                self.stage.world.task(task).actor.init(u64::from(id.0) + 1);
            }
        }
        runner.run_once()
    }

    /// Resets everything to the start, for another schedule of the same strategy.
    pub fn restart(&self, runner: &Runner) {
        self.stage.world.reset();
        runner.observer().judge.restart();
    }

    /// Returns the name of an actor; actors that faults add have none and get one by number.
    #[must_use]
    pub fn actor_name(&self, actor: ActorId) -> String {
        let known = self.stage.litmus.actors.get(actor.index());
        known.map_or_else(|| format!("thrown.{}", actor.0), |known| known.name.clone())
    }
}

fn act(cur: &Here, stage: &Fixture, at: usize) {
    let actor = &stage.litmus.actors[at];
    match actor.role {
        Role::Outside => {
            cur.emit(Event::Start(outsider(&actor.ops, at as u32)));
            actor.ops.iter().for_each(|op| outside(cur, stage, op));
        }
        Role::Thread(task) => {
            cur.emit(Event::Start(Who::Task(task)));
            thread(cur, stage, task, &actor.ops);
        }
    }
}

/// Returns the identity of an actor that is not a thread.
fn outsider(ops: &[Op], number: u32) -> Who {
    if ops.iter().any(|op| matches!(op, Op::Attach(..))) {
        Who::Mover(number)
    } else if ops.iter().any(|op| matches!(op, Op::Receive(..) | Op::Drain(..))) {
        Who::Interrupt(number)
    } else {
        Who::Admin(number)
    }
}

/// Runs the operations of a thread until they end, or one of them ends the thread. If threads may be killed, it checks
/// for that between operations; the killer leaves the exit to the thread itself.
fn thread<C: Current>(cur: &C, stage: &Fixture, task: TaskId, ops: &[Op]) {
    let world = &stage.world;
    for op in ops {
        if stage.kills && exec::killed(cur, world, task) {
            let _ = exit::exit(cur, world, task);
            return;
        }
        if *op == Op::Exit {
            let _ = exit::exit(cur, world, task);
            return;
        }
        inside(cur, stage, task, op);
    }
    if stage.kills && actors::disown(cur, world, task) {
        let _ = exit::exit(cur, world, task);
    }
}

/// Performs one operation of a thread. A failure is reported by its own events, and the thread goes on.
fn inside<C: Current>(cur: &C, stage: &Fixture, task: TaskId, op: &Op) {
    let world = &stage.world;
    match op {
        Op::Mmap(pages) => drop(mm::mmap(cur, world, task, *pages)),
        Op::Munmap(pages) => drop(mm::munmap(cur, world, task, *pages)),
        Op::Touch(pages) => drop(mm::touch(cur, world, task, *pages)),
        Op::Release(pages) => drop(mm::release(cur, world, task, *pages)),
        Op::ForkThread => drop(fork::fork_thread(cur, world, task)),
        Op::ForkProcess => drop(fork::fork_process(cur, world, task)),
        Op::Exec => drop(exec::exec(cur, world, task)),
        other => outside(cur, stage, other),
    }
}

/// Performs one operation that any actor may perform.
fn outside<C: Current>(cur: &C, stage: &Fixture, op: &Op) {
    let (world, protocol) = (&*stage.world, stage.protocol);
    match op {
        Op::Attach(target, dest) => {
            let request = Request { target: *target, dest: *dest, due_ns: None };
            attach(protocol, cur, world, &request);
        }
        Op::Limit(controller, cgroup, limit, force) => {
            let _ = admin::set_limit(cur, world, (*controller, *cgroup), *limit, *force);
        }
        Op::Cpus(cgroup, cpus) => {
            let _ = admin::set_cpus(cur, world, *cgroup, cpus.clone());
        }
        Op::Freeze(cgroup, frozen) => {
            let _ = admin::freeze(cur, world, *cgroup, *frozen);
        }
        Op::OfflineCpu(cpu) => {
            if admin::offline_cpu(cur, world, *cpu).is_ok() {
                evacuate(protocol, cur, world);
            }
        }
        Op::OnlineCpu(cpu) => {
            let _ = admin::online_cpu(cur, world, *cpu);
        }
        Op::Rmdir(cgroup) => {
            let _ = admin::rmdir(cur, world, *cgroup);
        }
        Op::Mkdir(cgroup) => {
            let _ = admin::mkdir(cur, world, *cgroup);
        }
        Op::Receive(process, packets) => drop(net::receive(cur, world, *process, *packets)),
        Op::Drain(process, packets) => drop(net::drain(cur, world, *process, *packets)),
        Op::Mmap(_)
        | Op::Munmap(_)
        | Op::Touch(_)
        | Op::Release(_)
        | Op::ForkThread
        | Op::ForkProcess
        | Op::Exec
        | Op::Exit => unreachable!("the reader gives these to threads only"),
    }
}

/// Reports whether an operation is an attach of that kind; used by tables.
#[must_use]
pub fn attaches(op: &Op) -> bool {
    matches!(op, Op::Attach(Target::Process(_) | Target::Thread(_) | Target::All | Target::Adopt(_), _))
}
