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
    /// Name of the scenario, which titles its results.
    ///
    /// Values: a text of one line.
    pub(crate) name: Spanned<String>,
    /// Question that the scenario answers, in one sentence.
    ///
    /// Values: a text.
    pub(crate) about: Spanned<String>,
    /// Modelled CPUs.
    ///
    /// Unit: CPUs. Values: 1 to 1024.
    pub(crate) cpus: Spanned<i64>,
    /// Length of the measured part of a cell, in virtual time.
    ///
    /// Values: 1ns to 3600s.
    pub(crate) duration: Spanned<Duration>,
    /// Length of the part before it, whose latencies are not recorded.
    ///
    /// Values: 0ns to 3600s. Default: `"0ns"`.
    #[serde(default = "no_time")]
    pub(crate) warm_up: Spanned<Duration>,
    /// First seed.
    ///
    /// Unit: none. Values: 0 to 9223372036853775807. Default: `1`.
    #[serde(default = "one")]
    pub(crate) seed: Spanned<i64>,
    /// Number of seeds, counted up from `seed`: a cell for each. Protocols, fault rates, delays and seeds make at
    /// most 1,000,000 cells.
    ///
    /// Unit: seeds. Values: 1 to 1000000. Default: `1`.
    #[serde(default = "one")]
    pub(crate) seeds: Spanned<i64>,
    /// Protocols that are compared.
    ///
    /// Values: [protocols](#protocols) with their options, at least one, none twice.
    pub(crate) protocols: Spanned<Vec<Spanned<String>>>,
    /// Axis of fault rates: share of the hits of every prepare site that fail. Without it there is one cell without
    /// such faults.
    ///
    /// Unit: percent. Values: 0 to 100. Default: `[]`.
    #[serde(default)]
    pub(crate) fault_rates: Vec<Spanned<i64>>,
    /// Axis of delays between the switch and attach().
    ///
    /// Values: 0ns to 3600s. Default: `[]`.
    #[serde(default)]
    pub(crate) delays: Vec<Spanned<Duration>>,
    /// Faults in every cell.
    ///
    /// Values: [fault rules](#fault-rules). Default: `[]`.
    #[serde(default)]
    pub(crate) faults: Vec<Spanned<String>>,
    /// The only hierarchy; its cgroups do not name it.
    ///
    /// Default: none, if there is `hierarchies`.
    pub(crate) hierarchy: Option<Spanned<Hierarchy>>,
    /// Several hierarchies; every cgroup names its own.
    ///
    /// Default: none, if there is `hierarchy`.
    pub(crate) hierarchies: Option<Spanned<Vec<Spanned<NamedHierarchy>>>>,
    /// Options of the modelled kernel, equal for all protocols.
    ///
    /// Default: all defaults.
    #[serde(default)]
    pub(crate) options: WorldTable,
    /// Cgroups by path: `a`, `"a/x"`. The parent of a cgroup has to be listed as well. The root
    /// is not listed; workloads and movers name it `/`, or `NAME:/` where several hierarchies have names.
    pub(crate) cgroups: Spanned<Cgroups>,
    /// Processes that run while tasks move; at least one entry.
    pub(crate) workloads: Spanned<Vec<Spanned<Entry>>>,
    /// Actors that move tasks, as one table or as a list of tables.
    pub(crate) movers: Spanned<OneOrMore<Movers>>,
    /// Actors that write to files of cgroups, remove cgroups, or take CPUs offline.
    ///
    /// Default: `[]`.
    #[serde(default)]
    pub(crate) admins: Vec<Spanned<Admin>>,
    /// Interrupts that bring packets to sockets or take them out, for the controller net.
    ///
    /// Default: `[]`.
    #[serde(default)]
    pub(crate) interrupts: Vec<Spanned<Interrupt>>,
    /// Costs that replace those of the built-in [table](#tables-of-costs).
    ///
    /// Default: `{}`.
    #[serde(default)]
    pub(crate) costs: costs::Written,
    /// Least number of events in each cell; a cell with fewer is inconclusive.
    ///
    /// Default: `{}`.
    #[serde(default)]
    pub(crate) demand: Demand,
    /// Invariants that a protocol is expected to violate, by protocol and by [invariant](#invariants). An invariant that
    /// is not listed is expected to hold. A protocol without options covers all its options that have no entry.
    ///
    /// Values: [words](#expect). Default: `{}`.
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
    /// Controllers, in the order of their callbacks.
    ///
    /// Values: [controllers](#controllers), at least one, none twice.
    pub(crate) controllers: Spanned<Vec<Spanned<String>>>,
    /// Controllers of this hierarchy that count nothing until a mover with `mode = "adopt"` lets them join.
    ///
    /// Values: names in `controllers`. Default: none.
    #[serde(default)]
    pub(crate) late: Vec<Spanned<String>>,
}

