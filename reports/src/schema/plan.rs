//! The plan of a run. A run is complete only when it holds every planned cell.
use crate::aggregate::Point;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Cells that were planned, place by place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// In the order of the plan.
    pub places: Vec<PlannedPlace>,
}

/// Cells that were planned of one protocol at one point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedPlace {
    /// Protocol with its options.
    pub protocol: String,
    /// Axis: fault rate in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault_rate_percent: Option<u32>,
    /// Axis: attaches per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_s: Option<u64>,
    /// Axis: delay in ns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay_ns: Option<u64>,
    /// Axis: pages kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resident_pages: Option<u64>,
    /// Cells: one for each seed or repetition.
    pub cells: u64,
}

impl PlannedPlace {
    /// Returns its position on the axes.
    #[must_use]
    pub fn point(&self) -> Point {
        Point {
            fault_rate_percent: self.fault_rate_percent,
            rate_per_s: self.rate_per_s,
            delay_ns: self.delay_ns,
            resident_pages: self.resident_pages,
        }
    }
}
