//! The parts of an attach that all protocols share: what moves, the parts of the controllers, the switch.
use super::case::{Case, Controller, Target};
use super::counters::Walk;
use super::lock::Lock;
use super::protocol::Variant;
use super::world::{Life, Step, Who, World};
use std::collections::BTreeMap;

/// A thread that moves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Member {
    thread: usize,
    from: usize,
    moved: bool,
}

/// An attach under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Move {
    pub(super) target: Option<Target>,
    pub(super) process: usize,
    pub(super) dest: usize,
    pub(super) members: Vec<Member>,
    /// The cgroup of the owner when it was listed, if it is one of the members.
    pub(super) owner_from: Option<usize>,
    /// The pages that memrlimit has charged.
    pub(super) pages: u64,
}

impl World {
    /// Lists those of the threads that move: live, and not at the destination.
    pub(super) fn list(&mut self, who: Who, threads: &[usize]) {
        let moving = &mut self.actors[who].moving;
        moving.members.clear();
        for at in threads {
            let thread = &self.threads[*at];
            if thread.life == Life::Live && thread.cgroup != moving.dest {
                moving.members.push(Member { thread: *at, from: thread.cgroup, moved: false });
            }
        }
        let owner = self.spaces[moving.process].owner;
        moving.owner_from =
            moving.members.iter().find(|member| member.thread == owner).map(|member| member.from);
    }

    /// Returns the walks of numtasks: to the destination for members that come, from their sources for members that leave.
    fn tasks(&self, case: &Case, who: Who, comes: bool, only: impl Fn(&Member) -> bool) -> Vec<Walk> {
        let moving = &self.actors[who].moving;
        let mut sources = BTreeMap::new();
        for member in moving.members.iter().filter(|member| only(member)) {
            *sources.entry(member.from).or_insert(0) += 1;
        }
        let walk = |(from, count)| {
            let ends = if comes { (moving.dest, from) } else { (from, moving.dest) };
            Walk::apart(case, Controller::Numtasks, ends, count)
        };
        sources.into_iter().map(walk).collect()
    }

    /// Returns the walk of memrlimit: to the destination or from the source.
    fn pages(&self, case: &Case, who: Who, comes: bool) -> Walk {
        let moving = &self.actors[who].moving;
        let from = moving.owner_from.expect("the owner moves");
        let ends = if comes { (moving.dest, from) } else { (from, moving.dest) };
        Walk::apart(case, Controller::Memrlimit, ends, moving.pages)
    }

    /// Reports whether the owner of the address space, as it is now, is one of those that have moved.
    fn owner_has_moved(&self, who: Who) -> bool {
        let moving = &self.actors[who].moving;
        let owner = self.spaces[moving.process].owner;
        moving.members.iter().any(|member| member.thread == owner && member.moved)
    }

    fn charge_all(&mut self, who: Who, mut rest: Vec<Walk>, mut done: Vec<Walk>) {
        if !self.actors[who].ok {
            // The last one has taken back its own charges.
            done.pop();
            self.then(who, done.into_iter().map(Step::Uncharge));
        } else if !rest.is_empty() {
            let walk = rest.remove(0);
            done.push(walk.clone());
            self.then(who, [Step::Charge(walk, Vec::new()), Step::ChargeAll(rest, done)]);
        }
    }

    fn complete(&mut self, case: &Case, who: Who, controller: Controller, looks: bool) {
        let walks = match controller {
            Controller::Memrlimit => vec![self.pages(case, who, looks && !self.owner_has_moved(who))],
            Controller::Numtasks => {
                let mut walks = self.tasks(case, who, false, |member| member.moved || !looks);
                walks.extend(self.tasks(case, who, true, |member| looks && !member.moved));
                walks
            }
        };
        self.then(who, walks.into_iter().map(Step::Uncharge));
    }

