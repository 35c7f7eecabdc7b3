//! Canaries: transactional with one thing wrong. Each names the check that must find it, so that a green run means
//! something. `transactional:canary=NAME` runs one; [`broken`] holds the wrong callbacks.
//!
//! The protocol knows none of them: a canary is a [`Variant`] of it, or calls its parts otherwise.
mod broken;

use super::{Half, Options, Sleeping, Sound, Tx, Variant, halves, listed, locked};
use crate::checks::Check;
use crate::kernel::Controller;
use crate::paths::attach::{MmapSemMode, Refusal, Request, find, list, transaction};
use crate::seam::Current;
use crate::seam::event::Outcome;
use crate::world::World;
use smallvec::SmallVec;
use std::fmt;

/// Declares [`Canary`] with its table.
macro_rules! canaries {
    ($($canary:ident $name:literal, $check:ident, in $scenario:literal, $about:literal;)*) => {
        /// One thing that is wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Canary {
            $(#[doc = $about] $canary,)*
        }

        impl Canary {
            /// Every canary.
            pub const ALL: &[Self] = &[$(Self::$canary),*];

            const TABLE: &[(&'static str, Check, &'static str, &'static str)] =
                &[$(($name, Check::$check, $scenario, $about)),*];
        }
    };
}

canaries! {
    AbortForgetsUncharge "abort-forgets-uncharge", LeakedReservation, in "canary-busy",
        "memrlimit's abort gives its lock back, and not its charge";
    AbortSkipsFirst "abort-skips-first", Contract, in "canary-busy",
        "the first controller that prepared is not told of the failure";
    AbortForward "abort-forward", Contract, in "canary-busy",
        "aborts run in the order of the prepares, as cancel_attach did";
    AbortTellsRefuser "abort-tells-refuser", Contract, in "canary-busy",
        "the controller that refused is told of its own failure";
    CommitAndAbort "commit-and-abort", Contract, in "canary-busy",
        "after the commits, everybody is aborted as well";
    TaskReservationLost "task-reservation-lost", Rollback, in "canary-tight",
        "numtasks reserves task by task, and keeps that when a later one does not fit (can_attach_task of 3.0)";
    IncrementForDecrement "increment-for-decrement", Drift, in "canary-busy",
        "numtasks's commit charges the source where it should uncharge (a cpuset patch of December 2022)";
    CancelWakesNobody "cancel-wakes-nobody", LostWakeup, in "canary-busy",
        "memrlimit's abort releases mmap_sem without waking who waits for it (cpuset, 3.11 to 6.7)";
    TotalForPart "total-for-part", Drift, in "canary-spread",
        "numtasks charges all threads of the process, also those that are there already";
    IdentityPrepares "identity-prepares", Contract, in "canary-busy",
        "a move to where everybody is prepares, and neither commits nor aborts (sched_ext)";
    SpinAcrossSleep "spin-across-sleep", Contract, in "canary-spin",
        "numtasks takes its spinlock in the sleep phase and keeps it";
    SleepUnderSpin "sleep-under-spin", SleepInAtomic, in "canary-spin",
        "numtasks takes callback_mutex in the nosleep phase, under its spinlock";
    SharedLock "shared-lock", LockShared, in "canary-busy",
        "memory takes callback_mutex, which is cpuset's, for a moment";
    MmapSemWrite "mmap-sem-write", Contract, in "canary-pages",
        "memory takes mmap_sem for writing (cpuset's attach beside memcg's move, 2.6.37)";
    LastSourceForAll "last-source-for-all", Drift, in "canary-spread",
        "numtasks uncharges every task from where the last one came (the oldcgrp of 3.0)";
    NoThreadgroup "no-threadgroup", PartialMove, in "canary-forks",
        "nothing stops forks: a thread born meanwhile is left behind (before 3.0)";
    WrongGroup "wrong-group", WrongGroup, in "canary-spread",
        "memrlimit charges the first cgroup that has nothing to do with the move (the one css of can_attach before 4.4)";
    ForcedCharge "forced-charge", Overrun, in "canary-tight",
        "memrlimit charges the destination whatever its limit says";
    LockInversion "lock-inversion", LockOrder, in "canary-busy",
        "a fault that runs out of memory takes cgroup_mutex under mmap_sem (2.6.24 to 2.6.29)";
    PlainRead "plain-read", Deadlock, in "canary-busy",
        "each controller simply reads mmap_sem, and a writer comes in between";
    RetriesForEver "retries-for-ever", NoProgress, in "canary-frozen",
        "a refused attach is tried again at once, and no other mover gets a turn while its destination stays frozen";
    LockKept "lock-kept", Rollback, in "canary-busy",
        "cpuset's abort keeps callback_mutex";
    UndoneTwice "undone-twice", Underflow, in "canary-busy",
        "memrlimit's abort uncharges twice";
    OnePageLeft "one-page-left", LeftBehind, in "canary-busy",
        "memory's commit moves one page less than it charged for";
    CheckOnly "check-only", StaleDecision, in "canary-tight",
        "memrlimit looks for room, reserves nothing, and charges when it commits (19 June 2008)";
    Unwritten "unwritten", Ledger, in "canary-busy",
        "memrlimit charges a page more than it writes down";
    AbortSetsMasks "abort-sets-masks", Rollback, in "canary-busy",
        "cpuset's abort gives the tasks the masks of the destination";
    HalfSwitched "half-switched", PartialMove, in "canary-spread",
        "every other thread is passed over at the switch (transfer_tasks, which stopped in the middle)";
}

impl Canary {
    fn row(self) -> (&'static str, Check, &'static str, &'static str) {
        Self::TABLE[self as usize]
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// The check that must find it.
    #[must_use]
    pub fn check(self) -> Check {
        self.row().1
    }

    /// The built-in scenario in which it is found.
    #[must_use]
    pub fn scenario(self) -> &'static str {
        self.row().2
    }

    /// The defect, and a place where something like it happened.
    #[must_use]
    pub fn about(self) -> &'static str {
        self.row().3
    }

    /// The canary of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|canary| canary.name() == name)
    }
}

