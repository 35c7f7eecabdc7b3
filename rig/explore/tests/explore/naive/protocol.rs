//! The three sequences.
use super::case::{Case, Controller, Target};
use super::lock::{Lock, Mode};
use super::mover::Move;
use super::world::{Life, Step, Who, World};

/// The time for which the controllers of prepare-undo hold the locks of address spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    Callback,
    None,
    Locks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    ThreePhase,
    Transactional,
    PrepareUndo(Hold),
}

/// A protocol, and whether an attach excludes fork and exit of the process that it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    pub(crate) protocol: Protocol,
    pub(crate) excludes: bool,
}

impl Variant {
    /// Returns the name by which the project knows it.
    pub(crate) fn name(self) -> String {
        let (id, mut options) = match self.protocol {
            Protocol::ThreePhase => ("three-phase", Vec::new()),
            Protocol::Transactional => ("transactional", Vec::new()),
            Protocol::PrepareUndo(Hold::Callback) => ("prepare-undo", Vec::new()),
            Protocol::PrepareUndo(Hold::None) => ("prepare-undo", vec!["hold=none"]),
            Protocol::PrepareUndo(Hold::Locks) => ("prepare-undo", vec!["hold=locks"]),
        };
        options.push(if self.excludes { "threadgroup=process" } else { "threadgroup=none" });
        format!("{id}:{}", options.join(","))
    }

    /// Returns the steps that take and give back `threadgroup_rwsem`, if attaches exclude fork and exit at all.
    pub(super) fn excluded(self, process: usize, mode: Mode) -> (Option<Step>, Option<Step>) {
        let lock = Lock::Threadgroup(process);
        (self.excludes.then_some(Step::Lock(lock, mode)), self.excludes.then_some(Step::Unlock(lock)))
    }
}

/// Returns the steps in front of an attach and behind it.
fn around(variant: Variant, process: usize) -> (Vec<Step>, Vec<Step>) {
    let (lock, unlock) = variant.excluded(process, Mode::Write);
    let take = [Step::Lock(Lock::CgroupMutex, Mode::Write)].into_iter().chain(lock).collect();
    let give = unlock.into_iter().chain([Step::Unlock(Lock::CgroupMutex)]).collect();
    (take, give)
}

impl World {
    /// Begins an attach.
    pub(super) fn attach(&mut self, variant: Variant, who: Who, (target, dest): (Target, usize)) {
        let process = match target {
            Target::Process(process) => process,
            Target::Thread(thread) => self.threads[thread].process,
        };
        self.actors[who].moving = Move { target: Some(target), process, dest, ..Move::default() };
        match (variant.protocol, target) {
            (Protocol::ThreePhase, Target::Process(_)) => {
                self.then(who, [Step::ReadThreads(Vec::new()), Step::End]);
            }
            (Protocol::ThreePhase, Target::Thread(thread)) => {
                let (take, _) = around(variant, process);
                self.then(who, take.into_iter().chain([Step::One(thread), Step::End]));
            }
            (Protocol::Transactional | Protocol::PrepareUndo(_), _) => {
                let (take, give) = around(variant, process);
                self.then(who, take.into_iter().chain([Step::List]).chain(give));
            }
        }
    }

    /// User space reads the threads of the process, moves each by a system call, and reads again until it finds no new
    /// one.
    pub(super) fn read_threads(&mut self, variant: Variant, who: Who, mut tried: Vec<usize>) {
        let process = self.actors[who].moving.process;
        let is_new = |at: &usize| {
            let thread = &self.threads[*at];
            thread.process == process && thread.life != Life::Gone && !tried.contains(at)
        };
        let new: Vec<usize> = (0..self.threads.len()).filter(is_new).collect();
        if new.is_empty() {
            return;
        }
        let (take, _) = around(variant, process);
        let one = |at: &usize| take.clone().into_iter().chain([Step::One(*at)]).collect::<Vec<_>>();
        let steps: Vec<Step> = new.iter().flat_map(one).collect();
        tried.extend(new);
        tried.sort_unstable();
        self.then(who, steps.into_iter().chain([Step::ReadThreads(tried)]));
    }

    /// three-phase: ask every controller, switch, tell every controller. A thread that is gone or exiting is passed over,
    /// and so is one that is there already.
    pub(super) fn one(&mut self, case: &Case, variant: Variant, who: Who, thread: usize) {
        let (_, give) = around(variant, self.actors[who].moving.process);
        self.list(who, &[thread]);
        if self.actors[who].moving.members.is_empty() {
            self.then(who, give);
            return;
        }
        let mut steps = Vec::new();
        for controller in &case.controllers {
            steps.extend([Step::Ask(*controller), Step::OrElse(give.clone())]);
        }
        steps.push(Step::SwitchMember(0));
        for controller in &case.controllers {
            let lock = self.lock_of(who, *controller);
            steps.extend(held(lock, Step::Attached(*controller)));
        }
        self.then(who, steps.into_iter().chain(give));
    }

