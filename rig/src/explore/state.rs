//! In which state a schedule has ended, and what it has broken.
use super::litmus::Litmus;
use super::names;
use super::program::{Program, Ran};
use crate::checks::{Checks, Shadow, Tally};
use crate::engine::sim::End;
use crate::kernel::{Controller, CpuMask, MaskId};
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Broken promises with what can be said of each in a word: `drift` with `b=+5`.
pub type Broken = BTreeMap<&'static str, BTreeSet<String>>;

/// The state in which a schedule has ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Everybody has ended.
    End(Final),
    /// Nobody can go on: who waits for what.
    Deadlock(String),
    /// It was given up after that many steps.
    NoEnd(usize),
}

/// What is there when everybody has ended.
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

fn cpus(world: &World, id: crate::kernel::TaskId) -> CpuMask {
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

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End(last) => last.fmt(f),
            Self::Deadlock(waiting) => write!(f, "deadlock: {waiting}"),
            Self::NoEnd(steps) => write!(f, "no end after {steps} steps"),
        }
    }
}

/// Judges a schedule that has ended, and says in which state.
pub fn end(litmus: &Litmus, program: &Program, ran: &mut Ran) -> (State, Broken) {
    let now = ran.policy.taken().len();
    let judge = &mut ran.observer.judge;
    judge.finish(now as u64, &ran.end);
    let state = match &ran.end {
        End::Done => State::End(Final::of(litmus, program.world())),
        End::Deadlock(waiting) => {
            let wait = |(who, on)| {
                let on = names::object(litmus, on);
                format!("{} waits for {on}", program.actor_name(who))
            };
            State::Deadlock(waiting.iter().copied().map(wait).collect::<Vec<_>>().join(", "))
        }
        End::Abandoned => State::NoEnd(now),
    };
    (state, broken(litmus, &judge.checks))
}

/// What was found, where drift is what stays wrong: one operation's error that another makes good before everything is
/// quiet has reached no state.
#[must_use]
pub fn findings(checks: &Checks) -> Vec<(&'static str, &Tally)> {
    let standing =
        |(name, tally)| if name == "drift" { (name, checks.standing_drift()) } else { (name, tally) };
    checks.findings().into_iter().map(standing).filter(|(_, tally)| tally.broken > 0).collect()
}

fn broken(litmus: &Litmus, checks: &Checks) -> Broken {
    findings(checks).into_iter().map(|(name, _)| (name, details(litmus, checks, name))).collect()
}

/// Where a promise was broken, and by how much, as far as that is a matter of counters.
fn details(litmus: &Litmus, checks: &Checks, promise: &str) -> BTreeSet<String> {
    let shadow = checks.shadow();
    let counters = checks.drifts().iter().map(|counter| {
        let name = counter_name(litmus, counter.cgroup.index(), counter.controller);
        (name, counter.now, shadow.clamps(Shadow::index(counter.controller, counter.cgroup)))
    });
    match promise {
        "drift" => {
            counters.filter(|(_, now, _)| *now != 0).map(|(name, now, _)| format!("{name}={now:+}")).collect()
        }
        "underflow" => counters.filter(|(_, _, clamps)| *clamps > 0).map(|(name, ..)| name).collect(),
        _ => BTreeSet::new(),
    }
}

/// `b`, or `b.memory` where several controllers count.
fn counter_name(litmus: &Litmus, cgroup: usize, controller: Controller) -> String {
    let name = litmus.spec.cgroups.get(cgroup).map_or("/", |cgroup| &cgroup.name);
    let judged = |controller: &&Controller| controller.counts() || **controller == Controller::Cpuset;
    let several = litmus.spec.hierarchies.iter().flatten().filter(judged).count() > 1;
    if several { format!("{name}.{controller}") } else { name.to_owned() }
}