    fn undo(&mut self, case: &Case, who: Who, controller: Controller) {
        let walks = match controller {
            Controller::Memrlimit => vec![self.pages(case, who, true)],
            Controller::Numtasks => self.tasks(case, who, true, |_| true),
        };
        self.then(who, walks.into_iter().map(Step::Uncharge));
    }

    /// can_attach: memrlimit looks for room without `mmap_sem`, and only for the thread that owns the address space.
    fn ask(&mut self, case: &Case, who: Who, controller: Controller) {
        self.actors[who].ok = true;
        match controller {
            Controller::Memrlimit if self.actors[who].moving.owner_from.is_some() => {
                self.actors[who].moving.pages = self.spaces[self.actors[who].moving.process].vm_pages;
                let walk = self.pages(case, who, true);
                self.then(who, [Step::Look(walk)]);
            }
            Controller::Memrlimit => {}
            Controller::Numtasks => {
                let look = self.tasks(case, who, true, |_| true).into_iter().map(Step::Look);
                let lock = Step::Lock(Lock::NumtasksBooks, super::lock::Mode::Write);
                let unlock = Step::Unlock(Lock::NumtasksBooks);
                self.then(who, [lock].into_iter().chain(look).chain([unlock]));
            }
        }
    }

    /// attach: charges the destination and, if that succeeds, uncharges the source. memrlimit looks again whether the thread
    /// owns the address space, under `mmap_sem`.
    fn attached(&mut self, case: &Case, who: Who, controller: Controller) {
        let member = self.actors[who].moving.members[0].clone();
        let ends = (self.actors[who].moving.dest, member.from);
        let count = match controller {
            Controller::Numtasks if member.moved => 1,
            Controller::Memrlimit if self.owner_has_moved(who) => {
                self.spaces[self.actors[who].moving.process].vm_pages
            }
            Controller::Numtasks | Controller::Memrlimit => return,
        };
        let come = Walk::apart(case, controller, ends, count);
        let leave = Walk::apart(case, controller, (ends.1, ends.0), count);
        self.then(who, [Step::Charge(come, Vec::new()), Step::Follow(leave)]);
    }

    fn switch_member(&mut self, who: Who, at: usize) {
        let moving = &mut self.actors[who].moving;
        let member = &mut moving.members[at];
        let thread = &mut self.threads[member.thread];
        if thread.life == Life::Live {
            thread.cgroup = moving.dest;
            member.moved = true;
        }
    }

    /// Runs a step of a mover.
    pub(super) fn of_mover(&mut self, case: &Case, variant: Variant, who: Who, step: Step) {
        match step {
            Step::List => self.list_all(case, variant, who),
            Step::ReadThreads(tried) => self.read_threads(variant, who, tried),
            Step::One(thread) => self.one(case, variant, who, thread),
            Step::PrepareSpace => {
                self.actors[who].moving.pages = self.spaces[self.actors[who].moving.process].vm_pages;
                let walk = self.pages(case, who, true);
                self.then(who, [Step::Charge(walk, Vec::new())]);
            }
            Step::PrepareTasks => {
                self.actors[who].ok = true;
                let walks = self.tasks(case, who, true, |_| true);
                self.then(who, [Step::ChargeAll(walks, Vec::new())]);
            }
            Step::ChargeAll(rest, done) => self.charge_all(who, rest, done),
            Step::Undo(controller) => self.undo(case, who, controller),
            Step::Complete(controller, looks) => self.complete(case, who, controller, looks),
            Step::SwitchMember(at) => self.switch_member(who, at),
            Step::Switched => {
                self.actors[who].ok = self.actors[who].moving.members.iter().any(|member| member.moved);
            }
            Step::Ask(controller) => self.ask(case, who, controller),
            Step::Attached(controller) => self.attached(case, who, controller),
            Step::Follow(walk) if self.actors[who].ok => self.uncharge(who, walk),
            Step::Follow(_) => {}
            other => unreachable!("{other:?} is a step of a thread"),
        }
    }
}
