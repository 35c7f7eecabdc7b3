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
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) about: String,
    #[serde(default)]
    pub(super) source: String,
    #[serde(default)]
    pub(super) faults: Vec<Spanned<String>>,
    pub(super) cpus: Option<Spanned<i64>>,
    pub(super) hierarchy: Option<Spanned<Hierarchy>>,
    pub(super) hierarchies: Option<Spanned<Vec<Spanned<NamedHierarchy>>>>,
    #[serde(default)]
    pub(super) options: WorldTable,
    pub(super) cgroups: Spanned<Cgroups>,
    pub(super) processes: Spanned<Processes>,
    pub(super) actors: Spanned<Vec<Spanned<Actor>>>,
    #[serde(default)]
    pub(super) expect: Table,
    pub(super) exists: Option<Spanned<Value>>,
    pub(super) forbidden: Option<Spanned<Value>>,
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
    /// The cgroup of all threads.
    pub(super) cgroup: Option<Spanned<String>>,
    /// The cgroup of each thread.
    pub(super) cgroups: Option<Spanned<Vec<Spanned<String>>>>,
    /// Cgroups of all threads in other hierarchies.
    #[serde(default)]
    pub(super) elsewhere: Vec<Spanned<String>>,
    pub(super) threads: Option<Spanned<i64>>,
    #[serde(default)]
    pub(super) vm: Option<Spanned<i64>>,
    #[serde(default)]
    pub(super) rss: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Actor {
    pub(super) name: Option<Spanned<String>>,
    /// The thread that the actor is.
    #[serde(rename = "as")]
    pub(super) thread: Option<Spanned<String>>,
    pub(super) ops: Spanned<Vec<Spanned<String>>>,
}
