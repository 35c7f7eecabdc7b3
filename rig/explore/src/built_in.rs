//! The built-in litmus tests.

/// Declares the table from the names of the files.
macro_rules! litmus {
    ($($name:literal),* $(,)?) => {
        /// (name, text) of every built-in litmus test, in the order in which they are run.
        pub const ALL: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../litmus/", $name, ".toml")))),*];
    };
}

litmus!(
    "charge-between-switch-and-attach",
    "answer-goes-stale",
    "cpus-written-under-cgroup-mutex",
    "r13c-cpus-written-without-cgroup-mutex",
    "hotplug-takes-the-last-cpu",
    "limit-lowered-during-the-move",
    "process-torn-by-a-refusal",
    "r14-process-torn-by-a-fork",
    "threads-fork-under-each-lock",
    "one-thread-exits-under-each-lock",
    "r15-all-tasks-stop-in-the-middle",
    "r15-half-of-the-threads",
    "uncharge-between-switch-and-attach",
    "touch-during-the-move",
    "release-during-the-move",
    "last-page-is-given-back",
    "last-page-is-given-back-renamed",
    "page-fills-the-destination",
    "fork-between-switch-and-attach",
    "charge-during-a-move-of-two-controllers",
    "last-controller-refuses",
    "css_set-cannot-be-allocated",
    "nosleep-phase-refuses",
    "failed-notification-comes-late",
    "r07-threads-of-three-sources",
    "r07-charged-for-those-already-there",
    "r07-charge-to-a-stranger",
    "controller-cannot-take-part",
    "all-tasks-while-one-forks",
    "controller-joins-while-charging",
    "two-controllers-read-mmap-sem",
    "nested-read-and-two-writers",
    "controllers-share-a-lock",
    "controllers-share-a-lock-and-hang",
    "spinlock-across-the-sleep-phase",
    "sleep-under-a-spinlock",
    "refuser-is-aborted-as-well",
    "two-movers-opposite-ways",
    "prepared-and-then-mapped",
    "charge-moves-in-prepare",
    "undo-is-refused",
    "last-place-is-taken-before-the-undo",
    "sleep-phase-alone",
    "spinlock-kept",
    "owner-exits-during-the-move",
    "owner-sits-elsewhere",
    "owner-change-fails-silently",
    "last-thread-exits-under-the-mover",
    "exec-during-the-move",
    "two-execs",
    "fork-of-a-process-during-the-move",
    "two-forks-and-a-full-group",
    "r01-charge-fails-in-attach",
    "r02-room-taken-after-the-check",
    "r04a-mmap-fails-after-its-charge",
    "r04a-mmap-fails-and-uncharges",
    "r09-identity-move-prepares",
    "r09b-increment-for-decrement",
    "r10-out-of-memory-under-mmap-sem",
    "r11b-mmap-sem-for-writing",
    "r13b-cancel-wakes-no-waiter",
    "r13b-abort-keeps-a-lock",
    "r16e-task-reservation-is-lost",
    "non-leader-execs-from-elsewhere",
    "leader-exits-while-its-process-moves",
    "leader-moved-alone-exits",
    "owner-looked-at-again",
    "two-hierarchies-read-one-mmap-sem",
    "room-taken-by-an-attach-that-aborts",
    "second-css_set-cannot-be-allocated",
    "later-thread-is-frozen",
    "fork-takes-the-last-place",
    "mover-forks-beyond-the-limit",
    "both-ends-are-removed",
    "limit-moves-around-an-abort",
    "sleep-phase-alone-refuses-a-fork",
    "owner-exits-under-two-movers",
    "exit-is-found-at-the-switch",
    "limit-of-a-common-parent",
    "limit-of-a-common-parent-charged",
    "from-child-to-parent",
    "bystander-under-the-common-parent",
    "fork-under-the-common-parent",
    "child-stays-where-it-was-born",
    "cpuset-loses-a-cpu-for-good",
    "evacuation-scans-again",
    "mask-of-a-child-born-in-the-root",
    "process-moves-to-the-root",
    "process-comes-from-the-root",
    "root-of-one-of-two-hierarchies",
    "thread-moves-itself",
    "mover-is-killed-by-an-exec",
    "net-needs-the-nosleep-phase",
    "net-aborts-in-the-nosleep-phase",
    "net-is-not-charged-before-a-veto",
    "net-gives-back-at-the-switch",
    "net-lock-is-kept",
    "net-owner-exits-during-the-move",
    "net-and-a-process-that-ends",
    "net-joins-while-packets-come",
);

/// Returns the names, with a line about each, for `list`.
#[must_use]
pub fn rows() -> Vec<(String, String)> {
    let about = |text: &str| {
        toml::from_str(text)
            .ok()
            .and_then(|table: toml::Table| Some(table.get("about")?.as_str()?.to_owned()))
    };
    ALL.iter().map(|(name, text)| ((*name).to_owned(), about(text).unwrap_or_default())).collect()
}

/// Returns the text of the built-in litmus test of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
