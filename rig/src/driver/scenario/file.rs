//! What a scenario file may say, as it is written: nothing is checked beyond the types, and every value that can be
//! wrong keeps its place.
use super::Demand;
use super::source::{Read, Source, explain};
use crate::driver::fields::{Duration, Limit, Pace};
use crate::measure::Expectation;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// Cgroups by name.
pub(super) type Cgroups = BTreeMap<Spanned<String>, Cgroup>;
/// Promises by protocol.
pub(super) type Expect = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Expectation>>;
/// One `[[workloads]]`.
pub(super) type Entry = BTreeMap<Spanned<String>, Spanned<toml::Value>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct File {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) cpus: Spanned<i64>,
    pub(super) duration: Spanned<Duration>,
    #[serde(default = "no_time")]
    pub(super) warm_up: Spanned<Duration>,
    #[serde(default = "one")]
    pub(super) seed: Spanned<i64>,
    #[serde(default = "one")]
    pub(super) seeds: Spanned<i64>,
    pub(super) protocols: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(super) fault_rates: Vec<Spanned<i64>>,
    #[serde(default)]
    pub(super) delays: Vec<Spanned<Duration>>,
    #[serde(default)]
    pub(super) faults: Vec<Spanned<String>>,
    pub(super) hierarchy: Hierarchy,
    #[serde(default)]
    pub(super) options: Options,
    pub(super) cgroups: Spanned<Cgroups>,
    pub(super) workloads: Spanned<Vec<Spanned<Entry>>>,
    pub(super) movers: Movers,
    #[serde(default)]
    pub(super) demand: Demand,
    #[serde(default)]
    pub(super) expect: Expect,
}

impl File {
    /// Reads the text of `source`.
    pub(super) fn read(source: &Source<'_>) -> Read<Self> {
        toml::from_str(source.text())
            .map_err(|error| source.at(error.span().unwrap_or_default(), explain(error.message(), &[])))
    }
}

/// A value that nobody wrote, and so nobody is blamed for.
fn default<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}

fn one() -> Spanned<i64> {
    default(1)
}

fn no_time() -> Spanned<Duration> {
    default(Duration::default())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hierarchy {
    pub(super) controllers: Spanned<Vec<Spanned<String>>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Options {
    pub(super) grace: Option<Spanned<String>>,
    pub(super) grace_period: Option<Spanned<Duration>>,
    pub(super) memory_move: Option<bool>,
    pub(super) owner_change: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Cgroup {
    pub(super) memrlimit: Option<Limited>,
    pub(super) memory: Option<Limited>,
    pub(super) cpuset: Option<Cpuset>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limited {
    pub(super) limit: Spanned<Limit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cpuset {
    pub(super) cpus: Spanned<Vec<Spanned<i64>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Movers {
    #[serde(default = "one")]
    pub(super) count: Spanned<i64>,
    #[serde(default = "process")]
    pub(super) mode: Spanned<String>,
    #[serde(default)]
    pub(super) rate: Pace,
    #[serde(default = "no_time")]
    pub(super) pause: Spanned<Duration>,
    pub(super) between: Spanned<Vec<Spanned<String>>>,
}

fn process() -> Spanned<String> {
    default("process".to_owned())
}
