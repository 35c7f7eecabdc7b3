//! The content of a litmus file, as written; hierarchies and cgroups as in scenarios.
use super::expect::{Table, Value};
use input::wording::explain;
use scenario::file::{Cgroups, Hierarchy, Mounts, NamedHierarchy, WorldTable};
use scenario::source::{Read, Source};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// Processes by name.
pub(super) type Processes = BTreeMap<Spanned<String>, Spanned<Process>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Name of the test.
    ///
    /// Values: a word without blanks and `@`.
    pub(super) name: Spanned<String>,
    /// Observation that the test makes, in one sentence.
    ///
    /// Values: a text. Default: `""`.
    #[serde(default)]
    pub(super) about: String,
    /// Mail, commit or review that the test comes from.
    ///
    /// Values: a text. Default: `""`.
    #[serde(default)]
    pub(super) source: String,
    /// Faults, whose hits are counted for each actor separately.
    ///
    /// Values: [fault rules](#fault-rules) without `probability`. Default: `[]`.
    #[serde(default)]
    pub(super) faults: Vec<Spanned<String>>,
    /// Number of CPUs.
    ///
    /// Unit: CPUs. Values: 1 to 1024. Default: 2, or as many as the file names.
    pub(super) cpus: Option<Spanned<i64>>,
    /// The only hierarchy, as in [scenarios](#hierarchy).
    ///
    /// Default: none, if there is `hierarchies`.
    pub(super) hierarchy: Option<Spanned<Hierarchy>>,
    /// Several hierarchies, as in [scenarios](#hierarchies).
    ///
    /// Default: none, if there is `hierarchy`.
    pub(super) hierarchies: Option<Spanned<Vec<Spanned<NamedHierarchy>>>>,
    /// Options of the modelled kernel, as in [scenarios](#options).
    ///
    /// Default: all defaults.
    #[serde(default)]
    pub(super) options: WorldTable,
    /// Cgroups by path, as in [scenarios](#cgroupsname).
    pub(super) cgroups: Spanned<Cgroups>,
    /// Processes by name, at least one.
    pub(super) processes: Spanned<Processes>,
    /// Actors: threads of the processes, movers and admins; at least one.
    pub(super) actors: Spanned<Vec<Spanned<Actor>>>,
    /// Expectations by protocol, see below, and conditions for all protocols.
    ///
    /// Default: every invariant holds.
    #[serde(default)]
    pub(super) expect: Table,
    /// Conditions that each describe a final state of some schedule, under every protocol.
    ///
    /// Values: conditions, at least one. Default: none.
    pub(super) exists: Option<Spanned<Value>>,
    /// Conditions that each describe no final state, under every protocol.
    ///
    /// Values: conditions, at least one. Default: none.
    pub(super) forbidden: Option<Spanned<Value>>,
    /// Conditions that together describe all final states, each at least one, under every protocol that has no
    /// `states` of its own.
    ///
    /// Values: conditions, at least one. Default: none.
    pub(super) states: Option<Spanned<Value>>,
}

impl File {
    pub(super) fn read(source: &Source<'_>) -> Read<Self> {
        toml::from_str(source.text())
            .map_err(|error| source.at(error.span().unwrap_or_default(), explain(error.message(), &[])))
    }

    pub(super) fn mounts(&self) -> Mounts<'_> {
        (self.hierarchy.as_ref(), self.hierarchies.as_ref())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Process {
    /// Cgroup of all threads; this or `cgroups` is required.
    ///
    /// Values: a cgroup. Default: none, if there is `cgroups`.
    pub(super) cgroup: Option<Spanned<String>>,
    /// Cgroup of each thread, the leader's first, all in one hierarchy.
    ///
    /// Values: cgroups, one for each thread. Default: none, if there is `cgroup`.
    pub(super) cgroups: Option<Spanned<Vec<Spanned<String>>>>,
    /// Cgroups of all threads in other hierarchies; the root of each hierarchy without one.
    ///
    /// Values: cgroups. Default: `[]`.
    #[serde(default)]
    pub(super) elsewhere: Vec<Spanned<String>>,
    /// Number of threads. `p.0` is the leader of the process `p`.
    ///
    /// Unit: threads. Values: 1 to 4096. Default: 1, or as many as `cgroups`.
    pub(super) threads: Option<Spanned<i64>>,
    /// Address space.
    ///
    /// Unit: pages. Values: 0 to 1099511627776. Default: `0`.
    #[serde(default)]
    pub(super) vm: Option<Spanned<i64>>,
    /// Touched pages, at most `vm`.
    ///
    /// Unit: pages. Values: 0 to 1099511627776. Default: `0`.
    #[serde(default)]
    pub(super) rss: Option<Spanned<i64>>,
    /// Packets in the receive queue of its socket.
    ///
    /// Unit: packets. Values: 0 to 1099511627776. Default: `0`.
    #[serde(default)]
    pub(super) packets: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Actor {
    /// Name of an actor that is not a thread, such as a mover.
    ///
    /// Values: a word without blanks and `@`. Default: none, if there is `as`.
    pub(super) name: Option<Spanned<String>>,
    /// Thread that the actor is, such as `p.0`.
    ///
    /// Values: a thread that exists at the start. Default: none, if there is `name`.
    #[serde(rename = "as")]
    pub(super) thread: Option<Spanned<String>>,
    /// Operations, in order.
    ///
    /// Values: [operations](../rig/litmus/README.md#the-format).
    pub(super) ops: Spanned<Vec<Spanned<String>>>,
}
