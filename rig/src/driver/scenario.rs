//! A scenario: an experiment in TOML, validated, with the place of whatever is wrong.
use super::error::ScenarioError;
use super::fields::{Duration, Limit, Pace};
use crate::checks;
use crate::kernel::{Controller, CpuMask, HierarchyId};
use crate::measure::Expectation;
use crate::protocols::Protocol;
use crate::world::{CgroupSpec, Grace, Options, OwnerChange};
use faults::Rule;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// A scenario that can be run.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// One sentence on what it asks.
    pub about: String,
    /// Modelled CPUs.
    pub cpus: u32,
    /// Measured part of a cell, in virtual ns.
    pub duration_ns: u64,
    /// Time before it, whose latencies are not recorded, in virtual ns.
    pub warm_up_ns: u64,
    /// First seed.
    pub seed: u64,
    /// How many seeds, from `seed` on.
    pub seeds: u64,
    /// Protocols, with options.
    pub protocols: Vec<Protocol>,
    /// Axis: faults in percent at every prepare site.
    pub fault_rates: Vec<u8>,
    /// Axis: delays between switch and attach, in ns.
    pub delays_ns: Vec<u64>,
    /// Rules of every cell.
    pub faults: Vec<Rule>,
    /// Controllers, in the order of their callbacks.
    pub controllers: Vec<Controller>,
    /// Options of the world.
    pub options: Options,
    /// Cgroups.
    pub cgroups: Vec<CgroupSpec>,
    /// Workloads.
    pub workloads: Vec<Workload>,
    /// Movers.
    pub movers: Movers,
    /// What a cell must at least have seen.
    pub demand: Demand,
    /// Expected breaches: protocol, promise.
    pub expect: BTreeMap<String, BTreeMap<String, Expectation>>,
    /// The text that it was read from.
    pub toml: String,
}

/// One workload: some processes of one shape in one cgroup.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Where they start; index into [`Scenario::cgroups`].
    pub cgroup: usize,
    /// Whether movers move them.
    pub moved: bool,
    /// What they do.
    pub plan: workloads::Plan,
}

/// Who moves what, how often.
#[derive(Clone, Debug)]
pub struct Movers {
    /// How many.
    pub count: u32,
    /// Whole processes, or single threads.
    pub whole: bool,
    /// How often each moves.
    pub pace: Pace,
    /// Pause after each attach of a closed loop, in ns.
    pub pause_ns: u64,
    /// Destinations, in turn; indices into [`Scenario::cgroups`].
    pub between: Vec<usize>,
}

/// What a cell must at least have seen, or it is too thin to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Demand {
    /// Attaches that were no noop.
    pub attaches: u64,
    /// Attaches that overlapped a charge on the moved mm or its destination.
    pub overlaps: u64,
    /// At a fault rate above 0: runs of every abort or undo.
    pub aborts: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    name: String,
    about: String,
    cpus: Spanned<u32>,
    duration: Spanned<Duration>,
    #[serde(default)]
    warm_up: Duration,
    #[serde(default = "one")]
    seed: u64,
    #[serde(default = "one_spanned")]
    seeds: Spanned<u64>,
    protocols: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    fault_rates: Vec<Spanned<u8>>,
    #[serde(default)]
    delays: Vec<Duration>,
    #[serde(default)]
    faults: Vec<Spanned<String>>,
    hierarchy: Hierarchy,
    #[serde(default)]
    options: OptionsFile,
    cgroups: Spanned<BTreeMap<Spanned<String>, CgroupFile>>,
    workloads: Spanned<Vec<Spanned<toml::Table>>>,
    movers: MoversFile,
    #[serde(default)]
    demand: Demand,
    #[serde(default)]
    expect: BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Expectation>>,
}

fn one() -> u64 {
    1
}