/// One of several hierarchies.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedHierarchy {
    /// Name of the hierarchy, which its cgroups state.
    ///
    /// Values: a text of one line that is not empty.
    pub(crate) name: Spanned<String>,
    /// Controllers, in the order of their callbacks. A controller is in one hierarchy only.
    ///
    /// Values: [controllers](#controllers), at least one, none twice.
    pub(crate) controllers: Spanned<Vec<Spanned<String>>>,
    /// Controllers of this hierarchy that count nothing until a mover with `mode = "adopt"` lets them join.
    ///
    /// Values: names in `controllers`. Default: none.
    #[serde(default)]
    pub(crate) late: Vec<Spanned<String>>,
}

/// Options of the world.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct WorldTable {
    /// Place of the grace period in an attach: `inside` is before `cgroup_mutex` is released, `after` is after it.
    ///
    /// Values: `none`, `inside`, `after`. Default: `"none"`.
    pub(crate) grace: Option<Spanned<String>>,
    /// Length of the grace period.
    ///
    /// Values: 0ns to 3600s. Default: `"20ms"`.
    pub(crate) grace_period: Option<Spanned<Duration>>,
    /// True if the controller `memory` moves the charges of touched pages.
    ///
    /// Default: `true`.
    pub(crate) memory_move: Option<bool>,
    /// Fate of the charges of an mm whose owner exits: `forced` moves them to the new owner's cgroup regardless of
    /// its limit, `2008` only if they fit.
    ///
    /// Values: `forced`, `2008`. Default: `"forced"`.
    pub(crate) owner_change: Option<Spanned<String>>,
    /// Charges of a move at cgroups that both its source and its destination are below: `kept` leaves them as they are,
    /// `charged` charges the destination's and then uncharges the source's, as before 2012.
    ///
    /// Values: `kept`, `charged`. Default: `"kept"`.
    pub(crate) ancestors: Option<Spanned<String>>,
    /// Fate of memrlimit's charge when a later step of mmap fails: `2008` leaves it.
    ///
    /// Values: `uncharges`, `2008`. Default: `"uncharges"`.
    pub(crate) mmap_error: Option<Spanned<String>>,
    /// Locks that a write to `cpuset.cpus` takes: `mutex` is `cgroup_mutex` and then `callback_mutex`, `callback` is
    /// the latter alone.
    ///
    /// Values: `mutex`, `callback`. Default: `"mutex"`.
    pub(crate) invalidate: Option<Spanned<String>>,
    /// Attaches that a controller refuses with EOPNOTSUPP.
    ///
    /// Values: controller and mode of movers, such as `memory:all`. Default: `[]`.
    pub(crate) unsupported: Vec<Spanned<String>>,
}

