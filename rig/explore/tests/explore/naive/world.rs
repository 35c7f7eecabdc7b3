//! The state: counters, threads, address spaces, locks and actors.
use super::case::{Case, Controller, Op};
use super::counters::Walk;
use super::lock::{Lock, Mode, Queue};
use super::mover::Move;
use super::protocol::Variant;
use std::collections::BTreeMap;

/// An actor, by position.
pub(super) type Who = usize;

/// A step. Each is run as a whole; other actors may run between any two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Begins an operation.
    Op(Op),
    Lock(Lock, Mode),
    Unlock(Lock),
    /// Charges the next of the levels; those of the list have been charged.
    Charge(Walk, Vec<usize>),
    Force(Walk),
    Uncharge(Walk),
    Look(Walk),
    /// Finds the cgroup of the owner of an address space, and charges or uncharges it.
    ChargeOwner(u64),
    UnchargeOwner(u64),
    Mapped(u64),
    Unmap(u64),
    ForkHere,
    Forked(usize),
    Exiting,
    Unlink,
    NextOwner,
    HandOn,
    FollowOwner,
    TearDown,
    /// Lists what moves, under `cgroup_mutex`.
    List,
    PrepareSpace,
    PrepareTasks,
    /// Charges the walks of the first list; those of the second one have been charged.
    ChargeAll(Vec<Walk>, Vec<Walk>),
    /// Undoes the part of a controller.
    Undo(Controller),
    /// Completes the part of a controller. True: it looks at who has moved.
    Complete(Controller, bool),
    /// Moves a member, by position, unless it is exiting.
    SwitchMember(usize),
    /// Refuses if no member has moved.
    Switched,
    /// Reads the list of threads as user space does; those of the list have been tried.
    ReadThreads(Vec<usize>),
    /// Moves one thread under three-phase.
    One(usize),
    Ask(Controller),
    Attached(Controller),
    /// Uncharges if the charge before has succeeded.
    Follow(Walk),
    /// After a refusal, runs these steps instead of those up to [`Step::End`].
    OrElse(Vec<Step>),
    End,
}

