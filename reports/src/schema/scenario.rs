//! The scenario of a run.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A scenario, as far as a reader of the report needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Name of the scenario.
    pub name: String,
    /// One sentence on what it asks.
    pub about: String,
    /// Controllers of the hierarchy, in the order of their callbacks.
    pub controllers: Vec<String>,
    /// First seed of the run.
    pub seed: u64,
    /// CPUs: modelled ones on `sim`, those used elsewhere.
    pub cpus: u32,
    /// Length of the measured part of a cell in ns of the engine's clock.
    pub duration_ns: u64,
    /// The scenario file in full, with overrides from the command line applied.
    pub toml: String,
    /// Threads and time slice; absent on `linux`, and in results of versions that did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduling: Option<Scheduling>,
}

/// Facts that decide whether times on threads can be predicted: how many threads want to run, and how long each may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scheduling {
    /// Threads of workloads and movers at the start.
    pub threads: u64,
    /// Time slice of the simulator in ns, from the table of costs.
    pub time_slice_ns: u64,
    /// The table of costs differs from the built-in one.
    pub own_costs: bool,
}
