//! Straight lines along an axis: separate, because they are derived from cells and not measured.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A straight line through the medians of one protocol along an axis, see [`crate::fit`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// Name of what was measured, as tables show it: protocol with options (`v1:pids still`).
    pub protocol: String,
    /// The thing that costs that much, such as `cost of moving charges`.
    pub what: String,
    /// One step of the axis: `page`.
    pub per: String,
    /// Slope in ps per step of the axis.
    pub slope_ps: i64,
    /// Lower end of the 95 % interval of the slope in ps; absent when there are too few points for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slope_low_ps: Option<i64>,
    /// Upper end of that interval in ps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slope_high_ps: Option<i64>,
    /// Time at 0 of the axis in ns.
    pub intercept_ns: i64,
    /// Median distance of the points from the line in ns, up or down.
    pub spread_ns: u64,
    /// Different places on the axis.
    pub points: u32,
}
