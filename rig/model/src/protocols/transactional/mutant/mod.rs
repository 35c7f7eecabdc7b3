//! Mutants: transactional with one deliberate defect. Each names the check that must find it, so that a green run means
//! something. `transactional:mutant=NAME` runs one. `broken` holds the wrong callbacks.
//!
//! The protocol does not know its mutants: a mutant is a `Variant` of it, or calls its parts in another way.
mod broken;

use super::{Half, Options, Sleeping, Sound, Tx, Variant, halves, listed, locked};
use crate::checks::Check;
use crate::kernel::{Controller, Threadgroup};
use crate::paths::attach::{MmapSemMode, Refusal, Request, find, list, transaction};
use crate::seam::Current;
use crate::seam::event::Outcome;
use crate::world::World;
use smallvec::SmallVec;
use std::fmt;

/// Declares [`Mutant`] with its table.
macro_rules! mutants {
    ($($mutant:ident $name:literal, $check:ident, in $scenario:literal, $about:literal;)*) => {
        /// A mutant, by its defect.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mutant {
            $(#[doc = $about] $mutant,)*
        }

        impl Mutant {
            /// Every mutant.
            pub const ALL: &[Self] = &[$(Self::$mutant),*];

            const TABLE: &[(&'static str, Check, &'static str, &'static str)] =
                &[$(($name, Check::$check, $scenario, $about)),*];
        }
    };
}

mutants! {
    AbortForgetsUncharge "abort-forgets-uncharge", LeakedReservation, in "mutant-busy",
        "memrlimit's abort releases its lock, but not its charge";
    AbortSkipsFirst "abort-skips-first", Contract, in "mutant-busy",
        "the first controller that prepared is not aborted";
    AbortForward "abort-forward", Contract, in "mutant-busy",
        "aborts run in the order of the prepares, as cancel_attach did";
    AbortIncludesRefuser "abort-includes-refuser", Contract, in "mutant-busy",
        "the controller that refused is aborted as well";
    CommitAndAbort "commit-and-abort", Contract, in "mutant-busy",
        "after the commits, every controller is aborted as well";
    TaskReservationLost "task-reservation-lost", Rollback, in "mutant-tight",
        "numtasks reserves task by task, and keeps the reservations when a later one does not fit (can_attach_task of 3.0)";
    IncrementForDecrement "increment-for-decrement", Drift, in "mutant-busy",
        "numtasks's commit charges the source where it should uncharge (a cpuset patch of December 2022)";
    CancelWakesNoWaiter "cancel-wakes-no-waiter", LostWakeup, in "mutant-busy",
        "memrlimit's abort releases mmap_sem without waking its waiters (cpuset, 3.11 to 6.7)";
    TotalForPart "total-for-part", Drift, in "mutant-spread",
        "numtasks charges all threads of the process, also those already at the destination";
    IdentityPrepares "identity-prepares", Contract, in "mutant-busy",
        "a move of tasks that are already there prepares, and neither commits nor aborts (sched_ext)";
    SpinAcrossSleep "spin-across-sleep", Contract, in "mutant-spin",
        "numtasks takes its spinlock in the sleep phase and keeps it";
    ReservedInSleep "reserved-in-sleep", SpuriousRefusal, in "mutant-crowd",
        "numtasks reserves in the sleep phase, long before the attach may fail (the one phase of the reply)";
    SleepUnderSpin "sleep-under-spin", SleepInAtomic, in "mutant-spin",
        "numtasks takes callback_mutex in the nosleep phase, under its spinlock";
    SharedLock "shared-lock", LockShared, in "mutant-busy",
        "memory takes callback_mutex, which is cpuset's, for a moment";
    MmapSemWrite "mmap-sem-write", Contract, in "mutant-pages",
        "memory takes mmap_sem for writing (cpuset's attach together with memcg's move, 2.6.37)";
    LastSourceForAll "last-source-for-all", Drift, in "mutant-spread",
        "numtasks uncharges every task at the last one's source (the oldcgrp of 3.0)";
    NoThreadgroup "no-threadgroup", PartialMove, in "mutant-forks",
        "forks are not excluded: a thread born during the attach is left behind (before 3.0)";
    WrongGroup "wrong-group", WrongGroup, in "mutant-spread",
        "memrlimit charges the first cgroup that is neither source nor destination (the one css of can_attach before 4.4)";
    ForcedCharge "forced-charge", OverLimit, in "mutant-tight",
        "memrlimit charges the destination regardless of its limit";
    LockInversion "lock-inversion", LockOrder, in "mutant-busy",
        "a fault that runs out of memory takes cgroup_mutex under mmap_sem (2.6.24 to 2.6.29)";
    PlainRead "plain-read", Deadlock, in "mutant-busy",
        "each controller reads mmap_sem fairly, and a writer queues in between";
    RetriesForEver "retries-for-ever", NoProgress, in "mutant-frozen",
        "a refused attach is retried at once, so no other mover gets a turn while its destination stays frozen";
    LockKept "lock-kept", Rollback, in "mutant-busy",
        "cpuset's abort keeps callback_mutex";
    UndoneTwice "undone-twice", Underflow, in "mutant-busy",
        "memrlimit's abort uncharges twice";
    OnePageLeft "one-page-left", LeftBehind, in "mutant-busy",
        "memory's commit moves one page fewer than it charged for";
    CheckOnly "check-only", StaleDecision, in "mutant-tight",
        "memrlimit checks for room without reserving, and charges when it commits (19 June 2008)";
    Unwritten "unwritten", Ledger, in "mutant-busy",
        "memrlimit charges a page more than it writes to the ledger";
    AbortSetsMasks "abort-sets-masks", Rollback, in "mutant-busy",
        "cpuset's abort gives the tasks the masks of the destination";
    UndoneByCharging "undone-by-charging", UndoRefused, in "mutant-full",
        "memrlimit uncharges the source when it prepares, so its abort needs room there (20 June 2008; pids forces it)";
    HalfSwitched "half-switched", PartialMove, in "mutant-spread",
        "every other thread is skipped at the switch (transfer_tasks, which stopped in the middle)";
}

impl Mutant {
    fn row(self) -> (&'static str, Check, &'static str, &'static str) {
        Self::TABLE[self as usize]
    }

    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Returns the check that must find it.
    #[must_use]
    pub fn check(self) -> Check {
        self.row().1
    }

    /// Returns the built-in scenario in which it is found.
    #[must_use]
    pub fn scenario(self) -> &'static str {
        self.row().2
    }

    /// Returns the defect, with a kernel or patch that had a similar one.
    #[must_use]
    pub fn about(self) -> &'static str {
        self.row().3
    }

    /// Returns the mutant of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|mutant| mutant.name() == name)
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Runs one attach of a mutant.
pub(crate) fn attach<C: Current>(cur: &C, world: &World, request: &Request, mutant: Mutant) -> Outcome {
    let plain = mutant == Mutant::PlainRead;
    let mmap_sem = if plain { MmapSemMode::Plain } else { MmapSemMode::Counted };
    let threadgroup =
        if mutant == Mutant::NoThreadgroup { Threadgroup::None } else { Threadgroup::default() };
    let options = Options { mmap_sem, threadgroup, ..Options::default() };
    transaction(cur, world, request, threadgroup, || match mutant {
        Mutant::IdentityPrepares => prepare_identity(cur, world, request, options),
        Mutant::RetriesForEver => loop {
            let outcome = locked(cur, world, request, options, Sound);
            if outcome.is_ok() {
                return outcome;
            }
        },
        _ => locked(cur, world, request, options, Broken(mutant)),
    })
}

fn prepare_identity<C: Current>(
    cur: &C,
    world: &World,
    request: &Request,
    options: Options,
) -> Result<Outcome, Refusal> {
    find(cur, world, request)?;
    let state = list(cur, world, request);
    if !state.is_empty() {
        return listed(cur, state, options, Sound);
    }
    let mut tx = Tx::new(cur, state, options);
    tx.prepare_all(cur, &tx.state.controllers.clone(), Sleeping::Yes, Sound)?;
    Ok(Outcome::Noop)
}

/// The protocol with the defect of that mutant.
#[derive(Clone, Copy)]
struct Broken(Mutant);

impl<C: Current> Variant<C> for Broken {
    fn half(self, controller: Controller, phase: Sleeping, options: Options) -> Option<Half<C>> {
        phase.half(controller, options).map(|half| broken::tamper(self.0, controller, phase, half))
    }

    fn aborts(
        self,
        passed: &[Controller],
        refuser: Option<Controller>,
    ) -> SmallVec<[Controller; Controller::COUNT]> {
        let mut order = Variant::<C>::aborts(Sound, passed, refuser);
        match self.0 {
            Mutant::AbortIncludesRefuser => order.insert_many(0, refuser),
            Mutant::AbortForward => order.reverse(),
            Mutant::AbortSkipsFirst => drop(order.pop()),
            _ => {}
        }
        order
    }

    fn halves<'a>(self, cur: &'a C, tx: &mut Tx<'a, C>) -> Result<Outcome, Refusal> {
        let outcome = halves(cur, tx, self);
        if self.0 == Mutant::CommitAndAbort && outcome.is_ok_and(Outcome::has_moved) {
            let aborts = Variant::<C>::aborts(self, &tx.state.controllers, None);
            tx.abort_all(cur, &aborts, Sleeping::Yes, self);
        }
        outcome
    }
}
