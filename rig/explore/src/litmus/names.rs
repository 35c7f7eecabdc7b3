//! The names that a condition may use: initial threads, threads that may be forked, cgroups, counters.
use super::actors::LitmusActor;
use super::ops::{Op, Role};
use faults::{Fault, FaultPlan, Thrown};
use input::nearest::nearest;
use model::kernel::Controller;
use model::world::{Tree, WorldSpec};

/// All names that a condition may use.
pub(super) struct Names<'a> {
    threads: Vec<String>,
    cgroups: Vec<String>,
    /// The cgroups with the roots, where a thread may be.
    tree: Tree<'a>,
    counters: Vec<String>,
    cpuset: bool,
    freezer: bool,
}

impl<'a> Names<'a> {
    pub(super) fn new(
        spec: &'a WorldSpec,
        threads: &[String],
        actors: &[LitmusActor],
        faults: &FaultPlan,
    ) -> Self {
        let mounted = |controller| spec.hierarchies.iter().flatten().any(|known| *known == controller);
        let counters = spec.cgroups.iter().flat_map(|cgroup| {
            let there = spec.hierarchies[cgroup.hierarchy.index()].iter().filter(|known| known.counts());
            there.map(|controller| format!("{}.{controller}", cgroup.name))
        });
        Self {
            threads: threads.iter().cloned().chain(born(spec, actors, faults)).collect(),
            cgroups: spec.cgroups.iter().map(|cgroup| cgroup.name.clone()).collect(),
            tree: spec.tree(),
            counters: counters.collect(),
            cpuset: mounted(Controller::Cpuset),
            freezer: mounted(Controller::Freezer),
        }
    }

    /// Returns an example of a condition.
    pub(super) fn example(&self) -> String {
        let name = |names: &[String], other: &str| names.first().map_or(other.to_owned(), Clone::clone);
        format!("{}@{}", name(&self.threads, "p.0"), name(&self.cgroups, "a"))
    }

    pub(super) fn place(&self, thread: &str, place: &str) -> Result<(), String> {
        self.thread(thread)?;
        let unknown = |one: &&str| *one != "-" && self.tree.find(one).is_none();
        let unknown = place.split(',').find(unknown);
        unknown.map_or(Ok(()), |one| Err(scenario::no_cgroup(one, &self.tree)))
    }

    pub(super) fn cpus(&self, thread: &str) -> Result<(), String> {
        self.thread(thread)?;
        mounted(self.cpuset, "cpuset")
    }

    pub(super) fn frozen(&self, cgroup: &str) -> Result<(), String> {
        self.cgroup(cgroup)?;
        mounted(self.freezer, "freezer")
    }

    pub(super) fn counter(&self, name: &str) -> Result<(), String> {
        known(&self.counters, name, "counter")
    }

    fn thread(&self, name: &str) -> Result<(), String> {
        known(&self.threads, name, "thread")
    }

    fn cgroup(&self, name: &str) -> Result<(), String> {
        known(&self.cgroups, name, "cgroup")
    }
}

/// Returns the names of threads that forks may create, see `explore::names::threads`.
fn born(spec: &WorldSpec, actors: &[LitmusActor], faults: &FaultPlan) -> Vec<String> {
    let thrown = faults.rules.iter().any(|rule| rule.action == Fault::Throw(Thrown::Fork));
    let mut next: Vec<(&str, usize)> =
        spec.processes.iter().map(|process| (process.name.as_str(), process.cgroups.len())).collect();
    let (mut names, mut processes) = (Vec::new(), 0);
    let mut thread_of = |process: usize| {
        let (name, number) = &mut next[process];
        *number += 1;
        format!("{name}.{}", *number - 1)
    };
    for actor in actors {
        let Role::Thread(task) = actor.role else { continue };
        let process = process_of(spec, task.index());
        for op in &actor.ops {
            match op {
                Op::ForkThread => names.push(thread_of(process)),
                Op::ForkProcess => processes += 1,
                _ => {}
            }
        }
    }
    if thrown {
        names.extend((0..spec.processes.len()).map(thread_of));
    }
    names.extend((1..=processes).map(|number| format!("{}+{number}.0", spec.processes[0].name)));
    names
}

/// Returns the process of an initial thread.
fn process_of(spec: &WorldSpec, thread: usize) -> usize {
    let mut first = 0;
    let found = spec.processes.iter().position(|process| {
        first += process.cgroups.len();
        thread < first
    });
    found.unwrap_or(0)
}

fn known(names: &[String], name: &str, what: &str) -> Result<(), String> {
    if names.iter().any(|known| known == name) {
        return Ok(());
    }
    if names.is_empty() {
        return Err(format!("there is no {what} `{name}`; this test has none"));
    }
    Err(format!("there is no {what} `{name}`; {}", nearest(name, names.iter().map(String::as_str))))
}

fn mounted(there: bool, controller: &str) -> Result<(), String> {
    if there {
        return Ok(());
    }
    Err(format!(
        "no hierarchy has the controller `{controller}`; add it to `controllers`, or remove this fact"
    ))
}
