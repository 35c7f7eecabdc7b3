//! The content of a scenario file, as written: only types are checked, and every value that can be wrong keeps its
//! place.
use super::Demand;
use crate::fields::{Duration, Limit, Pace};
use model::seam::costs;
use reports::schema::Expectation;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use toml::Spanned;

/// Cgroups by name.
pub type Cgroups = BTreeMap<Spanned<String>, Cgroup>;
/// Invariants by protocol.
pub(crate) type Expect = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Expectation>>;
/// One `[[workloads]]`.
pub(crate) type Entry = BTreeMap<Spanned<String>, Spanned<toml::Value>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct File {
    pub(crate) name: Spanned<String>,
    pub(crate) about: Spanned<String>,
    pub(crate) cpus: Spanned<i64>,
    pub(crate) duration: Spanned<Duration>,
    #[serde(default = "no_time")]
    pub(crate) warm_up: Spanned<Duration>,
    #[serde(default = "one")]
    pub(crate) seed: Spanned<i64>,
    #[serde(default = "one")]
    pub(crate) seeds: Spanned<i64>,
    pub(crate) protocols: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(crate) fault_rates: Vec<Spanned<i64>>,
    #[serde(default)]
    pub(crate) delays: Vec<Spanned<Duration>>,
    #[serde(default)]
    pub(crate) faults: Vec<Spanned<String>>,
    pub(crate) hierarchy: Option<Spanned<Hierarchy>>,
    pub(crate) hierarchies: Option<Spanned<Vec<Spanned<NamedHierarchy>>>>,
    #[serde(default)]
    pub(crate) options: WorldTable,
    pub(crate) cgroups: Spanned<Cgroups>,
    pub(crate) workloads: Spanned<Vec<Spanned<Entry>>>,
    pub(crate) movers: Spanned<OneOrMore<Movers>>,
    #[serde(default)]
    pub(crate) admins: Vec<Spanned<Admin>>,
    #[serde(default)]
    pub(crate) costs: costs::Written,
    #[serde(default)]
    pub(crate) demand: Demand,
    #[serde(default)]
    pub(crate) expect: Expect,
}

impl File {
    pub(crate) fn mounts(&self) -> Mounts<'_> {
        (self.hierarchy.as_ref(), self.hierarchies.as_ref())
    }
}

/// The hierarchies of a file: the only one, or several.
pub type Mounts<'a> = (Option<&'a Spanned<Hierarchy>>, Option<&'a Spanned<Vec<Spanned<NamedHierarchy>>>>);

/// Returns a default value, with a span that no error will blame.
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
pub(crate) struct OneOrMore<T>(pub(crate) Vec<T>);

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
pub struct Hierarchy {
    pub(crate) controllers: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(crate) late: Vec<Spanned<String>>,
}

/// One of several hierarchies.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedHierarchy {
    pub(crate) name: Spanned<String>,
    pub(crate) controllers: Spanned<Vec<Spanned<String>>>,
    #[serde(default)]
    pub(crate) late: Vec<Spanned<String>>,
}

/// Options of the world.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct WorldTable {
    pub(crate) grace: Option<Spanned<String>>,
    pub(crate) grace_period: Option<Spanned<Duration>>,
    pub(crate) memory_move: Option<bool>,
    pub(crate) owner_change: Option<Spanned<String>>,
    pub(crate) ancestors: Option<Spanned<String>>,
    pub(crate) mmap_error: Option<Spanned<String>>,
    pub(crate) invalidate: Option<Spanned<String>>,
    pub(crate) unsupported: Vec<Spanned<String>>,
}

/// A cgroup: its hierarchy, and the settings of its controllers.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cgroup {
    pub(crate) hierarchy: Option<Spanned<String>>,
    pub(crate) memrlimit: Option<Limited>,
    pub(crate) memory: Option<Limited>,
    pub(crate) numtasks: Option<Limited>,
    pub(crate) cpuset: Option<Cpuset>,
    pub(crate) freezer: Option<Freezer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limited {
    pub(crate) limit: Spanned<Limit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cpuset {
    pub(crate) cpus: Spanned<Vec<Spanned<i64>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Freezer {
    pub(crate) frozen: Spanned<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Movers {
    #[serde(default = "one")]
    pub(crate) count: Spanned<i64>,
    #[serde(default = "process")]
    pub(crate) mode: Spanned<String>,
    #[serde(default)]
    pub(crate) rate: Pace,
    #[serde(default = "no_time")]
    pub(crate) pause: Spanned<Duration>,
    pub(crate) between: Option<Spanned<Vec<Spanned<String>>>>,
    pub(crate) controller: Option<Spanned<String>>,
}

/// An admin; `what` decides which of the fields may be set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Admin {
    pub(crate) what: Spanned<String>,
    pub(crate) cgroup: Option<Spanned<String>>,
    pub(crate) controller: Option<Spanned<String>>,
    pub(crate) values: Option<Spanned<Vec<Spanned<AdminValue>>>>,
    pub(crate) force: Option<Spanned<bool>>,
    pub(crate) cpus: Option<Spanned<Vec<Spanned<i64>>>>,
    #[serde(default)]
    pub(crate) rate: Pace,
    #[serde(default = "no_time")]
    pub(crate) pause: Spanned<Duration>,
}

/// A value written to a file of a cgroup: a limit, a word, CPUs.
#[derive(Deserialize)]
#[serde(from = "toml::Value")]
pub(crate) enum AdminValue {
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
