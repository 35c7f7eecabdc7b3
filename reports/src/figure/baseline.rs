//! A baseline: the figures of a run as a file that a repository keeps, one figure a line, so that changes can be
//! reviewed.
//!
//! Separate from run.json, which is a hundred times as long and whose histograms cannot be read in a diff. A baseline
//! names the run it was made from. Another scenario, other seeds or another length are not comparable, and neither is
//! another schema.
use super::key::{self, Key};
use crate::aggregate::{AggregateError, aggregate};
use crate::axis::{Axes, Point};
use crate::coverage::{Coverage, Share, seeds};
use crate::json::{self, ReadError, WriteError};
use crate::labels;
use crate::schema::{Engine, Env, Run};
use crate::units::list;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Version of this form; a reader refuses any other.
pub const SCHEMA: &str = "attach-rig/baseline/1";

/// The figures of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// [`SCHEMA`].
    pub schema: String,
    /// Version of attach-rig that made the run.
    pub version: String,
    /// Engine that its times come from.
    pub engine: Engine,
    /// Name of its scenario.
    pub scenario: String,
    /// Command that makes the run again.
    pub command: String,
    /// The scenario in full, line by line, with flags applied.
    pub toml: Vec<String>,
    /// Missing cells of the run, in words, see [`crate::coverage`]; with any, no comparison with it can pass.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The machine, the kernel and their settings, where times are those of a machine.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub machine: BTreeMap<String, String>,
    /// The figures, in the order of the plan.
    pub places: Vec<PlaceFigures>,
}

/// The figures of one subject at one point, over all seeds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceFigures {
    /// Name of what was measured, as tables show it: protocol with options (`transactional`, `v1:pids still`).
    pub protocol: String,
    /// Position of the subject on the axes.
    #[serde(flatten)]
    pub point: Point,
    /// Cells that were merged: one for each seed.
    pub cells: u64,
    /// Cells that were planned, where that is more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<u64>,
    /// Figures by [`Key`]; times in ns of the engine's clock.
    pub figures: BTreeMap<String, u64>,
}

/// Error when there is no baseline, or none that can be compared with.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The file has another schema.
    #[error("{}: schema is \"{found}\", this attach-rig reads only \"{SCHEMA}\"; make the baseline again", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Schema that the file names.
        found: String,
    },
    /// A name in the file that is not the name of a figure.
    #[error("{}: {what}", path.display())]
    Figure {
        /// The file.
        path: PathBuf,
        /// Cause.
        what: String,
    },
    /// The run cannot be read.
    #[error(transparent)]
    Run(#[from] AggregateError),
    /// The two baselines do not answer the same question.
    #[error("not comparable: {0}")]
    NotComparable(String),
}

impl PlaceFigures {
    /// Returns the axes of the place, such as `faults 10 %, delay 1.00 µs`; empty when there is none.
    #[must_use]
    pub fn axes_title(&self) -> String {
        Axes::from(self.point).words(&self.point)
    }

    /// Returns `64 seeds`, or `2 of 64 seeds` where the others are missing.
    #[must_use]
    pub fn seeds(&self, engine: Engine) -> String {
        seeds(engine, Share { have: self.cells, planned: self.planned.unwrap_or(self.cells) })
    }

    /// Returns the protocol, followed by the axes.
    #[must_use]
    pub fn title(&self) -> String {
        let axes = self.axes_title();
        if axes.is_empty() { self.protocol.clone() } else { format!("{}, {axes}", self.protocol) }
    }

    /// Returns the value of a figure.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<u64> {
        self.figures.get(&key.to_string()).copied()
    }
}

/// The figures of one place in two results.
pub(crate) type Sides<'a> = (Option<&'a PlaceFigures>, Option<&'a PlaceFigures>);

/// Returns every figure of either side, by name, with both values.
pub(crate) fn figures_of((a, b): Sides<'_>) -> Vec<(Key, Option<u64>, Option<u64>)> {
    let names: BTreeSet<&String> = a.into_iter().chain(b).flat_map(|side| side.figures.keys()).collect();
    let get = |side: Option<&PlaceFigures>, name| side.and_then(|side| side.figures.get(name).copied());
    names.into_iter().filter_map(|name| Some((name.parse().ok()?, get(a, name), get(b, name)))).collect()
}

impl Baseline {
    /// Returns the figures of `run`.
    ///
    /// # Errors
    /// A histogram that cannot be read.
    pub fn of(run: &Run) -> Result<Self, AggregateError> {
        let coverage = Coverage::of(run);
        let places = aggregate(run)?.groups.into_iter().map(|group| PlaceFigures {
            planned: Some(coverage.at(&group.subject, &group.point).planned)
                .filter(|planned| *planned != group.sum.cells),
            protocol: group.subject.to_string(),
            point: group.point,
            cells: group.sum.cells,
            figures: key::figures(&group.sum).into_iter().map(|(key, n)| (key.to_string(), n)).collect(),
        });
        Ok(Self {
            schema: SCHEMA.to_owned(),
            version: run.version.clone(),
            engine: run.engine,
            scenario: run.scenario.name.clone(),
            command: run.command.clone(),
            toml: run.scenario.toml.lines().map(str::to_owned).collect(),
            places: places.collect(),
            missing: coverage.missing,
            machine: BTreeMap::new(),
        })
    }

