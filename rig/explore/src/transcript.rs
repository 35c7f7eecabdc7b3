//! A transcript of a schedule, step by step: the actor, its access, and the changes to locks and counters.
use super::litmus::Litmus;
use super::names;
use engines::sim::steps::Step;
use model::seam::event::Mode;
use model::seam::{Access, Class, Event, Object, Observer, Stamp};
use model::world::World;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something that happened in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Number of steps before it; 0 is before the first.
    pub step: u64,
    /// The actor.
    pub actor: u32,
    /// The event.
    pub what: What,
}

/// An event of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A sentence: an operation, an attach, a phase or a callback begins or ends.
    Told(String),
    /// A span of that name begins on the actor's track.
    Begin(String),
    /// The span ends.
    End(String),
    /// A lock is taken.
    Took(Object, Mode),
    /// A lock is released.
    Gave(Object, Mode),
    /// An actor has to wait for the lock.
    Waits(Object),
    /// A counter has changed.
    Counter(String, u64, u64),
}

/// Records a schedule.
pub struct Transcript {
    litmus: Arc<Litmus>,
    world: Arc<World>,
    usage: BTreeMap<u32, u64>,
    lines: Vec<Line>,
}

impl Transcript {
    /// Returns the transcript of a run of that test in that world, which is at its start.
    #[must_use]
    pub fn new(litmus: &Arc<Litmus>, world: &Arc<World>) -> Self {
        let mut transcript = Self {
            litmus: Arc::clone(litmus),
            world: Arc::clone(world),
            usage: BTreeMap::new(),
            lines: Vec::new(),
        };
        let owners = 0..(world.spec.cgroups.len() * model::kernel::Controller::COUNT) as u32;
        transcript.usage = owners.filter_map(|owner| Some((owner, transcript.read(owner)?))).collect();
        transcript
    }

    /// Returns the recorded lines.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Returns the usage of a counter, while its lock is free.
    fn read(&self, owner: u32) -> Option<u64> {
        let (cgroup, controller) = names::counter(owner);
        let counter = self.world.cgroups.get(cgroup.index())?.counters[controller.index()].as_ref()?;
        Some(counter.quiet(|counter| counter.usage))
    }

    fn note(&mut self, stamp: Stamp, what: What) {
        self.lines.push(Line { step: stamp.at_ns, actor: stamp.actor.0, what });
    }

    /// Records the usage of a counter whose lock has just been released.
    fn counter(&mut self, stamp: Stamp, owner: u32) {
        let Some(after) = self.read(owner) else { return };
        let before = self.usage.insert(owner, after).unwrap_or(0);
        if before != after {
            let (cgroup, controller) = names::counter(owner);
            let name = format!("{}.{controller}", self.litmus.spec.cgroups[cgroup.index()].name);
            self.note(stamp, What::Counter(name, before, after));
        }
    }

    fn cgroup(&self, cgroup: model::kernel::CgroupId) -> String {
        self.world.cgroup(cgroup).name.clone()
    }

    /// Returns the begin or end of a span of several steps.
    fn span(&self, event: &Event) -> Option<What> {
        Some(match *event {
            Event::OpBegin { kind, .. } => What::Begin(kind.name().to_owned()),
            Event::OpEnd { result: Ok(()) } => What::End(String::new()),
            Event::OpEnd { result: Err(errno) } => What::End(errno.to_string()),
            Event::AttachBegin { target, dest, .. } => {
                What::Begin(format!("attach {} -> {}", target.mode(), self.cgroup(dest)))
            }
            Event::AttachEnd { outcome } => What::End(outcome.name().to_owned()),
            Event::Enter { controller, callback } => What::Begin(format!("{controller}.{}", callback.name())),
            Event::Leave { result: Ok(()), .. } => What::End(String::new()),
            Event::Leave { result: Err(errno), .. } => What::End(errno.to_string()),
            _ => return None,
        })
    }

    /// Describes an event that deserves a sentence.
    fn sentence(&self, event: &Event) -> Option<String> {
        let thread = |task: model::kernel::TaskId| {
            self.litmus.thread(task.index()).map_or_else(|| format!("task {}", task.0), str::to_owned)
        };
        Some(match *event {
            Event::Phase(phase) => format!("phase {}", phase.name()),
            Event::Admitted { controller, cgroup, .. } => {
                format!("{controller} admits to {}", self.cgroup(cgroup))
            }
            Event::ChargeRefused { controller, cgroup, pages, usage, limit } => {
                format!("{}.{controller} refuses {pages}: {usage} of {limit} used", self.cgroup(cgroup))
            }
            Event::Clamp { controller, cgroup, missing } => {
                format!("{}.{controller} clamps at 0: {missing} were not there", self.cgroup(cgroup))
            }
            Event::TotalVm { mm, pages } => {
                let mm = names::object(&self.litmus, Object { class: Class::TotalVm, owner: mm.0 });
                format!("{mm} {pages:+}")
            }
            Event::Place { task, from, to } if from != to => {
                format!("{}: {} -> {}", thread(task), self.cgroup(from), self.cgroup(to))
            }
            Event::Exited { task } => format!("{} has exited", thread(task)),
            Event::Born { parent: Some(parent), .. } => format!("a child of {} can be seen", thread(parent)),
            Event::Limit { controller, cgroup, limit, .. } => {
                format!("{}.{controller} is limited to {limit}", self.cgroup(cgroup))
            }
            Event::Frozen { cgroup, frozen } => {
                format!("{} is {}", self.cgroup(cgroup), if frozen { "FROZEN" } else { "THAWED" })
            }
            Event::SleptInAtomic { .. } => "sleeps with a spinlock held".to_owned(),
            _ => return None,
        })
    }
}

impl Observer for Transcript {
    fn observe(&mut self, stamp: Stamp, event: &Event) {
        match *event {
            Event::LockAcquired { object, mode, .. } => self.note(stamp, What::Took(object, mode)),
            Event::LockReleased { object, mode, .. } => {
                self.note(stamp, What::Gave(object, mode));
                if object.class == Class::CounterLock {
                    self.counter(stamp, object.owner);
                }
            }
            Event::LockContended { object, .. } => self.note(stamp, What::Waits(object)),
            _ => {
                if let Some(what) = self.span(event) {
                    self.note(stamp, what);
                } else if let Some(text) = self.sentence(event) {
                    self.note(stamp, What::Told(text));
                }
            }
        }
    }
}

/// Describes the access of a step to its object.
#[must_use]
pub fn access(step: &Step) -> &'static str {
    match step.touch.access {
        Access::Load => "reads",
        Access::Store => "writes",
        Access::Update => "updates",
        Access::Spin | Access::Lock => "asks for",
        Access::SpinRelease | Access::Release => "releases",
    }
}

/// Describes the mode in which a lock is held.
#[must_use]
pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Exclusive => "",
        Mode::Read => " (read)",
        Mode::Write => " (write)",
    }
}