/// The life of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Life {
    Live,
    /// In the list of threads, but exiting.
    Exiting,
    Gone,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Thread {
    pub(super) process: usize,
    pub(super) cgroup: usize,
    pub(super) life: Life,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Space {
    pub(super) vm_pages: u64,
    pub(super) owner: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Actor {
    /// The thread that it is.
    pub(super) thread: Option<usize>,
    /// The steps to come, the next one last.
    pub(super) steps: Vec<Step>,
    pub(super) waits: bool,
    /// False after a refusal.
    pub(super) ok: bool,
    pub(super) moving: Move,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct World {
    /// By cgroup and controller.
    pub(super) usage: Vec<[u64; 2]>,
    pub(super) limits: Vec<[Option<u64>; 2]>,
    pub(super) threads: Vec<Thread>,
    /// By process.
    pub(super) spaces: Vec<Space>,
    pub(super) locks: BTreeMap<Lock, Queue>,
    pub(super) actors: Vec<Actor>,
}

impl World {
    /// Returns the start of a case.
    pub(super) fn new(case: &Case) -> Self {
        let threads: Vec<Thread> =
            case.threads().map(|(process, cgroup)| Thread { process, cgroup, life: Life::Live }).collect();
        let space = |(process, spec): (usize, &super::case::Process)| {
            let owner = threads.iter().position(|thread| thread.process == process).expect("a leader");
            Space { vm_pages: spec.vm_pages, owner }
        };
        let actor = |script: &super::case::Script| Actor {
            thread: script.thread,
            steps: script.ops.iter().rev().map(|op| Step::Op(*op)).collect(),
            waits: false,
            ok: true,
            moving: Move::default(),
        };
        let mut world = Self {
            usage: vec![[0; 2]; case.cgroups.len()],
            limits: case.cgroups.iter().map(|cgroup| cgroup.limits).collect(),
            spaces: case.processes.iter().enumerate().map(space).collect(),
            actors: case.actors.iter().map(actor).collect(),
            locks: BTreeMap::new(),
            threads,
        };
        for controller in &case.controllers {
            for cgroup in 0..case.cgroups.len() {
                world.usage[cgroup][*controller as usize] = world.truth(case, cgroup, *controller);
            }
        }
        world
    }

    /// Returns what a counter should show: the live tasks at or below the cgroup, or the pages of address spaces whose
    /// owner is there.
    pub(super) fn truth(&self, case: &Case, cgroup: usize, controller: Controller) -> u64 {
        let is_below =
            |thread: &Thread| thread.life == Life::Live && case.levels(thread.cgroup).contains(&cgroup);
        match controller {
            Controller::Numtasks => self.threads.iter().filter(|thread| is_below(thread)).count() as u64,
            Controller::Memrlimit => {
                let here = self.spaces.iter().filter(|space| is_below(&self.threads[space.owner]));
                here.map(|space| space.vm_pages).sum()
            }
        }
    }

    /// Puts steps before the present ones of an actor.
    pub(super) fn then(&mut self, who: Who, steps: impl IntoIterator<Item = Step>) {
        let steps: Vec<Step> = steps.into_iter().collect();
        self.actors[who].steps.extend(steps.into_iter().rev());
    }

    pub(super) fn can_run(&self, who: Who) -> bool {
        !self.actors[who].waits && !self.actors[who].steps.is_empty()
    }

    fn lock(&mut self, who: Who, lock: Lock, mode: Mode) {
        self.actors[who].waits = !self.locks.entry(lock).or_default().take(who, mode);
    }

    fn unlock(&mut self, who: Who, lock: Lock) {
        let queue = self.locks.get_mut(&lock).expect("the lock is held");
        for woken in queue.give(who) {
            self.actors[woken].waits = false;
        }
        self.locks.retain(|_, queue| !queue.is_free());
    }

    fn or_else(&mut self, who: Who, instead: Vec<Step>) {
        if !self.actors[who].ok {
            while self.actors[who].steps.pop().is_some_and(|step| step != Step::End) {}
            self.then(who, instead);
        }
    }

    /// Reports whether the next step of an actor touches nothing that others see. Such a step runs together with the one
    /// before, which keeps the number of states small.
    fn is_private(&self, who: Who) -> bool {
        let ok = self.actors[who].ok;
        match self.actors[who].steps.last() {
            Some(Step::Op(op)) => !matches!(op, Op::Limit(..)),
            Some(Step::OrElse(_) | Step::End | Step::Switched | Step::PrepareTasks | Step::ChargeAll(..)) => {
                true
            }
            Some(Step::Undo(_) | Step::Complete(Controller::Numtasks, _)) => true,
            Some(Step::Mapped(_) | Step::Forked(_)) => !ok,
            Some(Step::Follow(walk)) => !ok || walk.is_empty(),
            Some(Step::Charge(walk, _) | Step::Force(walk) | Step::Uncharge(walk) | Step::Look(walk)) => {
                walk.is_empty()
            }
            _ => false,
        }
    }

    /// Runs the private steps with which an actor begins.
    pub(super) fn settle(&mut self, case: &Case, variant: Variant, who: Who) {
        while self.can_run(who) && self.is_private(who) {
            self.step(case, variant, who);
        }
    }

    /// Runs the next step of an actor.
    pub(super) fn step(&mut self, case: &Case, variant: Variant, who: Who) {
        match self.actors[who].steps.pop().expect("a step") {
            Step::Lock(lock, mode) => self.lock(who, lock, mode),
            Step::Unlock(lock) => self.unlock(who, lock),
            Step::Charge(walk, done) => self.charge(who, walk, done),
            Step::Force(walk) => self.force(who, walk),
            Step::Uncharge(walk) => self.uncharge(who, walk),
            Step::Look(walk) => self.look(who, walk),
            Step::OrElse(instead) => self.or_else(who, instead),
            Step::End => {}
            Step::Op(Op::Attach(target, dest)) => self.attach(variant, who, (target, dest)),
            Step::Op(op) => self.operation(variant, who, op),
            step @ (Step::ChargeOwner(_)
            | Step::UnchargeOwner(_)
            | Step::Mapped(_)
            | Step::Unmap(_)
            | Step::ForkHere
            | Step::Forked(_)
            | Step::Exiting
            | Step::Unlink
            | Step::NextOwner
            | Step::HandOn
            | Step::FollowOwner
            | Step::TearDown) => self.of_thread(case, who, step),
            step => self.of_mover(case, variant, who, step),
        }
    }
}
