//! `docs/results.md`: the questions of the mails of July 2008, answered with figures of the built-in scenarios.
//!
//! The figures come from runs of a release build in the folder that `RESULTS` names, one folder for each scenario, as `.ci/run`
//! leaves them. `UPDATE=1` writes them into the document.
use crate::skip::skip;
use reports::aggregate::{Group, ProtocolSum, aggregate};
use reports::axis::Axis;
use reports::json;
use reports::outcome::AttachOutcome;
use reports::percentile::Samples;
use reports::schema::{Condition, LatencyKind};
use reports::units::{grouped, maybe_ns, ns};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const BEGIN: &str = "<!-- results, written by a test -->\n";
const END: &str = "<!-- end of results -->\n";

/// A scenario as it was run.
struct Answer(Vec<ProtocolSum>);

impl Answer {
    fn of(folder: &Path, scenario: &str) -> reports::aggregate::Aggregate {
        let file = folder.join(scenario).join("run.json");
        let run = json::read_run(&file)
            .unwrap_or_else(|error| panic!("{error}; run `attach-rig run {scenario}` first"));
        aggregate(&run).expect("whole histograms")
    }

    fn all(folder: &Path, scenario: &str) -> Self {
        Self(Self::of(folder, scenario).protocols)
    }

    fn under(&self, protocol: &str) -> &Group {
        &self
            .0
            .iter()
            .find(|sum| sum.subject.label() == protocol)
            .unwrap_or_else(|| panic!("no {protocol}"))
            .sum
    }
}

fn violated(group: &Group, name: &str) -> u64 {
    group.invariants.iter().find(|invariant| invariant.name == name).map_or(0, |invariant| invariant.violated)
}

fn moved(group: &Group) -> u64 {
    group.outcome(AttachOutcome::Moved)
}

fn attaches(group: &Group) -> u64 {
    group.outcomes.values().sum()
}

/// Median, p99 and longest time of an operation during attaches.
fn during_attaches(group: &Group, op: &str) -> String {
    let mut all = group.bystanders.iter().filter(|row| row.op == op && row.condition == Condition::Attaching);
    spread(&all.next().unwrap_or_else(|| panic!("no {op}")).samples)
}

fn spread(samples: &Samples) -> String {
    let at = |q| maybe_ns(samples.quantile(q));
    format!("{}, {} and {}", at(0.5), at(0.99), maybe_ns(samples.max()))
}

/// Mean and longest wait for a lock in a mode.
fn waits(group: &Group, class: &str, mode: &str) -> (String, String) {
    let lock = group.locks.iter().find(|lock| lock.class == class && lock.mode == mode);
    let wait = lock.unwrap_or_else(|| panic!("no {class} {mode}")).wait;
    (ns(wait.avg_ns()), ns(wait.max_ns))
}

/// Drift of three-phase in `window` by delay, in the order of the plan.
fn window(folder: &Path) -> (u64, u64, Vec<String>, u64) {
    let sums = Answer::of(folder, "window");
    let mine = || sums.groups.iter().filter(|group| group.subject.label() == "three-phase");
    let drifts: Vec<String> = mine()
        .map(|group| {
            let delay = group.point.get(Axis::Delay).unwrap_or(0);
            format!("{} with a delay of {}", grouped(violated(&group.sum, "drift")), ns(delay))
        })
        .collect();
    let first = mine().next().expect("a point");
    let exact =
        sums.protocols.iter().find(|sum| sum.subject.label() == "transactional").expect("transactional");
    (violated(&first.sum, "drift"), moved(&first.sum), drifts[1..].to_vec(), violated(&exact.sum, "drift"))
}

/// Reports whether every invariant was held.
fn sound(group: &Group) -> &'static str {
    if group.invariants.iter().all(|invariant| invariant.violated == 0) { "yes" } else { "no" }
}