    /// Returns the baseline with the known facts of the machine, where they matter: the simulator's times do not depend
    /// on one.
    #[must_use]
    pub fn on(mut self, env: Option<&Env>) -> Self {
        if let Some(env) = env.filter(|_| self.engine != Engine::Sim) {
            self.machine = machine(env);
        }
        self
    }

    /// Reads the file `path`.
    ///
    /// # Errors
    /// [`BaselineError`] names it, and the line where there is one.
    pub fn read(path: &Path) -> Result<Self, BaselineError> {
        let value: serde_json::Value = json::read_value(path)?;
        let found = value.get("schema").and_then(serde_json::Value::as_str).unwrap_or("missing");
        if found != SCHEMA {
            return Err(BaselineError::Foreign { path: path.to_owned(), found: found.to_owned() });
        }
        let mut baseline: Self = json::read_value(path)?;
        for place in &mut baseline.places {
            let figures = std::mem::take(&mut place.figures).into_iter();
            // Older names of figures become the names that everything asks for.
            let named = figures.map(|(name, value)| Ok((name.parse::<Key>()?.to_string(), value)));
            let named: Result<_, String> = named.collect();
            place.figures = named.map_err(|what| BaselineError::Figure { path: path.to_owned(), what })?;
        }
        Ok(baseline)
    }

    /// Writes the baseline to `path`, a line for each figure.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub fn write(&self, path: &Path) -> Result<(), WriteError> {
        let encode = |source| WriteError::Encode { path: path.to_owned(), source };
        let mut text = serde_json::to_string_pretty(self).map_err(encode)?;
        text.push('\n');
        json::write_atomic(path, text.as_bytes())
    }

    /// Returns the figures of the subject of that name at `point`.
    #[must_use]
    pub fn at(&self, protocol: &str, point: &Point) -> Option<&PlaceFigures> {
        self.places.iter().find(|place| place.protocol == protocol && place.point == *point)
    }

    /// Returns every place of either result with its figures in this one and in `later`: those of `later` in their order,
    /// then those that it lacks.
    pub(crate) fn places_with<'a>(&'a self, later: &'a Self) -> Vec<Sides<'a>> {
        let there = later.places.iter().map(|place| (self.at(&place.protocol, &place.point), Some(place)));
        let gone = self.places.iter().filter(|place| later.at(&place.protocol, &place.point).is_none());
        there.chain(gone.map(|place| (Some(place), None))).collect()
    }

    /// Checks that `later` answers the same question.
    ///
    /// # Errors
    /// [`BaselineError::NotComparable`] says what differs, and the way out.
    pub fn comparable(&self, later: &Self) -> Result<(), BaselineError> {
        let of = |one: &Self| format!("{} on {}", one.scenario, labels::engine(one.engine));
        let wrong = |what: String| Err(BaselineError::NotComparable(what));
        if (&self.scenario, self.engine) != (&later.scenario, later.engine) {
            let (a, b) = (of(self), of(later));
            return wrong(format!("one is {a}, the other {b}; name two of the same scenario and engine"));
        }
        if self.toml == later.toml {
            return self.same_machine(later);
        }
        let differs = self.toml.iter().zip(&later.toml).find(|(a, b)| a != b);
        let first = differs.map_or_else(String::new, |(a, b)| format!(" (`{a}` and `{b}`)"));
        wrong(format!(
            "the scenario {} is not the same in both{first}, by its text or by flags; make both with the same",
            self.scenario
        ))
    }

    /// Checks that facts known of both sides are the same.
    fn same_machine(&self, later: &Self) -> Result<(), BaselineError> {
        let pairs = self.machine.iter().filter_map(|(name, a)| Some((name, a, later.machine.get(name)?)));
        let differ: Vec<String> = pairs
            .filter(|(_, a, b)| a != b)
            .map(|(name, a, b)| format!("{name} is `{a}` and `{b}`"))
            .collect();
        if differ.is_empty() {
            return Ok(());
        }
        Err(BaselineError::NotComparable(format!(
            "{}; make both on the same machine, kernel and settings",
            list(&differ)
        )))
    }
}

/// Facts that change the measurement when they change: names, or ends of names where a guest's setting comes before.
const MATTERS: [&str; 8] = [
    "cgroup.hierarchy",
    "cgroup.controllers",
    "cgroup.favordynmods",
    "clock.source",
    "mover.count",
    "mover.moves",
    "threads.real_pages",
    "vm.accelerator",
];

/// Returns the facts that two runs must have in common for their times and counts to be compared.
fn machine(env: &Env) -> BTreeMap<String, String> {
    let matters = |name: &str| {
        MATTERS.iter().any(|known| name.ends_with(known))
            || name.contains("worker.workload[")
            || name.starts_with("vm.")
    };
    let facts = env.facts.iter().filter(|(name, _)| matters(name));
    let own = [
        ("kernel", env.kernel.clone()),
        ("cpu", env.cpu.clone()),
        ("cpus", env.cpus.to_string()),
        ("profile", env.profile.clone()),
    ];
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
    own.chain(facts.map(|(name, value)| (name.clone(), value.clone()))).collect()
}