    /// transactional and prepare-undo: list what moves, then run the sequence.
    pub(super) fn list_all(&mut self, case: &Case, variant: Variant, who: Who) {
        let threads = match self.actors[who].moving.target.expect("a target") {
            Target::Thread(thread) => vec![thread],
            Target::Process(process) => {
                (0..self.threads.len()).filter(|at| self.threads[*at].process == process).collect()
            }
        };
        self.list(who, &threads);
        if self.actors[who].moving.members.is_empty() {
            return;
        }
        // A controller that has nothing to do is left out: the address space does not move if its owner does not.
        let has_part = |controller: &&Controller| {
            **controller == Controller::Numtasks || self.actors[who].moving.owner_from.is_some()
        };
        let controllers: Vec<Controller> = case.controllers.iter().filter(has_part).copied().collect();
        let steps = match variant.protocol {
            Protocol::Transactional => self.transactional(who, &controllers),
            Protocol::PrepareUndo(hold) => self.prepare_undo(who, &controllers, hold),
            Protocol::ThreePhase => unreachable!("moves one thread after the other"),
        };
        self.then(who, steps.into_iter().chain([Step::End]));
    }

    fn switch(&self, who: Who) -> impl Iterator<Item = Step> {
        (0..self.actors[who].moving.members.len()).map(Step::SwitchMember).chain([Step::Switched])
    }

    /// memrlimit charges in the sleep phase and numtasks in the nosleep phase, so numtasks is the second whatever the order
    /// in the hierarchy. Each keeps its lock until its abort or commit, and those run in reverse.
    fn transactional(&self, who: Who, controllers: &[Controller]) -> Vec<Step> {
        let (mut steps, mut aborts, mut commits) = (Vec::new(), Vec::new(), Vec::new());
        for controller in Controller::ALL.into_iter().filter(|one| controllers.contains(one)) {
            let lock = self.lock_of(who, controller);
            let (take, give) = (Step::Lock(lock, mode_of(lock)), Step::Unlock(lock));
            let refused: Vec<Step> = [give.clone()].into_iter().chain(aborts.iter().cloned()).collect();
            steps.extend([take, prepare(controller), Step::OrElse(refused)]);
            aborts.splice(0..0, [Step::Undo(controller), give.clone()]);
            commits.splice(0..0, [Step::Complete(controller, true), give]);
        }
        steps.extend(self.switch(who));
        steps.push(Step::OrElse(aborts));
        steps.extend(commits);
        steps
    }

    /// Each controller prepares, in the order of the hierarchy. After a refusal, those before undo in the same order.
    /// Decision: an undo looks at nothing but the amount that it has kept, so it needs no `mmap_sem`. The spinlock of
    /// numtasks is held within each callback under every `hold`.
    fn prepare_undo(&self, who: Who, controllers: &[Controller], hold: Hold) -> Vec<Step> {
        let (mut steps, mut undo, mut attached) = (Vec::new(), Vec::new(), Vec::new());
        for controller in controllers.iter().copied() {
            let lock = self.lock_of(who, controller);
            let (take, give) = (Step::Lock(lock, mode_of(lock)), Step::Unlock(lock));
            let complete = Step::Complete(controller, hold != Hold::None);
            let hold = if controller == Controller::Numtasks { Hold::Callback } else { hold };
            let (before, prepared, refused, undone, done) = match hold {
                Hold::None => (None, None, None, vec![Step::Undo(controller)], vec![complete]),
                Hold::Callback => (
                    Some(take),
                    Some(give),
                    None,
                    held_if(lock == Lock::NumtasksBooks, lock, Step::Undo(controller)),
                    held(lock, complete),
                ),
                Hold::Locks => {
                    let undone = vec![Step::Undo(controller), give.clone()];
                    (Some(take), None, Some(give.clone()), undone, vec![complete, give])
                }
            };
            steps.extend(before.into_iter().chain([prepare(controller)]).chain(prepared));
            steps.push(Step::OrElse(refused.into_iter().chain(undo.iter().cloned()).collect()));
            undo.extend(undone);
            attached.extend(done);
        }
        steps.extend(self.switch(who));
        steps.push(Step::OrElse(undo));
        steps.extend(attached);
        steps
    }

    /// Returns the lock under which a controller does its part.
    fn lock_of(&self, who: Who, controller: Controller) -> Lock {
        match controller {
            Controller::Memrlimit => Lock::MmapSem(self.actors[who].moving.process),
            Controller::Numtasks => Lock::NumtasksBooks,
        }
    }
}

fn prepare(controller: Controller) -> Step {
    match controller {
        Controller::Memrlimit => Step::PrepareSpace,
        Controller::Numtasks => Step::PrepareTasks,
    }
}

/// An attach only reads `mmap_sem`.
pub(super) fn mode_of(lock: Lock) -> Mode {
    if matches!(lock, Lock::MmapSem(_)) { Mode::Read } else { Mode::Write }
}

fn held(lock: Lock, step: Step) -> Vec<Step> {
    vec![Step::Lock(lock, mode_of(lock)), step, Step::Unlock(lock)]
}

fn held_if(is_held: bool, lock: Lock, step: Step) -> Vec<Step> {
    if is_held { held(lock, step) } else { vec![step] }
}

/// Returns every variant.
pub(crate) fn all() -> Vec<Variant> {
    let holds = [Hold::Callback, Hold::None, Hold::Locks].map(Protocol::PrepareUndo);
    let protocols = [Protocol::Transactional, Protocol::ThreePhase].into_iter().chain(holds);
    protocols.flat_map(|protocol| [true, false].map(|excludes| Variant { protocol, excludes })).collect()
}