fn one_spanned() -> Spanned<u64> {
    Spanned::new(0..0, 1)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hierarchy {
    controllers: Spanned<Vec<Spanned<String>>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct OptionsFile {
    grace: Option<Spanned<String>>,
    grace_period: Option<Duration>,
    memory_move: Option<bool>,
    owner_change: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CgroupFile {
    memrlimit: Option<LimitFile>,
    memory: Option<LimitFile>,
    cpuset: Option<CpusFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitFile {
    limit: Limit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CpusFile {
    cpus: Vec<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct MoversFile {
    #[serde(default = "one_mover")]
    count: Spanned<u32>,
    #[serde(default = "process")]
    mode: Spanned<String>,
    #[serde(default)]
    rate: Pace,
    #[serde(default)]
    pause: Duration,
    between: Spanned<Vec<Spanned<String>>>,
}

fn one_mover() -> Spanned<u32> {
    Spanned::new(0..0, 1)
}

fn process() -> Spanned<String> {
    Spanned::new(0..0, "process".to_owned())
}

/// Reads with places: what every step needs to blame the right line.
struct Reader<'a> {
    file: &'a str,
    text: &'a str,
}

type Read<T> = Result<T, ScenarioError>;

/// The nearest of `known` to `name`, for messages.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<_> = known.collect();
    let close = known.iter().max_by(|a, b| strsim::jaro(name, a).total_cmp(&strsim::jaro(name, b)));
    let hint = close
        .filter(|c| strsim::jaro(name, c) > 0.7)
        .map_or(String::new(), |c| format!("did you mean `{c}`? "));
    format!("{hint}there are {}", known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", "))
}

impl Scenario {
    /// Reads a scenario; recordings are found through `files`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place in `text`.
    pub fn parse(file: &str, text: &str, files: &dyn workloads::Files) -> Result<Self, ScenarioError> {
        let reader = Reader { file, text };
        let parsed: File = toml::from_str(text)
            .map_err(|error| ScenarioError::at(file, text, error.span(), error.message()))?;
        let controllers = reader.controllers(&parsed.hierarchy)?;
        let cgroups = reader.cgroups(&parsed.cgroups, &controllers)?;
        reader.range(&parsed.cpus, "cpus", 1, crate::kernel::cpumask::MAX_CPUS)?;
        reader.range(&parsed.seeds, "seeds", 1, 1_000_000)?;
        if parsed.duration.get_ref().0 == 0 {
            return Err(reader.at(parsed.duration.span(), "a cell has to last longer than 0"));
        }
        let scenario = Self {
            protocols: reader.protocols(&parsed.protocols)?,
            fault_rates: reader.fault_rates(&parsed.fault_rates)?,
            faults: reader.faults(&parsed.faults)?,
            options: reader.options(&parsed.options)?,
            workloads: reader.workloads(&parsed.workloads, &cgroups, files)?,
            movers: reader.movers(&parsed.movers, &cgroups)?,
            expect: reader.expect(&parsed.expect)?,
            name: parsed.name,
            about: parsed.about,
            cpus: *parsed.cpus.get_ref(),
            duration_ns: parsed.duration.get_ref().0,
            warm_up_ns: parsed.warm_up.0,
            seed: parsed.seed,
            seeds: *parsed.seeds.get_ref(),
            delays_ns: parsed.delays.iter().map(|delay| delay.0).collect(),
            controllers,
            cgroups,
            demand: parsed.demand,
            toml: text.to_owned(),
        };
        let world = scenario.world();
        world.validate().map_err(|error| reader.at(parsed.cgroups.span(), error))?;
        Ok(scenario)
    }
}

impl Reader<'_> {
    fn at(&self, span: Range<usize>, message: impl std::fmt::Display) -> ScenarioError {
        ScenarioError::at(self.file, self.text, Some(span), message)
    }

    fn range<T: PartialOrd + std::fmt::Display + Copy>(
        &self,
        value: &Spanned<T>,
        what: &str,
        low: T,
        high: T,
    ) -> Read<()> {
        let found = *value.get_ref();
        if found < low || found > high {
            return Err(
                self.at(value.span(), format!("{what} is {found}, where {low} to {high} are possible"))
            );
        }
        Ok(())
    }

    fn controllers(&self, hierarchy: &Hierarchy) -> Read<Vec<Controller>> {
        let known = || Controller::ALL.into_iter().map(Controller::name);
        let named = hierarchy.controllers.get_ref().iter().map(|name| {
            Controller::parse(name.get_ref()).ok_or_else(|| {
                let name_text = name.get_ref();
                self.at(
                    name.span(),
                    format!("unknown controller `{name_text}`; {}", nearest(name_text, known())),
                )
            })
        });
        let controllers = named.collect::<Read<Vec<_>>>()?;
        if controllers.is_empty() {
            return Err(self.at(hierarchy.controllers.span(), "a hierarchy needs at least one controller"));
        }
        Ok(controllers)
    }

    fn cgroups(
        &self,
        file: &Spanned<BTreeMap<Spanned<String>, CgroupFile>>,
        mounted: &[Controller],
    ) -> Read<Vec<CgroupSpec>> {
        file.get_ref()
            .iter()
            .map(|(name, cgroup)| {
                let limits =
                    [(Controller::Memrlimit, &cgroup.memrlimit), (Controller::Memory, &cgroup.memory)];
                let limits: Vec<_> =
                    limits.into_iter().filter_map(|(c, limit)| Some((c, limit.as_ref()?.limit.0))).collect();
                if let Some((controller, _)) = limits.iter().find(|(c, _)| !mounted.contains(c)) {
                    let message = format!(
                        "`{}` limits `{controller}`, which is not among the hierarchy's controllers",
                        name.get_ref()
                    );
                    return Err(self.at(name.span(), message));
                }
                Ok(CgroupSpec {
                    name: name.get_ref().clone(),
                    hierarchy: HierarchyId(0),
                    limits,
                    cpus: cgroup.cpuset.as_ref().map(|cpuset| CpuMask::from_list(&cpuset.cpus)),
                })
            })
            .collect()
    }

    fn protocols(&self, list: &Spanned<Vec<Spanned<String>>>) -> Read<Vec<Protocol>> {
        if list.get_ref().is_empty() {
            return Err(self.at(list.span(), "name at least one protocol"));
        }
        let parse =
            |name: &Spanned<String>| Protocol::parse(name.get_ref()).map_err(|e| self.at(name.span(), e));
        list.get_ref().iter().map(parse).collect()
    }

    fn fault_rates(&self, rates: &[Spanned<u8>]) -> Read<Vec<u8>> {
        for rate in rates {
            self.range(rate, "a fault rate in percent", 0, 100)?;
        }
        Ok(rates.iter().map(|rate| *rate.get_ref()).collect())
    }

    fn faults(&self, rules: &[Spanned<String>]) -> Read<Vec<Rule>> {
        let parse = |rule: &Spanned<String>| Rule::parse(rule.get_ref()).map_err(|e| self.at(rule.span(), e));
        rules.iter().map(parse).collect()
    }

    fn options(&self, file: &OptionsFile) -> Read<Options> {
        let mut options = Options::default();
        if let Some(grace) = &file.grace {
            options.grace = match grace.get_ref().as_str() {
                "none" => Grace::None,
                "inside" => Grace::Inside,
                "after" => Grace::After,
                other => {
                    return Err(
                        self.at(grace.span(), format!("grace is `none`, `inside` or `after`, not `{other}`"))
                    );
                }
            };
        }
        if let Some(change) = &file.owner_change {
            options.owner_change = match change.get_ref().as_str() {
                "forced" => OwnerChange::Forced,
                "2008" => OwnerChange::Silent,
                other => {
                    return Err(
                        self.at(change.span(), format!("owner-change is `forced` or `2008`, not `{other}`"))
                    );
                }
            };
        }
        options.grace_ns = file.grace_period.map_or(options.grace_ns, |period| period.0);
        options.memory_move = file.memory_move.unwrap_or(true);
        Ok(options)
    }

    fn cgroup(&self, name: &str, span: Range<usize>, cgroups: &[CgroupSpec]) -> Read<usize> {
        cgroups.iter().position(|cgroup| cgroup.name == name).ok_or_else(|| {
            let known = nearest(name, cgroups.iter().map(|cgroup| cgroup.name.as_str()));
            self.at(span, format!("there is no cgroup `{name}`; {known}"))
        })
    }

    fn workloads(
        &self,
        list: &Spanned<Vec<Spanned<toml::Table>>>,
        cgroups: &[CgroupSpec],
        files: &dyn workloads::Files,
    ) -> Read<Vec<Workload>> {
        if list.get_ref().is_empty() {
            return Err(self.at(list.span(), "a scenario needs at least one [[workloads]]"));
        }
        list.get_ref().iter().map(|table| self.workload(table, cgroups, files)).collect()
    }

    fn workload(
        &self,
        entry: &Spanned<toml::Table>,
        cgroups: &[CgroupSpec],
        files: &dyn workloads::Files,
    ) -> Read<Workload> {
        let blame = |message: String| self.at(entry.span(), format!("[[workloads]]: {message}"));
        let mut table = entry.get_ref().clone();
        let cgroup = match table.remove("cgroup") {
            Some(toml::Value::String(name)) => self.cgroup(&name, entry.span(), cgroups)?,
            _ => return Err(blame("`cgroup = \"NAME\"` says where its processes start".to_owned())),
        };
        let moved = match table.remove("move") {
            None => false,
            Some(toml::Value::Boolean(moved)) => moved,
            Some(other) => return Err(blame(format!("`move` is true or false, not {other}"))),
        };
        let spec: workloads::Spec =
            table.try_into().map_err(|error: toml::de::Error| blame(error.message().to_owned()))?;
        let plan = workloads::Plan::new(&spec, files)
            .map_err(|error| blame(format!("field `{}`: {error}", error.field())))?;
        Ok(Workload { cgroup, moved, plan })
    }

    fn movers(&self, file: &MoversFile, cgroups: &[CgroupSpec]) -> Read<Movers> {
        self.range(&file.count, "the number of movers", 0, 64)?;
        let whole = match file.mode.get_ref().as_str() {
            "process" => true,
            "thread" => false,
            other => {
                return Err(self
                    .at(file.mode.span(), format!("a mover moves by `process` or `thread`, not `{other}`")));
            }
        };
        let between =
            file.between.get_ref().iter().map(|name| self.cgroup(name.get_ref(), name.span(), cgroups));
        let between = between.collect::<Read<Vec<_>>>()?;
        if between.len() < 2 {
            return Err(self.at(file.between.span(), "movers move between at least two cgroups"));
        }
        Ok(Movers { count: *file.count.get_ref(), whole, pace: file.rate, pause_ns: file.pause.0, between })
    }

    fn expect(
        &self,
        file: &BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Expectation>>,
    ) -> Read<BTreeMap<String, BTreeMap<String, Expectation>>> {
        let mut expect = BTreeMap::new();
        for (protocol, promises) in file {
            Protocol::parse(protocol.get_ref()).map_err(|error| self.at(protocol.span(), error))?;
            let mut of_protocol = BTreeMap::new();
            for (promise, expectation) in promises {
                let name = promise.get_ref();
                if !checks::NAMES.contains(&name.as_str()) {
                    let known = nearest(name, checks::NAMES.into_iter());
                    return Err(self.at(promise.span(), format!("unknown promise `{name}`; {known}")));
                }
                of_protocol.insert(name.clone(), *expectation);
            }
            expect.insert(protocol.get_ref().clone(), of_protocol);
        }
        Ok(expect)
    }
}
