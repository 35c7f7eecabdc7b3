//! What a scenario file may say, as it is written: nothing is checked beyond the types, and every value that can be
//! wrong keeps its place.
use super::Demand;
use super::source::{Read, Source, explain};
use crate::driver::fields::{Duration, Limit, Pace};
use crate::measure::Expectation;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
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
    pub(super) hierarchy: Option<Spanned<Hierarchy>>,
    pub(super) hierarchies: Option<Spanned<Vec<Spanned<NamedHierarchy>>>>,
    #[serde(default)]
    pub(super) options: Options,
    pub(super) cgroups: Spanned<Cgroups>,
    pub(super) workloads: Spanned<Vec<Spanned<Entry>>>,
    pub(super) movers: Spanned<OneOrMore<Movers>>,
    #[serde(default)]
    pub(super) admins: Vec<Spanned<Admin>>,
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

/// A table, or a list of such tables.
pub(super) struct OneOrMore<T>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMore<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tables(PhantomData))
    }
}

struct Tables<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Tables<T> {
    type Value = OneOrMore<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table, or a list of tables")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OneOrMore<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|one| OneOrMore(vec![one]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<OneOrMore<T>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(seq)).map(OneOrMore)
    }
}

/// The only hierarchy.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hierarchy {
    pub(super) controllers: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(super) late: Vec<Spanned<String>>,
}

/// One of several hierarchies.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedHierarchy {
    pub(super) name: Spanned<String>,
    pub(super) controllers: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(super) late: Vec<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Options {
    pub(super) grace: Option<Spanned<String>>,
    pub(super) grace_period: Option<Spanned<Duration>>,
    pub(super) memory_move: Option<bool>,
    pub(super) owner_change: Option<Spanned<String>>,
    pub(super) invalidate: Option<Spanned<String>>,
    pub(super) unsupported: Vec<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Cgroup {
    pub(super) hierarchy: Option<Spanned<String>>,
    pub(super) memrlimit: Option<Limited>,
    pub(super) memory: Option<Limited>,
    pub(super) numtasks: Option<Limited>,
    pub(super) cpuset: Option<Cpuset>,
    pub(super) freezer: Option<Freezer>,
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
#[serde(deny_unknown_fields)]
pub(super) struct Freezer {
    pub(super) frozen: Spanned<bool>,
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
    pub(super) between: Option<Spanned<Vec<Spanned<String>>>>,
    pub(super) controller: Option<Spanned<String>>,
}

/// Which of the fields go together, `what` decides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Admin {
    pub(super) what: Spanned<String>,
    pub(super) cgroup: Option<Spanned<String>>,
    pub(super) controller: Option<Spanned<String>>,
    pub(super) values: Option<Spanned<Vec<Spanned<AdminValue>>>>,
    pub(super) force: Option<Spanned<bool>>,
    pub(super) cpus: Option<Spanned<Vec<Spanned<i64>>>>,
    #[serde(default)]
    pub(super) rate: Pace,
    #[serde(default = "no_time")]
    pub(super) pause: Spanned<Duration>,
}

/// What is written to a file of a cgroup: a limit, a word, CPUs.
#[derive(Deserialize)]
#[serde(from = "toml::Value")]
pub(super) enum AdminValue {
    Number(i64),
    Cpus(Vec<i64>),
    Other(String),
}

impl From<toml::Value> for AdminValue {
    fn from(value: toml::Value) -> Self {
        let cpus =
            |list: &[toml::Value]| -> Option<Vec<i64>> { list.iter().map(toml::Value::as_integer).collect() };
        match &value {
            toml::Value::Integer(number) => Self::Number(*number),
            toml::Value::String(word) => Self::Other(word.clone()),
            toml::Value::Array(list) => cpus(list).map_or_else(|| Self::Other(value.to_string()), Self::Cpus),
            _ => Self::Other(value.to_string()),
        }
    }
}

fn process() -> Spanned<String> {
    default("process".to_owned())
}
