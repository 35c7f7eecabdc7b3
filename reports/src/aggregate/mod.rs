//! Cells merged over seeds, and over everything but the protocol.
//!
//! Separate from the outputs, because the table, the HTML and the gates must read the same figures. [`aggregate`]
//! decodes every histogram once and merges. A [`Group`] is a sum of cells, so both groupings use the same addition
//! ([`group`]). Everything keeps the order of the plan.
pub mod group;
mod locks;
mod sums;

pub use group::Group;
pub use locks::{LockSum, TimeSum};
pub use sums::{BystanderSum, DriftSum, InvariantSum, LatencySum, PhaseSum, RuleSum, TimelineAt};

use crate::axis::{Axes, Point};
use crate::hist::HistError;
use crate::schema::{Run, Subject};

/// Error for a run that cannot be aggregated because a histogram in it is damaged.
#[derive(Debug, thiserror::Error)]
#[error("cell {cell} ({protocol}, seed {seed}), {series}: {source}")]
pub struct AggregateError {
    /// Place of the cell in the run, from 0.
    pub cell: usize,
    /// Name of the subject of the cell.
    pub protocol: String,
    /// Seed of the cell.
    pub seed: u64,
    /// Name of the histogram.
    pub series: String,
    /// Cause.
    pub source: HistError,
}

/// All cells of one subject, whatever the point and the seed.
#[derive(Clone, Debug)]
pub struct ProtocolSum {
    /// Subject that the cells measure.
    pub subject: Subject,
    /// The cells.
    pub sum: Group,
}

/// All cells of one subject at one point, whatever the seed.
#[derive(Clone, Debug)]
pub struct PointSum {
    /// Subject that the cells measure.
    pub subject: Subject,
    /// The point.
    pub point: Point,
    /// The cells.
    pub sum: Group,
}

/// A run, merged.
#[derive(Clone, Debug, Default)]
pub struct Aggregate {
    /// Axes of the run.
    pub axes: Axes,
    /// Points of the run, in the order of the plan.
    pub points: Vec<Point>,
    /// Sums per subject, in the order of the plan.
    pub protocols: Vec<ProtocolSum>,
    /// Sums per subject and point: subjects in the order of the plan, and within each its points likewise.
    pub groups: Vec<PointSum>,
}

impl Aggregate {
    /// Returns the cells of the subject of that name at `point`.
    #[must_use]
    pub fn at(&self, label: &str, point: &Point) -> Option<&Group> {
        let found = self.groups.iter().find(|group| group.subject.label() == label && group.point == *point);
        found.map(|group| &group.sum)
    }

    /// Adds the cells of `other`, another run of the same scenario.
    pub fn merge(&mut self, other: Self) {
        self.axes = self.axes.and(other.axes);
        let new = other.points.into_iter().filter(|point| !self.points.contains(point));
        let new: Vec<Point> = new.collect();
        self.points.extend(new);
        for theirs in other.groups {
            match self.groups.iter_mut().find(|g| g.subject == theirs.subject && g.point == theirs.point) {
                Some(group) => group.sum.merge(theirs.sum),
                None => self.groups.push(theirs),
            }
        }
        for theirs in other.protocols {
            match self.protocols.iter_mut().find(|p| p.subject == theirs.subject) {
                Some(protocol) => protocol.sum.merge(theirs.sum),
                None => self.protocols.push(theirs),
            }
        }
    }
}

/// Merges the cells of `run`.
///
/// # Errors
/// [`AggregateError`] names the first histogram that cannot be read.
pub fn aggregate(run: &Run) -> Result<Aggregate, AggregateError> {
    let mut out = Aggregate::default();
    for (index, cell) in run.cells.iter().enumerate() {
        let point = cell.point;
        out.axes = out.axes.and(point.into());
        if !out.points.contains(&point) {
            out.points.push(point);
        }
        let sum = Group::of(index, cell)?;
        match out.groups.iter_mut().find(|g| g.subject == cell.subject && g.point == point) {
            Some(group) => group.sum.merge(sum),
            None => out.groups.push(PointSum { subject: cell.subject.clone(), point, sum }),
        }
    }
    for group in &out.groups {
        match out.protocols.iter_mut().find(|p| p.subject == group.subject) {
            Some(protocol) => protocol.sum.merge(group.sum.clone()),
            None => {
                out.protocols.push(ProtocolSum { subject: group.subject.clone(), sum: group.sum.clone() });
            }
        }
    }
    let place = |subject: &Subject| out.protocols.iter().position(|p| p.subject == *subject);
    out.groups.sort_by_key(|group| place(&group.subject));
    Ok(out)
}