/// Rows on what becomes wrong.
fn wrong(folder: &Path, mut row: impl FnMut(&str, &str, &str)) {
    let (near, race) = (Answer::all(folder, "near-limit"), Answer::all(folder, "cpuset-race"));
    row(
        "Does the answer of `can_attach` stay valid?",
        &format!(
            "Not for address space: in {} of {} three-phase moves the destination was full at the switch. For cpusets it does while writers hold \
             `cgroup_mutex`; with `callback_mutex` alone tasks end in cpusets without CPUs {} times under three-phase, {} under \
             prepare-undo and {} under transactional",
            grouped(violated(near.under("three-phase"), "stale-decision")),
            grouped(moved(near.under("three-phase"))),
            grouped(violated(race.under("three-phase"), "stale-decision")),
            grouped(violated(race.under("prepare-undo"), "stale-decision")),
            grouped(violated(race.under("transactional"), "stale-decision")),
        ),
        "`near-limit`, `cpuset-race`",
    );
    let (drift, moves, later, exact) = window(folder);
    row(
        "Is memory over- or undercharged between the switch and `attach`?",
        &format!(
            "{} errors in {} three-phase moves of a process that maps; {}. Transactional: {}",
            grouped(drift),
            grouped(moves),
            later.join(", "),
            grouped(exact)
        ),
        "`window`",
    );
    let storm = Answer::all(folder, "fork-storm");
    let torn = |name: &str| {
        let group = storm.under(name);
        format!("{} times in {} attaches", grouped(violated(group, "partial-move")), grouped(attaches(group)))
    };
    row(
        "Does a process move as a whole?",
        &format!(
            "three-phase tears it {}, prepare-undo {}, transactional {}",
            torn("three-phase"),
            torn("prepare-undo"),
            torn("transactional")
        ),
        "`fork-storm`",
    );
    let shared: Vec<String> = ["five", "churn"]
        .map(|name| {
            Answer::all(folder, name).0.iter().map(|sum| violated(&sum.sum, "lock-shared")).sum::<u64>()
        })
        .map(grouped)
        .to_vec();
    row(
        "Do two controllers share a lock?",
        &format!(
            "{} times with five controllers, {} times with the default ones, except for `mmap_sem`, which is counted",
            shared[0], shared[1]
        ),
        "`five`, `churn`",
    );
}

/// The answer of a controller whose charges no sleeping lock keeps out.
fn kept(net: &Answer) -> String {
    let drift = |name: &str| {
        let group = net.under(name);
        format!("{} in {} moves", grouped(violated(group, "drift")), grouped(moved(group)))
    };
    let drain = |name: &str| during_attaches(net.under(name), "drain");
    format!(
        "The controller net is charged by interrupts, which wait for no sleeping lock: errors in its accounts are {} under transactional, \
         which keeps its spinlock from the nosleep phase to the commit, {} with `net=sleep`, {} with `hold=locks`, {} under prepare-undo and {} \
         under three-phase. The price: p50, p99 and max of an interrupt that drains a socket during attaches are {} under \
         transactional and {} with `net=sleep`",
        drift("transactional"),
        drift("transactional:net=sleep"),
        drift("prepare-undo:hold=locks"),
        drift("prepare-undo"),
        drift("three-phase"),
        drain("transactional"),
        drain("transactional:net=sleep"),
    )
}

