//! The state in which a schedule ends, and the invariants it violated.
use super::litmus::Litmus;
use super::names;
use super::program::{Program, Runner};
use engines::sim::End;
use model::checks::{Check, Checks, CounterDrift, Finding, Shadow};
use model::kernel::{Controller, CpuMask, MaskId};
use model::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Violated invariants with details in a word each: `drift` with `b=+5`.
pub type Violated = BTreeMap<&'static str, BTreeSet<String>>;

/// The state in which a schedule has ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndState {
    /// All actors have ended.
    End(Final),
    /// No actor can go on; lists the waits.
    Deadlock(String),
    /// The schedule was abandoned after that many steps.
    NoEnd(usize),
}

/// The final state when all actors have ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Final {
    /// Usage of every counter: `a.memrlimit`.
    pub counters: Vec<(String, u64)>,
    /// Place of every thread; `-` once it has exited.
    pub places: Vec<(String, String)>,
    /// CPUs of every live thread, where cpuset is mounted.
    pub cpus: Vec<(String, String)>,
    /// Frozen cgroups.
    pub frozen: Vec<String>,
}

impl Final {
    fn of(litmus: &Litmus, world: &World) -> Self {
        let mut state = Self::default();
        for (cgroup, spec) in world.cgroups.iter().zip(&litmus.spec.cgroups) {
            for (controller, counter) in Controller::ALL.into_iter().zip(cgroup.counters.iter()) {
                if let Some(counter) = counter {
                    let usage = counter.quiet(|counter| counter.usage);
                    state.counters.push((format!("{}.{controller}", spec.name), usage));
                }
            }
            if cgroup.frozen.peek() == 1 {
                state.frozen.push(spec.name.clone());
            }
        }
        for (id, name) in names::threads(litmus, world) {
            if !names::is_live(world, id) {
                state.places.push((name, "-".to_owned()));
                continue;
            }
            if world.hierarchy_of(Controller::Cpuset).is_some() {
                state.cpus.push((name.clone(), cpus(world, id).to_string()));
            }
            state.places.push((name, names::place(world, id)));
        }
        state
    }
}

fn cpus(world: &World, id: model::kernel::TaskId) -> CpuMask {
    let mask = MaskId::from_word(world.task(id).cpus_allowed.peek());
    world.callback_mutex.quiet(|cpusets| cpusets.masks[mask.index()].clone())
}

impl fmt::Display for Final {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counters = self.counters.iter().map(|(name, usage)| format!("{name}={usage}"));
        let places = self.places.iter().map(|(name, place)| format!("{name}@{place}"));
        let cpus = self.cpus.iter().map(|(name, cpus)| format!("{name}.cpus={cpus}"));
        let frozen = self.frozen.iter().map(|name| format!("{name}.frozen"));
        f.write_str(&counters.chain(places).chain(cpus).chain(frozen).collect::<Vec<_>>().join(" "))
    }
}

impl fmt::Display for EndState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End(last) => last.fmt(f),
            Self::Deadlock(waiting) => write!(f, "deadlock: {waiting}"),
            Self::NoEnd(steps) => write!(f, "no end after {steps} steps"),
        }
    }
}

/// Judges a schedule that has ended; returns its state and violations.
pub fn end(litmus: &Litmus, program: &Program, runner: &Runner, end: &End) -> (EndState, Violated) {
    let now = runner.policy().taken().len();
    let judge = &mut runner.observer().judge;
    let last = judge.finish(now as u64, end);
    let state = match end {
        End::Done => EndState::End(Final::of(litmus, program.world())),
        End::Deadlock(waiting) => {
            let wait = |(who, on)| {
                let on = names::object(litmus, on);
                format!("{} waits for {on}", program.actor_name(who))
            };
            EndState::Deadlock(waiting.iter().copied().map(wait).collect::<Vec<_>>().join(", "))
        }
        End::Abandoned => EndState::NoEnd(now),
    };
    let mut violated = on_the_way(litmus, &judge.checks);
    if last.is_some() {
        let counters = drift(litmus, &judge.checks);
        if !counters.is_empty() {
            violated.insert(Check::Drift.name(), counters);
        }
    }
    (state, violated)
}

/// Returns the findings that do not follow from the final state.
#[must_use]
pub fn findings(checks: &Checks) -> Vec<Finding<'_>> {
    let on_the_way = |(check, tally): &Finding<'_>| tally.violated > 0 && !check.about().by_final_state;
    checks.findings().into_iter().filter(on_the_way).collect()
}

fn on_the_way(litmus: &Litmus, checks: &Checks) -> Violated {
    let details = |check| if check == Check::Underflow { clamps(litmus, checks) } else { BTreeSet::new() };
    findings(checks).into_iter().map(|(check, _)| (check.name(), details(check))).collect()
}

/// Lists counters that have drifted, with their drift.
fn drift(litmus: &Litmus, checks: &Checks) -> BTreeSet<String> {
    let off = checks.drifts().iter().filter(|counter| counter.now != 0);
    off.map(|counter| format!("{}={:+}", counter_name(litmus, counter), counter.now)).collect()
}

/// Lists counters that have clamped.
fn clamps(litmus: &Litmus, checks: &Checks) -> BTreeSet<String> {
    let clamps = |counter: &&CounterDrift| {
        checks.shadow().clamps(Shadow::index(counter.controller, counter.cgroup)) > 0
    };
    checks.drifts().iter().filter(clamps).map(|counter| counter_name(litmus, counter)).collect()
}

/// Returns `b`, or `b.memory` where several controllers count.
fn counter_name(litmus: &Litmus, counter: &CounterDrift) -> String {
    let tree = litmus.spec.tree();
    let name = tree.name(counter.cgroup);
    let judged = |controller: &&Controller| controller.counts() || **controller == Controller::Cpuset;
    let several = litmus.spec.hierarchies.iter().flatten().filter(judged).count() > 1;
    if several { format!("{name}.{}", counter.controller) } else { name.to_owned() }
}
