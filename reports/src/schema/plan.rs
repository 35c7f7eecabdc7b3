//! The plan of a run. A run is complete only when it holds every planned cell.
use super::{Subject, SubjectParts};
use crate::axis::Point;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Cells that were planned, place by place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Places, in the order of the plan.
    pub places: Vec<PlannedPlace>,
}

/// Cells that were planned of one subject at one point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedPlace {
    /// The subject that they measure.
    #[serde(flatten)]
    #[schemars(with = "SubjectParts")]
    pub subject: Subject,
    /// The position on the axes.
    #[serde(flatten)]
    #[schemars(with = "crate::axis::Keys")]
    pub point: Point,
    /// Cells: one for each seed or repetition.
    pub cells: u64,
}
