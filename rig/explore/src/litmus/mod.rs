//! A litmus test: a tiny program of actors over a world, with the expectations under each protocol.
//!
//! `file` is the form of the file, `ops` reads operations, `actors` processes and actors, `expect` expectations, and
//! `condition` conditions on a final state; `names` lists the names that a condition may use.
mod actors;
mod condition;
pub(super) mod expect;
mod file;
mod names;
mod ops;

pub use actors::LitmusActor;
pub use condition::Condition;
pub use expect::{Conditions, Wanted};
pub use ops::{Op, Role};

use faults::{Fault, FaultPlan, Thrown};
use file::File;
use input::mistake::Mistake;
use model::kernel::Threadgroup;
use model::kernel::cpumask::MAX_CPUS;
use model::protocols::Protocol;
use model::world::WorldSpec;
use names::Names;
use reports::schema::Expectation;
use scenario::file::Cgroup;
use scenario::source::{Read, Source};
use std::collections::BTreeMap;

/// Invariants with their expectations.
pub type Expected = BTreeMap<String, Expectation>;

/// A litmus test that can be run.
#[derive(Clone, Debug)]
pub struct Litmus {
    /// The name of the test.
    pub name: String,
    /// One sentence about what the test shows.
    pub about: String,
    /// The source of the test.
    pub source: String,
    /// Faults; hits are counted for each actor separately.
    pub faults: FaultPlan,
    /// The specification of its world.
    pub spec: WorldSpec,
    /// Names of the initial threads, by id.
    pub threads: Vec<String>,
    /// Actors with their operations.
    pub actors: Vec<LitmusActor>,
    /// Expectations by protocol.
    pub expect: Vec<(Protocol, Wanted)>,
    /// Conditions on final states under every protocol.
    pub conditions: Conditions,
    /// The text it was read from.
    pub toml: String,
}

/// Number of CPUs if the file does not say.
const CPUS: u32 = 2;

impl Litmus {
    /// Reads a litmus test.
    ///
    /// # Errors
    /// The first mistake, with its place in `text`.
    pub fn parse(file: &str, text: &str) -> Result<Self, Mistake> {
        let source = Source::new(file, text);
        let parsed = File::read(&source)?;
        let (hierarchies, late) = source.hierarchies(parsed.mounts())?;
        let cpus = cpus(&source, &parsed)?;
        let blame = parsed.cpus.as_ref().map_or(0..0, toml::Spanned::span);
        let cgroups = source.cgroups(parsed.cgroups.get_ref(), &hierarchies, (&blame, cpus))?;
        let (processes, threads) =
            actors::processes(&source, &parsed, &scenario::tree(&hierarchies, &cgroups))?;
        let mut options = source.options(&parsed.options)?;
        // One page at a time: the other pages that one fault of a real system brings in do not matter here.
        options.fault_around_pages = 1;
        let spec = WorldSpec {
            cpus,
            hierarchies: hierarchies.iter().map(|hierarchy| hierarchy.controllers.clone()).collect(),
            hierarchy_names: hierarchies.iter().map(|hierarchy| hierarchy.name.clone()).collect(),
            late,
            cgroups,
            processes,
            options,
            threadgroup: Threadgroup::default(),
            keeps_ids: true,
        };
        spec.validate().map_err(|error| source.at(parsed.cgroups.span(), error))?;
        let actors = actors::actors(&source, &parsed, &spec, &threads)?;
        let faults = faults(&source, &parsed)?;
        let names = Names::new(&spec, &threads, &actors, &faults);
        let top = [&parsed.exists, &parsed.forbidden, &parsed.states];
        let reader = expect::Reader { source: &source, names: &names };
        let (expect, conditions) = reader.read(&parsed.expect, top)?;
        Ok(Self {
            name: actors::word(&source, &parsed.name, "name")?,
            faults,
            expect,
            conditions,
            about: parsed.about,
            source: parsed.source,
            spec,
            threads,
            actors,
            toml: text.to_owned(),
        })
    }

    /// Returns the name of the initial thread of that id.
    #[must_use]
    pub fn thread(&self, id: usize) -> Option<&str> {
        self.threads.get(id).map(String::as_str)
    }

    /// Reports whether a thread may be killed by another, so that all threads have to check for it.
    #[must_use]
    pub fn kills(&self) -> bool {
        let throws = |fault: &Fault| *fault == Fault::Throw(Thrown::Exit);
        self.actors.iter().any(|actor| actor.ops.contains(&Op::Exec))
            || self.faults.rules.iter().any(|rule| throws(&rule.action))
    }
}

/// Returns the number of CPUs: the one in the file, or enough for all CPUs that the file names.
fn cpus(source: &Source<'_>, file: &File) -> Read<u32> {
    if let Some(cpus) = &file.cpus {
        return source.cpus(cpus);
    }
    let listed = file.cgroups.get_ref().values().flat_map(Cgroup::cpus);
    let ops = file.actors.get_ref().iter().flat_map(|actor| actor.get_ref().ops.get_ref());
    let written = ops.flat_map(|op| ops::cpus(op.get_ref()));
    let highest = listed.chain(written).max().unwrap_or(0).clamp(0, i64::from(MAX_CPUS) - 1);
    Ok(CPUS.max(highest as u32 + 1))
}

fn faults(source: &Source<'_>, file: &File) -> Read<FaultPlan> {
    let rules = source.faults(&file.faults)?;
    for (rule, written) in rules.iter().zip(&file.faults) {
        if rule.nth.is_none() && rule.probability < 100 {
            let message = "`probability` cannot be used when every schedule is run; write nth=1, which counts the hits of each actor";
            return Err(source.at(written.span(), message));
        }
    }
    Ok(rules.into_iter().collect())
}