impl fmt::Display for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Runs one attach of a canary.
pub(crate) fn attach<C: Current>(cur: &C, world: &World, request: &Request, canary: Canary) -> Outcome {
    let plain = canary == Canary::PlainRead;
    let options = Options { mmap_sem: if plain { MmapSemMode::Plain } else { MmapSemMode::Counted } };
    let alone = canary != Canary::NoThreadgroup;
    transaction(cur, world, request, alone, || match canary {
        Canary::IdentityPrepares => prepare_identity(cur, world, request, options),
        Canary::RetriesForEver => loop {
            let outcome = locked(cur, world, request, options, Sound);
            if outcome.is_ok() {
                return outcome;
            }
        },
        _ => locked(cur, world, request, options, Broken(canary)),
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

/// The protocol with what that canary makes wrong.
#[derive(Clone, Copy)]
struct Broken(Canary);

impl<C: Current> Variant<C> for Broken {
    fn half(self, controller: Controller, phase: Sleeping) -> Option<Half<C>> {
        phase.half(controller).map(|half| broken::tamper(self.0, controller, phase, half))
    }

    fn aborts(self, passed: &[Controller], refuser: Option<Controller>) -> SmallVec<[Controller; 5]> {
        let mut order = Variant::<C>::aborts(Sound, passed, refuser);
        match self.0 {
            Canary::AbortTellsRefuser => order.insert_many(0, refuser),
            Canary::AbortForward => order.reverse(),
            Canary::AbortSkipsFirst => drop(order.pop()),
            _ => {}
        }
        order
    }

    fn halves<'a>(self, cur: &'a C, tx: &mut Tx<'a, C>) -> Result<Outcome, Refusal> {
        let outcome = halves(cur, tx, self);
        if self.0 == Canary::CommitAndAbort && outcome == Ok(Outcome::Moved) {
            let aborts = Variant::<C>::aborts(self, &tx.state.controllers, None);
            tx.abort_all(cur, &aborts, Sleeping::Yes, self);
        }
        outcome
    }
}