/// Rows on what it costs.
fn costs(folder: &Path, mut row: impl FnMut(&str, &str, &str)) {
    let enough = Answer::all(folder, "sleep-enough");
    row(
        "Is the sleep phase enough?",
        &format!(
            "For what a callback may do: in this scenario every invariant is held with `hold=locks`: {}. For what it may keep, no: with `spin=keep` \
             the next controller sleeps under a spinlock {} times, and without it a reservation comes so early that a fork may be refused for an \
             attach that fails ([sleep-phase-alone-refuses-a-fork](../rig/litmus/sleep-phase-alone-refuses-a-fork.toml), under every schedule). \
             {}",
            sound(enough.under("prepare-undo:hold=locks")),
            grouped(violated(enough.under("prepare-undo:hold=locks,spin=keep"), "sleep-in-atomic")),
            kept(&Answer::all(folder, "net")),
        ),
        "`sleep-enough`, `net`",
    );
    let group = Answer::all(folder, "threadgroup");
    let free = group.under("transactional:threadgroup=none");
    let pays = |name: &str| {
        let [fork, exit] = ["fork-thread", "exit"].map(|op| during_attaches(group.under(name), op));
        format!("a fork of a thread takes {fork}, an exit {exit}")
    };
    row(
        "What does the lock against fork, exec and exit bring, and what does it cost?",
        &format!(
            "Without it transactional tears a process {} times in {} attaches, and {} times the mask of a child is that of the cpuset which its \
             parent has left; with it neither happens. p50, p99 and max during attaches: without the lock {}; with a lock for each process {}; \
             with one for all {}",
            grouped(violated(free, "partial-move")),
            grouped(attaches(free)),
            grouped(violated(free, "drift")),
            pays("transactional:threadgroup=none"),
            pays("transactional"),
            pays("transactional:threadgroup=global"),
        ),
        "`threadgroup`",
    );
    let grace = Answer::all(folder, "grace-period");
    let attach = |name: &str| {
        let samples = grace.under(name).latency(AttachOutcome::Moved, LatencyKind::Raw);
        maybe_ns(samples.unwrap_or_else(|| panic!("no attach under {name}")).p50())
    };
    row(
        "What does a grace period inside `cgroup_mutex` cost?",
        &format!(
            "The median move of four threads takes {} under three-phase, which waits for each thread, {} under transactional and {} under \
             prepare-undo, which wait once",
            attach("three-phase"),
            attach("transactional"),
            attach("prepare-undo"),
        ),
        "`grace-period`",
    );
    let semaphores = Answer::all(folder, "mmap-sem");
    let (counted, unfair) = (
        waits(semaphores.under("transactional"), "mmap_sem", "W"),
        waits(semaphores.under("transactional:mmap-sem=unfair"), "mmap_sem", "W"),
    );
    row(
        "A counted or an unfair `mmap_sem`?",
        &format!(
            "Writers wait {} on average and {} at most when it is counted, {} and {} when it is unfair",
            counted.0, counted.1, unfair.0, unfair.1
        ),
        "`mmap-sem`",
    );
    let bkl = Answer::all(folder, "bkl");
    let held = |name: &str| waits(bkl.under(name), "cgroup_mutex", "").0;
    row(
        "Is `cgroup_mutex` \"almost like the BKL for cgroups\"?",
        &format!(
            "Actors of unrelated hierarchies wait for it {} on average under three-phase, {} prepare-undo, {} transactional, {} with `hold=locks`",
            held("three-phase"),
            held("prepare-undo"),
            held("transactional"),
            held("prepare-undo:hold=locks")
        ),
        "`bkl`",
    );
}

fn table(folder: &Path) -> String {
    let mut text = "| question | answer | scenario |\n|---|---|---|\n".to_owned();
    let mut row = |question: &str, answer: &str, scenarios: &str| {
        let _ = writeln!(text, "| {question} | {answer} | {scenarios} |");
    };
    wrong(folder, &mut row);
    costs(folder, &mut row);
    text
}

#[test]
fn the_answers_to_the_mails_are_those_of_the_runs() {
    let folder = std::env::var_os("RESULTS").map(PathBuf::from);
    let lacks = folder.is_none().then_some("needs RESULTS, a folder with a run of each built-in scenario");
    if skip("results::the_answers_to_the_mails_are_those_of_the_runs", lacks) {
        return;
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/results.md");
    let document = std::fs::read_to_string(&path).expect("docs/results.md");
    let (before, rest) = document.split_once(BEGIN).expect("a place for the table");
    let (written, after) = rest.split_once(END).expect("an end of the table");
    let table = table(&folder.expect("a folder"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}"))
            .expect("docs/results.md can be written");
        return;
    }
    assert_eq!(written, table, "docs/results.md is stale: see the top of this file");
}
