//! Scenarios: experiments in TOML, read and validated. Every error has its place in the text.
//!
//! **Start here:** [`Scenario::parse`] reads a scenario, and [`Scenario::world`] is the world of its cells. Nothing
//! here runs.
//!
//! | module | content |
//! |---|---|
//! | [`built_in`] | the texts of the built-in scenarios |
//! | [`catalogue`] | the names that a scenario may use, with a line about each |
//! | [`file`](mod@file), `fields` | the form of a file, and values with a syntax of their own |
//! | `overrides` | flags that replace values in the text |
//! | [`source`] | the place that an error blames: in the text, or a flag |
//! | `read`, `hierarchies`, `movers`, `admins`, `actors` | the readers of the parts, and checks that they fit together
//! |
//! | `world` | data derived from a scenario: its world, initial cgroups of threads |
//! | `recordings` | new names for recordings in a text that is copied |
//!
//! The explorer reads its litmus tests with the same [`source`] and the same parts of a [`file`](mod@file).
#![forbid(unsafe_code)]
mod actors;
mod admins;
pub mod built_in;
pub mod catalogue;
mod fields;
pub mod file;
mod hierarchies;
mod interrupts;
mod movers;
mod overrides;
mod read;
mod recordings;
pub mod source;
mod world;

pub use admins::{Act, Admin};
pub use fields::Pace;
pub use hierarchies::{Hierarchy, no_cgroup, tree};
pub use interrupts::Interrupt;
pub use movers::{Movers, Moves};
pub use overrides::Overrides;
pub use recordings::with_names;

use faults::Rule;
use input::mistake::Mistake;
use model::kernel::{CgroupId, Controller};
use model::protocols::Protocol;
use model::seam::Costs;
use model::world::{CgroupSpec, WorldOptions};
use reports::schema::Expectation;
use serde::Deserialize;
use source::Source;
use std::collections::BTreeMap;

/// A scenario that can be run.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name of the scenario.
    pub name: String,
    /// One sentence about what the scenario asks.
    pub about: String,
    /// Modelled CPUs.
    pub cpus: u32,
    /// Length of the measured part of a cell, in virtual ns.
    pub duration_ns: u64,
    /// Length of the warm-up before it, whose latencies are not recorded, in virtual ns.
    pub warm_up_ns: u64,
    /// First seed.
    pub seed: u64,
    /// Number of seeds, counted up from `seed`.
    pub seeds: u64,
    /// Protocols with their options.
    pub protocols: Vec<Protocol>,
    /// Axis of fault rates: percentage of faults at every prepare site.
    pub fault_rates: Vec<u8>,
    /// Axis of delays between switch and attach, in ns.
    pub delays_ns: Vec<u64>,
    /// Fault rules of every cell.
    pub faults: Vec<Rule>,
    /// Hierarchies.
    pub hierarchies: Vec<Hierarchy>,
    /// Controllers that count nothing until they are adopted.
    pub late: Vec<Controller>,
    /// Options of the world.
    pub options: WorldOptions,
    /// Cgroups.
    pub cgroups: Vec<CgroupSpec>,
    /// Workloads.
    pub workloads: Vec<Workload>,
    /// Movers.
    pub movers: Vec<Movers>,
    /// Admins.
    pub admins: Vec<Admin>,
    /// Interrupts.
    pub interrupts: Vec<Interrupt>,
    /// Costs of operations: the built-in table, except for the values in the scenario.
    pub costs: Costs,
    /// Minimum of events per cell.
    pub demand: Demand,
    /// Expected breaches by protocol and invariant.
    pub expect: BTreeMap<String, BTreeMap<String, Expectation>>,
    /// The text it was read from.
    pub toml: String,
}

/// A workload: a number of processes of one shape.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Initial cgroups, all in one hierarchy; the threads of each process are spread over them, round robin.
    pub cgroups: Vec<CgroupId>,
    /// Initial cgroups in other hierarchies; the root of each hierarchy without one.
    pub elsewhere: Vec<CgroupId>,
    /// True if movers move the processes.
    pub moved: bool,
    /// The operations of the processes.
    pub plan: workloads::WorkloadPlan,
    /// The plan as written, for workers that are separate processes.
    pub spec: workloads::Spec,
}

