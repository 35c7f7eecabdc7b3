//! Noise: the load of a machine and the CPU time that its host took away, during a run with the machine's clock.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The noise of one machine during a run. A figure that the machine does not give is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// Setting of the guest that it is about, as tables show it (`vm:v1`); absent for the machine of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<String>,
    /// CPUs of the machine that are online, whether the rig may use them or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<u32>,
    /// Load average of the last minute at the begin, in percent of one CPU: 295 for a load of 2.95.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_begin_percent: Option<u64>,
    /// Load at the end, of which the run itself is a part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_end_percent: Option<u64>,
    /// Time of all CPUs during the run, idle time included, in ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<u64>,
    /// The part of it for which a CPU of this machine had work and its host ran something else, in ms (`steal` of
    /// /proc/stat).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steal_ms: Option<u64>,
}
