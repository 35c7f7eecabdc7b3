//! Canaries: transactional with one thing wrong. Each names the check that must find it, so that a green run means
//! something. `transactional:canary=NAME` runs one; [`broken`] holds the wrong callbacks.
//!
//! The sequence asks here in five places, and does the right thing when there is no canary: which callbacks a controller
//! has, who is aborted in which order, and the three questions of [`Canary`].
mod broken;

pub(super) use broken::tamper;

use crate::kernel::Controller;
use smallvec::SmallVec;
use std::fmt;

/// Declares [`Canary`] with its table.
macro_rules! canaries {
    ($($canary:ident $name:literal, $check:literal, in $scenario:literal, $about:literal;)*) => {
        /// One thing that is wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Canary {
            $(#[doc = $about] $canary,)*
        }

        impl Canary {
            /// Every canary.
            pub const ALL: &[Self] = &[$(Self::$canary),*];

            const TABLE: &[(&'static str, &'static str, &'static str, &'static str)] =
                &[$(($name, $check, $scenario, $about)),*];
        }
    };
}

canaries! {
    AbortForgetsUncharge "abort-forgets-uncharge", "leaked-reservation", in "canary-busy",
        "memrlimit's abort gives its lock back, and not its charge";
    AbortSkipsFirst "abort-skips-first", "contract", in "canary-busy",
        "the first controller that prepared is not told of the failure";
    AbortForward "abort-forward", "contract", in "canary-busy",
        "aborts run in the order of the prepares, as cancel_attach did";
    AbortTellsRefuser "abort-tells-refuser", "contract", in "canary-busy",
        "the controller that refused is told of its own failure";
    CommitAndAbort "commit-and-abort", "contract", in "canary-busy",
        "after the commits, everybody is aborted as well";
    TaskReservationLost "task-reservation-lost", "rollback", in "canary-tight",
        "numtasks reserves task by task, and keeps that when a later one does not fit (can_attach_task of 3.0)";
    IncrementForDecrement "increment-for-decrement", "drift", in "canary-busy",
        "numtasks's commit charges the source where it should uncharge (a cpuset patch of December 2022)";
    CancelWakesNobody "cancel-wakes-nobody", "lost-wakeup", in "canary-busy",
        "memrlimit's abort releases mmap_sem without waking who waits for it (cpuset, 3.11 to 6.7)";
    TotalForPart "total-for-part", "drift", in "canary-spread",
        "numtasks charges all threads of the process, also those that are there already";
    IdentityPrepares "identity-prepares", "contract", in "canary-busy",
        "a move to where everybody is prepares, and neither commits nor aborts (sched_ext)";
    SpinAcrossSleep "spin-across-sleep", "contract", in "canary-spin",
        "numtasks takes its spinlock in the sleep phase and keeps it";
    SleepUnderSpin "sleep-under-spin", "sleep-in-atomic", in "canary-spin",
        "numtasks takes callback_mutex in the nosleep phase, under its spinlock";
    SharedLock "shared-lock", "lock-shared", in "canary-busy",
        "memory takes callback_mutex, which is cpuset's, for a moment";
    MmapSemWrite "mmap-sem-write", "contract", in "canary-pages",
        "memory takes mmap_sem for writing (cpuset's attach beside memcg's move, 2.6.37)";
    LastSourceForAll "last-source-for-all", "drift", in "canary-spread",
        "numtasks uncharges every task from where the last one came (the oldcgrp of 3.0)";
    NoThreadgroup "no-threadgroup", "partial-move", in "canary-forks",
        "nothing stops forks: a thread born meanwhile is left behind (before 3.0)";
    WrongGroup "wrong-group", "wrong-group", in "canary-spread",
        "memrlimit charges the first cgroup that has nothing to do with the move (the one css of can_attach before 4.4)";
    ForcedCharge "forced-charge", "overrun", in "canary-tight",
        "memrlimit charges the destination whatever its limit says";
    LockInversion "lock-inversion", "lock-order", in "canary-busy",
        "a fault that runs out of memory takes cgroup_mutex under mmap_sem (2.6.24 to 2.6.29)";
    PlainRead "plain-read", "deadlock", in "canary-busy",
        "each controller simply reads mmap_sem, and a writer comes in between";
    RetriesForEver "retries-for-ever", "no-progress", in "canary-frozen",
        "a refused attach is tried again at once, and no other mover gets a turn while its destination stays frozen";
    LockKept "lock-kept", "rollback", in "canary-busy",
        "cpuset's abort keeps callback_mutex";
    UndoneTwice "undone-twice", "underflow", in "canary-busy",
        "memrlimit's abort uncharges twice";
    OnePageLeft "one-page-left", "left-behind", in "canary-busy",
        "memory's commit moves one page less than it charged for";
    CheckOnly "check-only", "stale-decision", in "canary-tight",
        "memrlimit looks for room, reserves nothing, and charges when it commits (19 June 2008)";
    Unwritten "unwritten", "ledger", in "canary-busy",
        "memrlimit charges a page more than it writes down";
    AbortSetsMasks "abort-sets-masks", "rollback", in "canary-busy",
        "cpuset's abort gives the tasks the masks of the destination";
    HalfSwitched "half-switched", "partial-move", in "canary-spread",
        "every other thread is passed over at the switch (transfer_tasks, which stopped in the middle)";
}

impl Canary {
    fn row(self) -> (&'static str, &'static str, &'static str, &'static str) {
        Self::TABLE[self as usize]
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// The check that must find it.
    #[must_use]
    pub fn check(self) -> &'static str {
        self.row().1
    }

    /// The built-in scenario in which it is found.
    #[must_use]
    pub fn scenario(self) -> &'static str {
        self.row().2
    }

    /// What is wrong, and where something like it happened.
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

/// Who is aborted, in order: those who had passed, the last first.
pub(super) fn aborts(
    canary: Option<Canary>,
    passed: &[Controller],
    refuser: Option<Controller>,
) -> SmallVec<[Controller; 5]> {
    let told = refuser.filter(|_| canary == Some(Canary::AbortTellsRefuser));
    let mut order: SmallVec<[Controller; 5]> = told.into_iter().chain(passed.iter().rev().copied()).collect();
    match canary {
        Some(Canary::AbortForward) => order.reverse(),
        Some(Canary::AbortSkipsFirst) => drop(order.pop()),
        _ => {}
    }
    order
}
