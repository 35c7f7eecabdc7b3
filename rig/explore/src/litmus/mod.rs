//! A litmus test: a tiny program of actors over a world, with what is expected of it under each protocol.
//!
//! `file` is what may be written, `ops` the words of an operation, `actors` processes and who acts, `expect` what has to
//! come out, `condition` a statement about a final state, `names` what it may speak of.
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
use model::kernel::cpumask::MAX_CPUS;
use model::protocols::Protocol;
use model::world::WorldSpec;
use names::Names;
use reports::schema::Expectation;
use scenario::ScenarioError;
use scenario::file::Cgroup;
use scenario::source::{Read, Source};
use std::collections::BTreeMap;

/// Invariants with what is expected of them.
pub type Expected = BTreeMap<String, Expectation>;

/// A litmus test that can be run.
#[derive(Clone, Debug)]
pub struct Litmus {
    /// Its name.
    pub name: String,
    /// One sentence on what it shows.
    pub about: String,
    /// Where that comes from.
    pub source: String,
    /// Faults; hits are counted for each actor.
    pub faults: FaultPlan,
    /// What its world is built from.
    pub spec: WorldSpec,
    /// Names of the threads that are there at the start, by id.
    pub threads: Vec<String>,
    /// Who does what, in order.
    pub actors: Vec<LitmusActor>,
    /// What is expected, by protocol.
    pub expect: Vec<(Protocol, Wanted)>,
    /// Conditions on final states under every protocol.
    pub conditions: Conditions,
    /// The text that it was read from.
    pub toml: String,
}

/// CPUs where nobody says how many.
const CPUS: u32 = 2;

impl Litmus {
    /// Reads a litmus test.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place in `text`.
    pub fn parse(file: &str, text: &str) -> Result<Self, ScenarioError> {
        let source = Source::new(file, text);
        let parsed = File::read(&source)?;
        let (hierarchies, late) = source.hierarchies(parsed.mounts())?;
        let cpus = cpus(&source, &parsed)?;
        let blame = parsed.cpus.as_ref().map_or(0..0, toml::Spanned::span);
        let cgroups = source.cgroups(parsed.cgroups.get_ref(), &hierarchies, (&blame, cpus))?;
        let (processes, threads) = actors::processes(&source, &parsed, &cgroups)?;
        let mut options = source.options(&parsed.options)?;
        // A page at a time: what one fault of a real system brings in besides is of no interest here.
        options.fault_around_pages = 1;
        let spec = WorldSpec {
            cpus,
            hierarchies: hierarchies.iter().map(|hierarchy| hierarchy.controllers.clone()).collect(),
            late,
            cgroups,
            processes,
            options,
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

    /// The thread of that id, which was there at the start.
    #[must_use]
    pub fn thread(&self, id: usize) -> Option<&str> {
        self.threads.get(id).map(String::as_str)
    }

    /// Whether a thread may be killed by another, so that everybody has to look.
    #[must_use]
    pub fn kills(&self) -> bool {
        let throws = |fault: &Fault| *fault == Fault::Throw(Thrown::Exit);
        self.actors.iter().any(|actor| actor.ops.contains(&Op::Exec))
            || self.faults.rules.iter().any(|rule| throws(&rule.action))
    }
}

/// How many CPUs there are: as the file says, or enough for all that it names.
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
            let message = "`probability` has no place where every schedule is run; write nth=1, which counts the hits of each actor";
            return Err(source.at(written.span(), message));
        }
    }
    Ok(rules.into_iter().collect())
}