/// A cgroup: its hierarchy, and the settings of its controllers.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cgroup {
    /// Hierarchy of the cgroup; required with `[[hierarchies]]`, and an error with `[hierarchy]`.
    ///
    /// Values: the name of a hierarchy. Default: the only hierarchy.
    pub(crate) hierarchy: Option<Spanned<String>>,
    /// Limit of memrlimit, which counts pages of address space.
    ///
    /// Default: no limit.
    pub(crate) memrlimit: Option<Limited>,
    /// Limit of memory, which counts touched pages.
    ///
    /// Default: no limit.
    pub(crate) memory: Option<Limited>,
    /// Limit of numtasks, which counts tasks.
    ///
    /// Default: no limit.
    pub(crate) numtasks: Option<Limited>,
    /// Limit of net, which counts packets in receive queues.
    ///
    /// Default: no limit.
    pub(crate) net: Option<Limited>,
    /// CPUs of the cgroup.
    ///
    /// Default: all CPUs.
    pub(crate) cpuset: Option<Cpuset>,
    /// State of the freezer at the start.
    ///
    /// Default: not frozen.
    pub(crate) freezer: Option<Freezer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limited {
    /// Largest usage.
    ///
    /// Unit: pages; tasks for `numtasks`, packets for `net`. Values: 0 to 9223372036854775807.
    pub(crate) limit: Spanned<Limit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cpuset {
    /// CPUs on which tasks of the cgroup run. With an empty list every attach to it is refused.
    ///
    /// Unit: none. Values: numbers below `cpus` of the file.
    pub(crate) cpus: Spanned<Vec<Spanned<i64>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Freezer {
    /// True if the cgroup is frozen at the start.
    pub(crate) frozen: Spanned<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Movers {
    /// Number of movers with this task.
    ///
    /// Unit: movers. Values: 0 to 64. Default: `1`.
    #[serde(default = "one")]
    pub(crate) count: Spanned<i64>,
    /// Unit of a move: one thread, one process, all tasks of the hierarchy at once, or no task but a controller that
    /// joins.
    ///
    /// Values: `thread`, `process`, `all`, `adopt`. Default: `"process"`.
    #[serde(default = "process")]
    pub(crate) mode: Spanned<String>,
    /// Pace of each mover. With a rate, latencies count from the intended start; `closed` is one attach after the
    /// other.
    ///
    /// Values: `closed`, or 1/s to 1000000000/s. Default: `"closed"`.
    #[serde(default)]
    pub(crate) rate: Pace,
    /// Pause after each attach of a closed loop.
    ///
    /// Values: 0ns to 3600s. Default: `"0ns"`.
    #[serde(default = "no_time")]
    pub(crate) pause: Spanned<Duration>,
    /// Destinations, in turn, all in one hierarchy.
    ///
    /// Values: at least two cgroups, none after itself. Default: none, with `mode = "adopt"` only.
    pub(crate) between: Option<Spanned<Vec<Spanned<String>>>>,
    /// Controller that joins, with `mode = "adopt"` only.
    ///
    /// Values: a name in `late` of a hierarchy. Default: none, with other modes only.
    pub(crate) controller: Option<Spanned<String>>,
}

/// An admin; `what` decides which of the fields may be set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Admin {
    /// Task of the admin: writes limits, writes `cpuset.cpus`, freezes and thaws, takes CPUs offline and back, or
    /// removes a cgroup and creates it again.
    ///
    /// Values: `limit`, `cpus`, `freeze`, `hotplug`, `rmdir`.
    pub(crate) what: Spanned<String>,
    /// Cgroup that it works on; required except with `hotplug`.
    ///
    /// Values: a cgroup. Default: none, with `hotplug` only.
    pub(crate) cgroup: Option<Spanned<String>>,
    /// Controller of the limit; required with `limit`, an error otherwise.
    ///
    /// Values: `memrlimit`, `memory`, `numtasks`, `net`. Default: none, with other tasks only.
    pub(crate) controller: Option<Spanned<String>>,
    /// Values that it writes in turn; required with `limit` and `cpus`, an error otherwise.
    ///
    /// Unit: pages for `limit`, tasks for its controller numtasks, packets for net; none for `cpus`. Values: `limit`:
    /// numbers and `"unlimited"`; `cpus`: lists of CPUs. Default: none, with other tasks only.
    pub(crate) values: Option<Spanned<Vec<Spanned<AdminValue>>>>,
    /// True to write a limit below the usage as well, which is refused otherwise; with `limit` only.
    ///
    /// Default: `false`.
    pub(crate) force: Option<Spanned<bool>>,
    /// CPUs that it takes offline; required with `hotplug`, an error otherwise.
    ///
    /// Unit: none. Values: numbers below `cpus` of the file, at least one. Default: none, with other tasks only.
    pub(crate) cpus: Option<Spanned<Vec<Spanned<i64>>>>,
    /// Acts per second, with intended start times. An admin has a rate or a pause.
    ///
    /// Values: `closed`, or 1/s to 1000000000/s. Default: `"closed"`.
    #[serde(default)]
    pub(crate) rate: Pace,
    /// Pause after each act of a closed loop.
    ///
    /// Values: 0ns to 3600s. Default: no pause.
    #[serde(default = "no_time")]
    pub(crate) pause: Spanned<Duration>,
}

/// A source of interrupts. On the simulator it takes its turn on a CPU, as the thread of threaded NAPI does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Interrupt {
    /// Work of each interrupt: brings packets to a socket, or takes them out.
    ///
    /// Values: `receive`, `drain`.
    pub(crate) what: Spanned<String>,
    /// Interrupts per second, with intended start times.
    ///
    /// Values: 1/s to 1000000000/s.
    pub(crate) rate: Spanned<Pace>,
    /// Packets of each interrupt. All of them are dropped if the limit of net refuses.
    ///
    /// Unit: packets. Values: 1 to 1048576. Default: `1`.
    #[serde(default = "one")]
    pub(crate) packets: Spanned<i64>,
    /// Cgroup in which the processes start whose sockets it works on, in turn.
    ///
    /// Values: a cgroup of `[[workloads]]`. Default: the processes of all workloads.
    pub(crate) cgroup: Option<Spanned<String>>,
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
