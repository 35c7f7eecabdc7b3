//! The environment of a run, for `env.json`: separate from the run, because two runs of one seed may differ in it.
use super::Noise;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The machine and the rig's own speed: everything that may differ between two runs of one seed. Written to `env.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Env {
    /// RFC 3339 time of the start.
    pub started: String,
    /// Wall time of the whole run in ns.
    pub wall_ns: u64,
    /// `uname -srm`.
    pub kernel: String,
    /// Model name of the CPU.
    pub cpu: String,
    /// CPUs usable by the process.
    pub cpus: u32,
    /// Build profile of the rig: `release` or `debug`.
    pub profile: String,
    /// Commit that the rig was built from, followed by `with changes` if its sources differed from that commit; `unknown`
    /// if it was built outside a repository. Results of earlier versions do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Dispatches from the event queue per second of wall time spent simulating, all workers together divided by workers.
    pub dispatches_per_s: Option<u64>,
    /// Accesses per second, likewise.
    pub accesses_per_s: Option<u64>,
    /// Noise of the machine, on engines with the machine's clock, and of each guest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub noise: Vec<Noise>,
    /// Further facts: clock, cgroup mounts, and so on.
    pub facts: BTreeMap<String, String>,
}
