//! Cells merged over seeds, and over everything but the protocol.
//!
//! Apart from the outputs, because the table, the HTML and the gates must read the same figures. [`aggregate`] decodes
//! every histogram once and merges: a [`Group`] is a sum of cells, so both groupings come out of the same addition
//! ([`group`]). Everything keeps the order of the plan.
pub mod group;
mod locks;
mod parts;

pub use group::Group;
pub use locks::{LockSum, TimeSum};
pub use parts::{BystanderSum, DriftSum, LatencySum, PhaseSum, PromiseSum, RuleSum};

use crate::hist::HistError;
use crate::schema::{Cell, Run};
use crate::units::{count, grouped, ns};

/// Why a run could not be aggregated: a histogram in it is damaged.
#[derive(Debug, thiserror::Error)]
#[error("cell {cell} ({protocol}, seed {seed}), {series}: {source}")]
pub struct AggregateError {
    /// Place of the cell in the run, from 0.
    pub cell: usize,
    /// Its protocol.
    pub protocol: String,
    /// Its seed.
    pub seed: u64,
    /// Which histogram.
    pub series: String,
    /// What is wrong with it.
    pub source: HistError,
}

/// Where a cell stands on every axis but protocol and seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// Fault rate in percent at every prepare site.
    pub fault_rate_percent: Option<u32>,
    /// Intended attaches per second; `None` is the closed loop.
    pub rate_per_s: Option<u64>,
    /// Delay between switch and attach in ns.
    pub delay_ns: Option<u64>,
    /// Pages that the moved process has touched and keeps.
    pub resident_pages: Option<u64>,
}

impl Point {
    /// That of `cell`.
    #[must_use]
    pub fn of(cell: &Cell) -> Self {
        Self {
            fault_rate_percent: cell.fault_rate_percent,
            rate_per_s: cell.rate_per_s,
            delay_ns: cell.delay_ns,
            resident_pages: cell.resident_pages,
        }
    }

    /// `10 %`, or `own rules` when the plan names its own.
    #[must_use]
    pub fn fault_words(&self) -> String {
        self.fault_rate_percent.map_or_else(|| "own rules".to_owned(), |percent| format!("{percent} %"))
    }

    /// `20 /s`, or `closed loop`.
    #[must_use]
    pub fn rate_words(&self) -> String {
        self.rate_per_s.map_or_else(|| "closed loop".to_owned(), |rate| format!("{} /s", grouped(rate)))
    }

    /// `200 µs`, or `none`.
    #[must_use]
    pub fn delay_words(&self) -> String {
        self.delay_ns.map_or_else(|| "none".to_owned(), ns)
    }

    /// `4,096 pages`, or `as it comes` where a run does not say.
    #[must_use]
    pub fn resident_words(&self) -> String {
        self.resident_pages.map_or_else(|| "as it comes".to_owned(), |pages| count(pages, "page"))
    }
}

/// Which axes of a run have anything to say; outputs leave the others out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Axes {
    /// Some cell has a fault rate.
    pub faults: bool,
    /// Some cell has a rate of moves.
    pub rate: bool,
    /// Some cell has a delay.
    pub delay: bool,
    /// Some cell says how many pages the moved process keeps.
    pub resident: bool,
}

impl Axes {
    /// The axes on which `points` differ.
    #[must_use]
    pub fn varying(points: &[Point]) -> Self {
        let differ =
            |same: fn(&Point, &Point) -> bool| points.windows(2).any(|pair| !same(&pair[0], &pair[1]));
        Self {
            faults: differ(|a, b| a.fault_rate_percent == b.fault_rate_percent),
            rate: differ(|a, b| a.rate_per_s == b.rate_per_s),
            delay: differ(|a, b| a.delay_ns == b.delay_ns),
            resident: differ(|a, b| a.resident_pages == b.resident_pages),
        }
    }

    /// `faults 10 %, 20 /s`: the axes that exist, in words; empty when there is none.
    #[must_use]
    pub fn words(&self, point: &Point) -> String {
        let mut parts = Vec::new();
        if self.faults {
            parts.push(format!("faults {}", point.fault_words()));
        }
        if self.rate {
            parts.push(point.rate_words());
        }
        if self.delay {
            parts.push(format!("delay {}", point.delay_words()));
        }
        if self.resident {
            parts.push(point.resident_words());
        }
        parts.join(", ")
    }
}

/// All cells of one protocol, whatever the point and the seed.
#[derive(Clone, Debug)]
pub struct ProtocolSum {
    /// Protocol with its options.
    pub protocol: String,
    /// The cells.
    pub sum: Group,
}

/// All cells of one protocol at one point, whatever the seed.
#[derive(Clone, Debug)]
pub struct PointSum {
    /// Protocol with its options.
    pub protocol: String,
    /// The point.
    pub point: Point,
    /// The cells.
    pub sum: Group,
}

/// A run, merged.
#[derive(Clone, Debug, Default)]
pub struct Aggregate {
    /// Which axes the run has.
    pub axes: Axes,
    /// The points, in the order of the plan.
    pub points: Vec<Point>,
    /// Per protocol, in the order of the plan.
    pub protocols: Vec<ProtocolSum>,
    /// Per protocol and point: protocols in the order of the plan, and within each its points likewise.
    pub groups: Vec<PointSum>,
}

impl Aggregate {
    /// The cells of `protocol` at `point`.
    #[must_use]
    pub fn at(&self, protocol: &str, point: &Point) -> Option<&Group> {
        let found = self.groups.iter().find(|group| group.protocol == protocol && group.point == *point);
        found.map(|group| &group.sum)
    }

    /// Adds the cells of `other`, another run of the same scenario.
    pub fn merge(&mut self, other: Self) {
        for theirs in other.groups {
            match self.groups.iter_mut().find(|g| g.protocol == theirs.protocol && g.point == theirs.point) {
                Some(group) => group.sum.merge(theirs.sum),
                None => self.groups.push(theirs),
            }
        }
        for theirs in other.protocols {
            match self.protocols.iter_mut().find(|p| p.protocol == theirs.protocol) {
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
        let point = Point::of(cell);
        out.axes.faults |= point.fault_rate_percent.is_some();
        out.axes.rate |= point.rate_per_s.is_some();
        out.axes.delay |= point.delay_ns.is_some();
        out.axes.resident |= point.resident_pages.is_some();
        if !out.points.contains(&point) {
            out.points.push(point);
        }
        let sum = Group::of(index, cell)?;
        match out.groups.iter_mut().find(|g| g.protocol == cell.protocol && g.point == point) {
            Some(group) => group.sum.merge(sum),
            None => out.groups.push(PointSum { protocol: cell.protocol.clone(), point, sum }),
        }
    }
    for group in &out.groups {
        match out.protocols.iter_mut().find(|p| p.protocol == group.protocol) {
            Some(protocol) => protocol.sum.merge(group.sum.clone()),
            None => {
                out.protocols.push(ProtocolSum { protocol: group.protocol.clone(), sum: group.sum.clone() });
            }
        }
    }
    let place = |name: &str| out.protocols.iter().position(|p| p.protocol == name);
    out.groups.sort_by_key(|group| place(&group.protocol));
    Ok(out)
}