/// The pacing of a mover, an admin or interrupts: a rate with intended start times, or one act after the other with a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// Closed loop, or a rate.
    pub pace: Pace,
    /// Pause after each act of a closed loop, in ns.
    pub pause_ns: u64,
}

/// The minimum of events per cell; a cell with less cannot be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Demand {
    /// Attaches other than noop.
    ///
    /// Unit: attaches. Values: 0 to 9223372036854775807. Default: `0`.
    pub attaches: u64,
    /// Attaches that overlapped a charge on the moved mm or its destination.
    ///
    /// Unit: attaches. Values: 0 to 9223372036854775807. Default: `0`.
    pub overlaps: u64,
    /// Runs of every abort or undo, at a fault rate above 0.
    ///
    /// Unit: runs. Values: 0 to 9223372036854775807. Default: `0`.
    pub aborts: u64,
}

impl Scenario {
    /// Returns the number of threads of workloads and movers at the start.
    #[must_use]
    pub fn threads(&self) -> u64 {
        let of = |plan: &workloads::WorkloadPlan| {
            (0..plan.processes()).map(|process| u64::from(plan.threads(process))).sum::<u64>()
        };
        let tasks = self.workloads.iter().map(|workload| of(&workload.plan));
        let movers = self.movers.iter().map(|movers| u64::from(movers.count));
        tasks.chain(movers).fold(0, u64::saturating_add)
    }

    /// Reads a scenario; recordings are found through `files`.
    ///
    /// # Errors
    /// The first mistake, with its place in `text`.
    pub fn parse(file: &str, text: &str, files: &dyn workloads::Files) -> Result<Self, Mistake> {
        Self::parse_with(file, text, &Overrides::default(), files)
    }

    /// Reads a scenario in which flags replace values of the file.
    ///
    /// # Errors
    /// The first mistake, with its place in `text` or with the flag.
    pub fn parse_with(
        file: &str,
        text: &str,
        overrides: &Overrides,
        files: &dyn workloads::Files,
    ) -> Result<Self, Mistake> {
        let mut source = Source::new(file, text);
        let text = overrides.text(&source)?;
        let parsed = overrides.read(&text, &mut source)?;
        source.name(&parsed.name)?;
        source.sentence(&parsed.about)?;
        let ((hierarchies, late), cpus) = (source.hierarchies(parsed.mounts())?, source.cpus(&parsed.cpus)?);
        let cgroups = source.cgroups(parsed.cgroups.get_ref(), &hierarchies, (&parsed.cpus.span(), cpus))?;
        let by_name = tree(&hierarchies, &cgroups);
        let workloads = source.workloads(&parsed.workloads, &by_name, files)?;
        let movers = source.movers(&parsed, (&hierarchies, &late), &by_name)?;
        let admins = source.admins(&parsed, &hierarchies, &by_name, cpus)?;
        let interrupts = source.interrupts(&parsed, &hierarchies, &by_name, &workloads)?;
        let (seed, seeds) = source.seeds(&parsed)?;
        let scenario = Self {
            protocols: source.protocols(&parsed.protocols)?,
            fault_rates: source.fault_rates(&parsed.fault_rates)?,
            delays_ns: source.delays(&parsed.delays)?,
            faults: source.faults(&parsed.faults)?,
            options: source.options(&parsed.options)?,
            expect: source.expect(&parsed.expect)?,
            duration_ns: source.time(&parsed.duration, "duration", 1)?,
            warm_up_ns: source.time(&parsed.warm_up, "warm-up", 0)?,
            costs: source.costs(&parsed.costs)?,
            demand: parsed.demand,
            toml: text.into_owned(),
            name: parsed.name.get_ref().clone(),
            about: parsed.about.get_ref().clone(),
            cpus,
            seed,
            seeds,
            hierarchies,
            late,
            cgroups,
            workloads,
            movers,
            admins,
            interrupts,
        };
        source.fitting(&parsed, &scenario)?;
        scenario.world().validate().map_err(|error| source.at(parsed.cgroups.span(), error))?;
        source.size(&parsed.seeds, &scenario)?;
        Ok(scenario)
    }
}
