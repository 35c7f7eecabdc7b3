//! mmap, munmap, fork, exit, and writes of limits.
use super::case::{Case, Controller, Op};
use super::counters::Walk;
use super::lock::{Lock, Mode};
use super::protocol::Variant;
use super::world::{Life, Step, Thread, Who, World};

impl World {
    fn process(&self, who: Who) -> usize {
        self.threads[self.actors[who].thread.expect("a thread")].process
    }

    /// Begins an operation that is not an attach.
    pub(super) fn operation(&mut self, variant: Variant, who: Who, op: Op) {
        if let Op::Limit(controller, cgroup, limit) = op {
            // Under the lock of the counter: EBUSY below usage, reservations included.
            if limit.is_none_or(|limit| self.usage[cgroup][controller as usize] <= limit) {
                self.limits[cgroup][controller as usize] = limit;
            }
            return;
        }
        let process = self.process(who);
        let mmap_sem = Lock::MmapSem(process);
        let (lock, unlock) = variant.excluded(process, Mode::Read);
        match op {
            Op::Mmap(pages) => {
                let steps = [Step::ChargeOwner(pages), Step::Mapped(pages), Step::Unlock(mmap_sem)];
                self.then(who, [Step::Lock(mmap_sem, Mode::Write)].into_iter().chain(steps));
            }
            Op::Munmap(pages) => {
                let steps = [Step::Lock(mmap_sem, Mode::Write), Step::Unmap(pages), Step::Unlock(mmap_sem)];
                self.then(who, steps);
            }
            Op::Fork => self.then(who, lock.into_iter().chain([Step::ForkHere]).chain(unlock)),
            Op::Exit => {
                let steps = [Step::Exiting, Step::Unlink, Step::NextOwner];
                self.then(who, lock.into_iter().chain(steps).chain(unlock).chain([Step::TearDown]));
            }
            Op::Attach(..) | Op::Limit(..) => unreachable!("handled elsewhere"),
        }
    }

    /// Returns the walk from the cgroup of the owner of this actor's address space.
    fn of_owner(&self, case: &Case, who: Who, pages: u64) -> Walk {
        let owner = self.spaces[self.process(who)].owner;
        Walk::whole(case, Controller::Memrlimit, self.threads[owner].cgroup, pages)
    }

    /// Runs a step of an operation of a thread.
    pub(super) fn of_thread(&mut self, case: &Case, who: Who, step: Step) {
        let process = self.process(who);
        let me = self.actors[who].thread.expect("a thread");
        match step {
            Step::ChargeOwner(pages) => {
                let walk = self.of_owner(case, who, pages);
                self.then(who, [Step::Charge(walk, Vec::new())]);
            }
            Step::Mapped(pages) if self.actors[who].ok => self.spaces[process].vm_pages += pages,
            Step::Mapped(_) => {}
            Step::Unmap(pages) => {
                let pages = pages.min(self.spaces[process].vm_pages);
                self.spaces[process].vm_pages -= pages;
                self.then(who, [Step::UnchargeOwner(pages)]);
            }
            Step::UnchargeOwner(pages) => {
                let walk = self.of_owner(case, who, pages);
                self.then(who, [Step::Uncharge(walk)]);
            }
            Step::ForkHere => self.fork(case, who, self.threads[me].cgroup),
            Step::Forked(cgroup) if self.actors[who].ok => {
                self.threads.push(Thread { process, cgroup, life: Life::Live });
            }
            Step::Forked(_) => {}
            // Decision: it is marked before it leaves the list, as PF_EXITING is.
            Step::Exiting => self.threads[me].life = Life::Exiting,
            Step::Unlink => self.threads[me].life = Life::Gone,
            Step::NextOwner => self.next_owner(who, me),
            Step::HandOn => self.hand_on(who, me),
            Step::FollowOwner => self.follow_owner(case, who, me),
            Step::TearDown => self.tear_down(case, who, me),
            other => unreachable!("{other:?} is a step of a mover"),
        }
    }

    /// The child starts in the cgroup that the fork read when it began, and is charged there before it can be seen.
    fn fork(&mut self, case: &Case, who: Who, cgroup: usize) {
        self.actors[who].ok = true;
        if case.mounts(Controller::Numtasks) {
            let walk = Walk::whole(case, Controller::Numtasks, cgroup, 1);
            let lock = Step::Lock(Lock::NumtasksBooks, Mode::Write);
            let charge = Step::Charge(walk, Vec::new());
            self.then(who, [lock, charge, Step::Unlock(Lock::NumtasksBooks), Step::Forked(cgroup)]);
        } else {
            self.then(who, [Step::Forked(cgroup)]);
        }
    }

    fn remaining(&self, process: usize) -> Vec<usize> {
        let is_left =
            |at: &usize| self.threads[*at].process == process && self.threads[*at].life != Life::Gone;
        (0..self.threads.len()).filter(is_left).collect()
    }

    /// The lowest thread that remains becomes the owner, under `mmap_sem`.
    fn next_owner(&mut self, who: Who, me: usize) {
        let process = self.threads[me].process;
        let mmap_sem = Lock::MmapSem(process);
        if self.spaces[process].owner == me && !self.remaining(process).is_empty() {
            let steps = [Step::Lock(mmap_sem, Mode::Write), Step::HandOn, Step::Unlock(mmap_sem)];
            self.then(who, steps);
        }
    }

    /// Decision: the address space has its new owner before the charges follow, in a step of its own, so an attach that
    /// takes no `mmap_sem` may see the one without the other. Whether the thread is still the owner and whether others
    /// remain is looked at again, since another thread may have exited while this one waited.
    fn hand_on(&mut self, who: Who, me: usize) {
        let process = self.threads[me].process;
        if let Some(next) = self.remaining(process).first() {
            self.spaces[process].owner = *next;
            self.then(who, [Step::FollowOwner]);
        }
    }

    /// The charges follow the owner to its cgroup, by force, below the common ancestors.
    fn follow_owner(&mut self, case: &Case, who: Who, me: usize) {
        let space = &self.spaces[self.threads[me].process];
        let (from, to) = (self.threads[me].cgroup, self.threads[space.owner].cgroup);
        let walk = |ends| Walk::apart(case, Controller::Memrlimit, ends, space.vm_pages);
        let (charge, uncharge) = (walk((to, from)), walk((from, to)));
        self.then(who, [Step::Force(charge), Step::Uncharge(uncharge)]);
    }

    /// The last thread gives back what is mapped. Every thread gives back itself, where it was when it left the list.
    fn tear_down(&mut self, case: &Case, who: Who, me: usize) {
        let process = self.threads[me].process;
        let mmap_sem = Lock::MmapSem(process);
        if case.mounts(Controller::Numtasks) {
            let walk = Walk::whole(case, Controller::Numtasks, self.threads[me].cgroup, 1);
            let lock = Step::Lock(Lock::NumtasksBooks, Mode::Write);
            self.then(who, [lock, Step::Uncharge(walk), Step::Unlock(Lock::NumtasksBooks)]);
        }
        if self.remaining(process).is_empty() {
            let unmap = Step::Unmap(u64::MAX);
            self.then(who, [Step::Lock(mmap_sem, Mode::Write), unmap, Step::Unlock(mmap_sem)]);
        }
    }
}
